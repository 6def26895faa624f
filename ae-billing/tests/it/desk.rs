//! Payments that an operator records.

use std::time::Duration;

use ae_billing::{
    JournalHead, LinkId, NewPayment, NewRefund, ObjectRef, PaymentId, PaymentProvider, PaymentQuery, PriceId,
};
use ae_core::{ErrorKind, Money};

use crate::{
    ledgers::on_each,
    world::{clocked, deliver, key, open, run, start, sums, usd, wait},
};

#[test]
fn a_payment_makes_one_invoice_and_one_event_however_often_it_is_recorded() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let shop = open(&*ledger, run("once"));
        let first = shop.paid(&*ledger, "a", "CUST-7", 0);
        clock.advance(Duration::from_secs(60));
        assert_eq!(shop.paid(&*ledger, "a", "CUST-7", 0), first);
        let second = shop.paid(&*ledger, "b", "CUST-8", 1);
        assert_eq!((first.invoice.as_str(), second.invoice.as_str()), ("INV-000001", "INV-000002"));
        assert_eq!((first.amount, first.paid_at), (usd("29.99"), start()));
        assert_eq!(wait(ledger.pending_events(10)).unwrap().len(), 2);
        let view = wait(ledger.link(shop.link_id())).unwrap().unwrap();
        assert_eq!((view.paid, view.product, view.prices), (vec![first, second], shop.product, shop.prices));
    });
}

#[cfg(feature = "pages")]
#[test]
fn a_form_books_once_whenever_it_is_sent_and_nothing_but_what_it_was_sent_for() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set("2026-11-24T23:59:59Z".parse().unwrap());
        let (shop, other) = (open(&*ledger, run("form")), open(&*ledger, run("form-2")));
        let form = ae_billing::new_form(&*runtime.ids);
        let first = wait(ledger.record_payment(&form, shop.pays("CUST-7", 0))).unwrap();
        for later in [2, 3600, 40 * 86_400] {
            clock.advance(Duration::from_secs(later));
            let again = wait(ledger.record_payment(&form, shop.pays("CUST-7", 0)));
            assert_eq!(again.unwrap(), first, "{later} s later");
        }
        for used in [shop.pays("CUST-7", 1), shop.pays("CUST-8", 0), other.pays("CUST-7", 0)] {
            let refused = wait(ledger.record_payment(&form, used)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Conflict);
        }
        let anew = wait(ledger.record_payment(&ae_billing::new_form(&*runtime.ids), shop.pays("CUST-7", 0)));
        assert_ne!(
            anew.unwrap().id,
            first.id,
            "a new form of the same payer, price and day is another payment"
        );
        assert_eq!(deliver(&ledger, runtime.now()).len(), 2);
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap().payments(), 2);
        assert_eq!(wait(ledger.revenue(other.run)).unwrap().payments(), 0);
    });
}

#[test]
fn a_wrong_payment_changes_nothing_and_leaves_its_key_free() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let (shop, other) = (open(&*ledger, run("wrong")), open(&*ledger, run("wrong-2")));
        let before = wait(ledger.verify_journal(None)).unwrap();
        let nowhere = LinkId::of_key(&key(shop.run, "never made"));
        let price = &shop.prices[0].id;
        for (payment, kind) in [
            (NewPayment::new(nowhere, price.clone(), "CUST-7"), ErrorKind::NotFound),
            (
                NewPayment::new(shop.link.id.clone(), other.prices[0].id.clone(), "CUST-7"),
                ErrorKind::InvalidInput,
            ),
            (NewPayment::new(shop.link.id.clone(), price.clone(), ""), ErrorKind::InvalidInput),
            (NewPayment::new(shop.link.id.clone(), price.clone(), "a@example.com"), ErrorKind::InvalidInput),
        ] {
            let refused = wait(ledger.record_payment(&key(shop.run, "pay"), payment)).unwrap_err();
            assert_eq!(refused.kind(), kind, "{refused}");
        }
        assert_eq!(wait(ledger.verify_journal(None)).unwrap(), before);
        shop.paid(&*ledger, "pay", "CUST-7", 0);
        let other = wait(ledger.record_payment(&key(shop.run, "pay"), shop.pays("CUST-8", 0))).unwrap_err();
        assert_eq!(other.kind(), ErrorKind::Conflict);
    });
}

