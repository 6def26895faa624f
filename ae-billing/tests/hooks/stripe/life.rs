//! The life of two purchases in any order of its events, with repeats, leads to the same books.

use ae_billing::{
    EventStore as _, LinkId, MemoryLedger, Mode, NewPrice, OnSale, Price, ReceivedEvent, RevenueSummary,
    StripeVerifier, SubscriptionState, WebhookIntake,
};
use ae_core::{BillingInterval, Currency, IdempotencyKey, Money, Runtime, Secret};
use futures_executor::block_on;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

use super::bodies::{
    NOW, SECRET, at, charge, dispute, event, invoice, invoice_payment, refund, run, session, subscribed,
    subscription, verify, with,
};

const DAY: i64 = 86_400;
const MONTH: i64 = 30 * DAY;

/// Everything that Stripe says, in the order in which it happens. Nothing names the run but the price and the link.
fn life() -> Vec<Value> {
    let plain = |object: Value| with(object, json!({ "metadata": {} }));
    let bill = |id: &str, start: i64, amount: i64| {
        let mut bill = invoice(id, start, amount);
        bill["parent"]["subscription_details"]["metadata"] = json!({});
        bill
    };
    let paid_by = |invoice: &str, intent: &str| {
        let payment = json!({ "type": "payment_intent", "payment_intent": intent });
        with(invoice_payment(), json!({ "invoice": invoice, "payment": payment }))
    };
    let charged = |intent: &str, charge_id: &str, refunded: i64| {
        with(charge(refunded), json!({ "id": charge_id, "payment_intent": intent }))
    };
    let back = |id: &str, amount: i64, status: &str| {
        let of = json!({ "id": id, "payment_intent": "pi_2", "charge": "ch_2" });
        with(refund(amount, status), of)
    };
    let sub = |status: &str, end: i64, ends: bool| {
        with(plain(subscription(status, end)), json!({ "cancel_at_period_end": ends }))
    };
    let yen = json!({ "id": "cs_test_9", "payment_intent": "pi_9", "currency": "jpy", "amount_total": 500,
        "customer": "cus_9", "metadata": {} });
    let unpaid = with(with(session(), yen.clone()), json!({ "payment_status": "unpaid" }));
    let (one, two) = (NOW + 3 * DAY, NOW + 3 * DAY + MONTH);
    let said = [
        // A trial of three days, then a month.
        ("customer.subscription.created", 1, sub("trialing", one, false)),
        ("invoice.paid", 2, {
            let mut trial = bill("in_0", NOW, 0);
            trial["lines"]["data"][0]["period"]["end"] = json!(one);
            trial
        }),
        (
            "checkout.session.completed",
            3,
            with(
                plain(subscribed()),
                json!({ "payment_status": "no_payment_required", "amount_total": 0, "invoice": "in_0" }),
            ),
        ),
        ("payment_intent.succeeded", 3 * DAY, json!({ "id": "pi_1", "latest_charge": "ch_1" })),
        ("charge.succeeded", 3 * DAY, charge(0)),
        ("invoice_payment.paid", 3 * DAY, paid_by("in_1", "pi_1")),
        ("invoice.paid", 3 * DAY + 2, bill("in_1", one, 2999)),
        ("customer.subscription.updated", 3 * DAY + 3, sub("active", two, false)),
        ("charge.dispute.created", 5 * DAY, dispute("needs_response")),
        ("charge.dispute.closed", 9 * DAY, dispute("won")),
        // A second month that is paid at the second try, of which a part goes back.
        ("invoice.payment_failed", 33 * DAY, bill("in_2", two, 2999)),
        ("customer.subscription.updated", 33 * DAY, sub("past_due", two + MONTH, false)),
        ("charge.succeeded", 34 * DAY, charged("pi_2", "ch_2", 0)),
        ("invoice_payment.paid", 34 * DAY, paid_by("in_2", "pi_2")),
        ("invoice.paid", 34 * DAY, bill("in_2", two, 2999)),
        ("customer.subscription.updated", 34 * DAY + 1, sub("active", two + MONTH, false)),
        ("refund.created", 35 * DAY, back("re_1", 1000, "succeeded")),
        ("charge.refunded", 35 * DAY, charged("pi_2", "ch_2", 1000)),
        ("refund.created", 36 * DAY, back("re_2", 500, "succeeded")),
        ("charge.refunded", 36 * DAY, charged("pi_2", "ch_2", 1500)),
        ("refund.failed", 40 * DAY, back("re_2", 500, "failed")),
        // A single purchase in another currency, with a slow method of payment.
        ("checkout.session.completed", 50, unpaid),
        ("checkout.session.async_payment_succeeded", 2 * DAY, with(session(), yen)),
        // The end.
        ("customer.subscription.updated", 45 * DAY, sub("active", two + MONTH, true)),
        ("customer.subscription.deleted", 63 * DAY, sub("canceled", two + MONTH, true)),
        ("product.created", 0, json!({ "id": "prod_1" })),
    ];
    let mut all: Vec<Value> = (0..)
        .zip(said)
        .map(|(number, (kind, after, object))| event(&format!("evt_{number}"), kind, after, object))
        .collect();
    // Stripe sends some of them again.
    all.extend([6, 14, 17, 22, 24].map(|index| all[index].clone()));
    all
}

