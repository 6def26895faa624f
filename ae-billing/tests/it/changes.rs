//! Agreements that change: another price, and the last bill after the end.

use ae_billing::{
    Entitlement, EventEffect, EventKind, EventStore, MemoryLedger, Mode, NewPrice, OnSale, PaidInvoice,
    Price, ProductId, ProviderEvent, ReceivedEvent, SubscriptionChange, SubscriptionState,
};
use ae_core::{BillingInterval, Origin, Timestamp, Untrusted};

use crate::world::{BASE, clocked, key, run, usd, wait};

const DAY: i64 = 86_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn booked(effects: Vec<EventEffect>) -> Entitlement {
    let ledger = MemoryLedger::new(clocked().1, BASE);
    for tier in ["basic", "pro"] {
        let request =
            NewPrice::new(run("a"), key(run("a"), "product"), tier, tier, usd("9"), BillingInterval::MONTH);
        let product: ProductId = "prod_1".parse().unwrap();
        let price = Price::new(format!("price_{tier}").parse().unwrap(), product, request, at(0));
        wait(ledger.put_on_sale(&OnSale::new("stripe", price))).unwrap();
    }
    for (number, effect) in effects.into_iter().enumerate() {
        let payload = Untrusted::new(Origin::Webhook("stripe".into()), serde_json::json!({}));
        let kind = EventKind::Other("any".into());
        let event = ProviderEvent::new(format!("evt_{number}"), kind, Mode::Offline, at(0), payload)
            .with_effects(vec![effect]);
        wait(ledger.record_event(&ReceivedEvent::new("stripe", event, b"{}", at(0)))).unwrap();
    }
    wait(ledger.revenue(run("a"))).unwrap().entitlements.remove(0)
}

fn paid(payment: &str, price: &str, marked: &str, when: i64, end: Option<i64>) -> EventEffect {
    let mut invoice = PaidInvoice::new(run("a"), payment, "sub_1", usd("9"), at(when)).with_price_id(price);
    marked.clone_into(&mut invoice.tier);
    invoice.period_end = end.map(at);
    EventEffect::Paid(invoice)
}

#[test]
fn the_price_that_was_paid_knows_the_tier_better_than_the_marks_of_the_agreement() {
    let changed = booked(vec![
        paid("in_1", "price_basic", "basic", 0, Some(30 * DAY)),
        paid("in_2", "price_pro", "basic", 30 * DAY, Some(60 * DAY)),
    ]);
    assert_eq!((changed.tier.as_str(), changed.price.as_str()), ("pro", "price_pro"));
}

#[test]
fn the_last_bill_after_the_end_is_not_a_new_beginning() {
    let over = SubscriptionChange::new("sub_1", SubscriptionState::Canceled, at(20 * DAY))
        .with_period_end(at(30 * DAY));
    let ended = booked(vec![
        paid("in_1", "price_basic", "", 0, Some(20 * DAY)),
        EventEffect::Changed(over),
        paid("in_2", "price_basic", "", 20 * DAY + 3_600, None),
    ]);
    assert_eq!(ended.ended_at, Some(at(20 * DAY)));
    assert!(!ended.is_active(at(21 * DAY)));
}

#[test]
fn a_payment_with_a_period_after_the_end_is_a_new_beginning() {
    let over = SubscriptionChange::new("sub_1", SubscriptionState::Canceled, at(20 * DAY));
    let again =
        booked(vec![EventEffect::Changed(over), paid("in_1", "price_basic", "", 25 * DAY, Some(55 * DAY))]);
    assert_eq!(again.ended_at, None);
    assert!(again.is_active(at(26 * DAY)));
}