#[test]
fn what_is_off_sale_is_not_paid_but_stays_on_record() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        for part in 0..3 {
            let shop = open(&*ledger, run(&format!("off {part}")));
            let paid = shop.paid(&*ledger, "before", "CUST-7", 0);
            let object = match part {
                0 => ObjectRef::Link(shop.link.id.clone()),
                1 => ObjectRef::Price(shop.prices[0].id.clone()),
                _ => ObjectRef::Product(shop.product.id.clone()),
            };
            wait(ledger.deactivate(&key(shop.run, "end"), &object)).unwrap();
            let late = wait(ledger.record_payment(&key(shop.run, "late"), shop.pays("CUST-8", 0)));
            assert_eq!(late.unwrap_err().kind(), ErrorKind::Conflict);
            let again = wait(ledger.record_payment(&key(shop.run, "before"), shop.pays("CUST-7", 0)));
            assert_eq!(again.unwrap(), paid);
            let current = wait(ledger.current_link(shop.run)).unwrap();
            assert_eq!(current.is_some(), part == 1, "two other prices are still on sale");
        }
    });
}

#[test]
fn the_current_link_is_the_newest_one_on_sale() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("current"));
        assert_eq!(wait(ledger.current_link(shop.run)).unwrap(), Some(shop.link.clone()));
        assert_eq!(wait(ledger.current_link(run("nobody"))).unwrap(), None);
        let spec = ae_billing::NewLink::new(shop.run, key(shop.run, "pro"));
        let newer = wait(ledger.ensure_payment_link(&key(shop.run, "newer"), &spec)).unwrap().into_inner();
        assert_eq!(wait(ledger.current_link(shop.run)).unwrap(), Some(newer.clone()));
        wait(ledger.deactivate(&key(shop.run, "end"), &ObjectRef::Link(newer.id))).unwrap();
        assert_eq!(wait(ledger.current_link(shop.run)).unwrap(), Some(shop.link));
    });
}

#[test]
fn pages_give_each_payment_once() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let (shop, other) = (open(&*ledger, run("pages")), open(&*ledger, run("pages-2")));
        for number in 0..7 {
            shop.paid(&*ledger, &format!("p{number}"), "CUST-7", number % 3);
            other.paid(&*ledger, &format!("p{number}"), "CUST-8", 0);
        }
        let mut query = PaymentQuery::new(shop.run).with_link(shop.link.id.clone()).with_limit(3);
        let (mut sizes, mut invoices) = (Vec::new(), Vec::new());
        loop {
            let page = wait(ledger.payments(&query)).unwrap();
            sizes.push(page.items.len());
            invoices.extend(page.items.into_iter().map(|payment| payment.invoice));
            match page.next {
                Some(next) => query = query.with_after(next),
                None => break,
            }
        }
        assert_eq!(sizes, [3, 3, 1]);
        let odd: Vec<_> = (0..7).map(|number| format!("INV-{:06}", 2 * number + 1)).collect();
        assert_eq!(invoices, odd);
        let elsewhere = PaymentQuery::new(other.run).with_link(shop.link.id.clone());
        assert!(wait(ledger.payments(&elsewhere)).unwrap().items.is_empty());
        let foreign = wait(ledger.payments(&PaymentQuery::new(shop.run).with_after("x"))).unwrap_err();
        assert_eq!(foreign.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn revenue_is_what_webhooks_confirmed_and_mrr_follows_the_calendar() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let shop = open(&*ledger, run("revenue"));
        let nothing = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!(
            (sums(&nothing).gross, sums(&nothing).payments, sums(&nothing).mrr),
            (usd("0"), 0, usd("0"))
        );
        for (name, payer, tier) in [("a", "CUST-1", 0), ("b", "CUST-2", 1), ("c", "CUST-3", 2)] {
            shop.paid(&*ledger, name, payer, tier);
        }
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap(), nothing, "recorded is not confirmed");
        deliver(&ledger, runtime.now());
        let summary = wait(ledger.revenue(shop.run)).unwrap();
        // 29.99 a month, a twelfth of 100 rounded down, nothing for a single purchase.
        assert_eq!(
            (sums(&summary).gross, sums(&summary).payments, sums(&summary).mrr),
            (usd("134.99"), 3, usd("38.32"))
        );
        let tiers: Vec<_> = summary.entitlements.iter().map(|one| (&*one.customer, &*one.tier)).collect();
        assert_eq!(tiers.len(), 3);
        assert!(tiers.contains(&("CUST-2", "pro")));
        assert_eq!(wait(ledger.revenue(run("other"))).unwrap().payments(), 0);

        // CUST-1 pays the second month early: one entitlement, paid until two months from the start.
        clock.advance(Duration::from_secs(20 * 86_400));
        shop.paid(&*ledger, "a2", "CUST-1", 0);
        deliver(&ledger, runtime.now());
        let summary = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!((sums(&summary).mrr, summary.entitlements.len()), (usd("38.32"), 3));
        let monthly = summary.entitlements.iter().find(|one| one.customer == "CUST-1").unwrap();
        assert_eq!(monthly.paid_until, Some("2027-01-24T08:00:00Z".parse().unwrap()));

        // Then nobody pays any more: only the year is left, the gross stays.
        clock.advance(Duration::from_secs(60 * 86_400));
        let summary = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!((sums(&summary).mrr, sums(&summary).gross), (usd("8.33"), usd("164.98")));
    });
}

