//! From a payment to a licence, over the books alone.

use std::time::Duration;

use ae_billing::{
    Entitlement, EventEffect, EventKind, Intake, LicenceCheck, LicenceTerms, Mode, OrderState, PaidInvoice,
    ProviderEvent, ReceivedEvent, RefundedPayment,
};
use ae_core::{BillingInterval, Origin, Untrusted};

use super::{at, project, public, signer, tiers};
use crate::{
    ledgers::on_each,
    world::{clocked, deliver, give_back, key, open, pay, run, seen, start, usd, wait},
};

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn a_paid_order_has_one_licence_per_period_and_a_refund_ends_it() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let (shop, terms) = (open(&*ledger, run("licence")), LicenceTerms::default());
        let licence = |name: &_| {
            let books = wait(ledger.revenue(shop.run)).unwrap();
            terms.claims(books.of_order(name)?, project("csv"), runtime.now())
        };
        let listed = || {
            let books = wait(ledger.revenue(shop.run)).unwrap();
            terms.ended(&books.entitlements, runtime.now())
        };
        let order = shop.order(&*ledger, "form", 1).id;
        assert_eq!(licence(&order), None, "an order is no payment");
        let (view, now) = (seen(&*ledger, &order), runtime.now());
        let new = ae_billing::NewPayment::of_order(&view.order);
        wait(ledger.record_payment(&view.order.payment_key(0), new)).unwrap();
        assert_eq!(licence(&order), None, "a payment counts when its webhook came in");
        deliver(&ledger, now);
        let first = licence(&order).unwrap();
        assert_eq!((&*first.tier, first.number, first.issued_at), ("pro", 1, start()));
        assert_eq!(first.not_before, at("2026-11-23T08:00:00Z"));
        assert_eq!(first.not_after, Some(at("2027-11-27T08:00:00Z")), "a year and three days of grace");
        clock.advance(DAY * 100);
        assert_eq!(licence(&order), Some(first.clone()), "asked for again, it is the same");

        pay(&ledger, &order, runtime.now());
        let second = licence(&order).unwrap();
        assert_eq!((second.number, second.not_after), (2, Some(at("2028-11-27T08:00:00Z"))));
        let keys = public(&[&signer(1, "a")]);
        let tiers = tiers();
        let check = LicenceCheck::new(&keys, project("csv"), &tiers, runtime.now());
        for claims in [&first, &second] {
            assert_eq!(check.verify(&claims.issue(&signer(1, "a"))).as_ref(), Ok(claims));
        }
        assert_eq!(listed(), []);

        give_back(&ledger, &order, runtime.now());
        assert_eq!(licence(&order), Some(first), "the first year is still paid");
        assert_eq!(listed(), []);
        give_back(&ledger, &order, runtime.now());
        assert_eq!(licence(&order), None);
        assert_eq!(listed(), std::slice::from_ref(&order), "its licences are not over yet");
        clock.advance(DAY * 365 * 2);
        assert_eq!(listed(), [], "they are over");
    });
}

#[test]
fn the_grace_bridges_a_late_payment_and_an_end_by_the_provider_does_not_wait() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let (shop, terms) = (open(&*ledger, run("grace")), LicenceTerms::default());
        let (late, gone) = (shop.order(&*ledger, "late", 0).id, shop.order(&*ledger, "gone", 0).id);
        for order in [&late, &gone] {
            pay(&ledger, order, runtime.now());
        }
        let licence = |order| {
            let entitlement = seen(&*ledger, order).entitlement.unwrap();
            terms.claims(&entitlement, project("csv"), runtime.now())
        };
        let end = seen(&*ledger, &gone).payments[0].id.clone();
        wait(ledger.end_entitlement(&key(shop.run, "end"), &end)).unwrap();
        deliver(&ledger, runtime.now());
        assert_eq!((licence(&gone), licence(&late).is_some()), (None, true));
        let books = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!(terms.ended(&books.entitlements, runtime.now()), std::slice::from_ref(&gone));

        clock.set(at("2026-12-26T08:00:00Z"));
        assert_eq!(seen(&*ledger, &late).state(runtime.now()), OrderState::Ended);
        assert!(licence(&late).is_some(), "two days of grace are used");
        clock.set(at("2026-12-27T08:00:00Z"));
        assert_eq!(licence(&late), None);
        let books = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!(terms.ended(&books.entitlements, runtime.now()), [], "what ran out needs no list");
    });
}