fn sale() -> OnSale {
    let key = IdempotencyKey::derive(run(), "test", "price", 0);
    let amount = Money::parse("29.99", Currency::USD).unwrap();
    let spec = NewPrice::new(run(), key, "pro", "Pro", amount, BillingInterval::MONTH);
    let price = Price::new("price_1".parse().unwrap(), "prod_1".parse().unwrap(), spec, at(NOW - DAY));
    let link: LinkId = "plink_1".parse().unwrap();
    OnSale::new("stripe", price).with_link(link)
}

/// The books after the events in the order of `places`; the announcement of the price comes before the one at `announced`.
fn books(places: &[usize], announced: usize) -> RevenueSummary {
    let (life, ledger) = (life(), MemoryLedger::new(Runtime::manual(at(NOW), 1), "http://127.0.0.1:8080"));
    block_on(async {
        for (number, place) in places.iter().enumerate() {
            if number == announced {
                ledger.put_on_sale(&sale()).await.unwrap();
            }
            let event = verify(&life[*place]).unwrap();
            let raw = life[*place].to_string();
            let received = ReceivedEvent::new("stripe", event, raw.as_bytes(), at(NOW));
            ledger.record_event(&received).await.unwrap();
        }
        ledger.put_on_sale(&sale()).await.unwrap();
        ledger.revenue(run()).await.unwrap()
    })
}

fn in_order() -> Vec<usize> {
    (0..life().len()).collect()
}

#[test]
fn the_books_are_right() {
    let books = books(&in_order(), 0);
    let money = |text: &str, currency: Currency| Money::parse(text, currency).unwrap();
    let usd = books.in_currency(Currency::USD);
    let expected = ["59.98", "10", "49.98"].map(|text| money(text, Currency::USD));
    assert_eq!([usd.gross, usd.refunded, usd.net], expected);
    assert_eq!(usd.payments, 2, "the trial is not a payment");
    let jpy: Currency = "JPY".parse().unwrap();
    assert_eq!(books.in_currency(jpy).net, money("500", jpy));
    assert_eq!(books.failed, [], "the second try brought the money");
    assert_eq!(books.disputes.len(), 1);
    let ids: Vec<_> = books.entitlements.iter().map(|one| &*one.id).collect();
    assert_eq!(ids, ["stripe:sub_1", "stripe:pi_9"]);
    let sub = &books.entitlements[0];
    assert_eq!((&*sub.tier, &*sub.customer, &*sub.price), ("pro", "cus_1", "price_1"));
    assert_eq!(sub.state, Some(SubscriptionState::Canceled));
    assert!(sub.ended_at.is_some_and(|ended| !sub.is_active(ended)), "{sub:?}");
    assert!(!sub.is_active(at(NOW + 64 * DAY)));
    assert_eq!(books.entitlements[1].customer, "cus_9");
}

#[test]
fn an_event_of_another_mode_is_kept_and_not_booked() {
    let ledger = Arc::new(MemoryLedger::new(Runtime::manual(at(NOW), 1), "http://127.0.0.1:8080"));
    let verifier = StripeVerifier::new(Secret::new(SECRET.to_owned())).unwrap();
    let intake = WebhookIntake::new(Arc::new(verifier), ledger.clone()).with_mode(Mode::Live);
    let event = event("evt_1", "checkout.session.completed", 0, session());
    let (read, raw) = (verify(&event).unwrap(), event.to_string());
    block_on(async {
        let intake = intake.record(read, raw.as_bytes(), at(NOW)).await.unwrap();
        assert!(matches!(intake, ae_billing::Intake::Ignored { .. }));
        assert_eq!(ledger.revenue(run()).await.unwrap().payments(), 0);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn every_order_leads_to_the_same_books(places in Just(in_order()).prop_shuffle(), announced in 0..40_usize) {
        prop_assert_eq!(books(&places, announced), books(&in_order(), 0));
    }
}