#[test]
fn a_refund_goes_through_the_webhook_and_ends_what_was_paid() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let shop = open(&*ledger, run("refund"));
        let payment = shop.paid(&*ledger, "a", "CUST-1", 0);
        deliver(&ledger, runtime.now());
        for (name, amount, net, mrr) in [("part", "9.99", "20", "29.99"), ("rest", "20", "0", "0")] {
            let refund = NewRefund::new(payment.id.clone(), usd(amount));
            assert!(wait(ledger.refund(&key(shop.run, name), &refund)).unwrap().is_created());
            deliver(&ledger, runtime.now());
            let summary = wait(ledger.revenue(shop.run)).unwrap();
            assert_eq!((sums(&summary).net, sums(&summary).mrr), (usd(net), usd(mrr)));
        }
        wait(ledger.verify_journal(None)).unwrap();
    });
}

#[test]
fn an_entitlement_ends_by_an_event_and_begins_again_with_a_payment() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let shop = open(&*ledger, run("end"));
        let payment = shop.paid(&*ledger, "a", "CUST-1", 0);
        deliver(&ledger, runtime.now());
        clock.advance(Duration::from_secs(3_600));
        for _ in 0..2 {
            wait(ledger.end_entitlement(&key(shop.run, "end"), &payment.id)).unwrap();
        }
        assert_eq!(wait(ledger.pending_events(10)).unwrap().len(), 1);
        deliver(&ledger, runtime.now());
        let summary = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!((sums(&summary).mrr, sums(&summary).gross), (usd("0"), usd("29.99")));
        assert_eq!(summary.entitlements[0].ended_at, Some(runtime.now()));
        clock.advance(Duration::from_secs(3_600));
        shop.paid(&*ledger, "a2", "CUST-1", 0);
        deliver(&ledger, runtime.now());
        let summary = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!((sums(&summary).mrr, summary.entitlements.len()), (usd("29.99"), 1));
        let unknown = PaymentId::of_key(&key(shop.run, "never made"));
        let refused = wait(ledger.end_entitlement(&key(shop.run, "end2"), &unknown)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn an_event_stays_in_the_outbox_until_it_is_confirmed() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("outbox"));
        for name in ["a", "b", "c"] {
            shop.paid(&*ledger, name, "CUST-1", 2);
        }
        let all = wait(ledger.pending_events(10)).unwrap();
        assert_eq!(wait(ledger.pending_events(2)).unwrap(), all[..2]);
        for _ in 0..2 {
            wait(ledger.mark_delivered(&all[0].id)).unwrap();
        }
        assert_eq!(wait(ledger.pending_events(10)).unwrap(), all[1..]);
        assert_eq!(wait(ledger.mark_delivered("evt_none")).unwrap_err().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn twenty_nine_ninety_nine_is_2999_cents() {
    let price = usd("$29.99");
    assert_eq!(ae_billing::units::to_minor_units(price), Ok(2999));
    assert_eq!(Money::from_minor(2999, 2, price.currency()).unwrap().to_string(), "$29.99");
    assert!("price_1".parse::<PriceId>().is_ok());
}

#[test]
fn a_journal_written_anew_does_not_lead_through_a_known_head() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        open(&*ledger, run("known"));
        let known = wait(ledger.verify_journal(None)).unwrap();
        open(&*ledger, run("more"));
        assert!(wait(ledger.verify_journal(Some(&known))).unwrap().entries > known.entries);
        let since_ever = wait(ledger.verify_journal(Some(&JournalHead::empty()))).unwrap();
        assert_eq!(since_ever, wait(ledger.verify_journal(None)).unwrap());
        on_each(&runtime, |forged| {
            open(&*forged, run("forged"));
            assert!(wait(forged.verify_journal(None)).is_ok());
            let noticed = wait(forged.verify_journal(Some(&known))).unwrap_err();
            assert_eq!(noticed.kind(), ErrorKind::Protocol);
        });
    });
}