#[test]
fn the_webhooks_of_a_hosted_provider_lead_to_a_licence_in_the_same_way() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let (run, terms) = (run("hosted"), LicenceTerms::default());
        let tell = |id: &str, kind, effect| {
            let payload = Untrusted::new(Origin::Webhook("stripe".to_owned()), serde_json::json!({}));
            let event = ProviderEvent::new(id, kind, Mode::Live, start(), payload).with_effects(vec![effect]);
            let received = ReceivedEvent::new("stripe", event, b"{}", start());
            assert!(matches!(wait(ledger.record_event(&received)), Ok(Intake::Accepted { .. })));
            wait(ledger.revenue(run)).unwrap()
        };
        let invoice = PaidInvoice::new(run, "in_1", "sub_1", usd("9"), start());
        let invoice = invoice.with_price("price_1", "pro", BillingInterval::MONTH).with_customer("cus_1");
        let books = tell("evt_1", EventKind::InvoicePaid, EventEffect::Paid(invoice));
        let claims = terms.claims(&books.entitlements[0], project("csv"), start()).unwrap();
        assert_eq!(books.of_order(&claims.order), books.entitlements.first());
        let token = claims.issue(&signer(1, "a"));
        let (keys, tiers) = (public(&[&signer(1, "a")]), tiers());
        let check = LicenceCheck::new(&keys, project("csv"), &tiers, start());
        assert_eq!(check.verify(&token), Ok(claims.clone()));
        let said = format!("{claims:?}");
        assert!(!["sub_1", "cus_1", "in_1", "price_1"].iter().any(|id| said.contains(id)), "{said}");

        let back = RefundedPayment::new(run, "in_1", usd("9"), start());
        let books = tell("evt_2", EventKind::ChargeRefunded, EventEffect::Refunded(back));
        assert_eq!(terms.claims(&books.entitlements[0], project("csv"), start()), None);
        assert_eq!(terms.ended(&books.entitlements, start()), [claims.order]);
    });
}

#[test]
fn a_single_purchase_has_no_end_and_stays_on_the_list_when_it_went_back() {
    let terms = LicenceTerms::default().with_grace(Duration::ZERO).with_lead(Duration::ZERO);
    let bought = Entitlement::new("stripe:cs_1", run("once"), usd("29"), start()).with_tier("pro");
    let later = at("2056-01-01T00:00:00Z");
    let claims = terms.claims(&bought, project("csv"), later).unwrap();
    assert_eq!((claims.not_before, claims.not_after), (start(), None));
    assert!(!claims.order.as_str().contains("cs_1"), "a vendor's id stays inside");
    let back = bought.clone().with_ended_at(later);
    assert_eq!(terms.claims(&back, project("csv"), later), None);
    assert_eq!(terms.ended([&back, &bought], later), [bought.order()]);

    // A year that was bought in advance and went back, while the present is paid for.
    let monthly = bought.with_interval(BillingInterval::MONTH).with_paid_until(at("2026-12-24T08:00:00Z"));
    let cut = monthly.with_bought_until(at("2027-01-24T08:00:00Z"));
    assert_eq!(terms.ended([&cut], at("2026-12-24T07:59:59Z")), []);
    assert_eq!(terms.ended([&cut], at("2026-12-24T08:00:00Z")), [cut.order()]);
    assert_eq!(terms.ended([&cut], at("2027-01-24T08:00:00Z")), []);
}
