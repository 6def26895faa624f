//! The contract of [`EventStore`] as checks.

use ae_core::{BillingInterval, Currency, Digest, Money, Origin, RunId, Timestamp, Untrusted};

use crate::{
    EntitlementEnd, EventEffect, EventKind, EventStore, Intake, Mode, PaidFor, PaidInvoice, ProviderEvent,
    ReceivedEvent,
    conformance_kit::{expect, holds},
};

/// Runs every check of an [`EventStore`]. `seed` keeps this pass apart from others on the same store.
///
/// # Panics
///
/// When a clause does not hold; the message begins with its number.
pub async fn run_store(store: &dyn EventStore, seed: &str) {
    e2_a_known_event_is_a_duplicate(store, seed).await;
    e3_an_end_may_arrive_before_its_beginning(store, seed).await;
    e4_what_has_no_effect_is_kept(store, seed).await;
    e5_a_payment_counts_once(store, seed).await;
}

/// E2: an event that is known is a duplicate, whatever its body says.
///
/// # Panics
///
/// When it is not.
pub async fn e2_a_known_event_is_a_duplicate(store: &dyn EventStore, seed: &str) {
    let event = paid(&format!("{seed}-e2"), "evt-1", "pay-1");
    holds("E2 a new event is accepted", matches!(record(store, &event).await, Intake::Accepted { .. }));
    holds("E2 a repeat", matches!(record(store, &event).await, Intake::Duplicate { .. }));
    let changed = paid(&format!("{seed}-e2"), "evt-1", "pay-2");
    holds("E2 the id decides", matches!(record(store, &changed).await, Intake::Duplicate { .. }));
}

/// E3: an entitlement's end may arrive before its beginning.
///
/// # Panics
///
/// When one of both is not accepted.
pub async fn e3_an_end_may_arrive_before_its_beginning(store: &dyn EventStore, seed: &str) {
    let name = format!("{seed}-e3");
    let end = EventEffect::Ended(EntitlementEnd::new(run(&name), format!("{name}-ent")));
    let end = received(&name, "evt-2", EventKind::SubscriptionDeleted, Some(end));
    holds("E3 the end first", matches!(record(store, &end).await, Intake::Accepted { .. }));
    let late = record(store, &paid(&name, "evt-1", "pay-1")).await;
    holds("E3 the late payment", matches!(late, Intake::Accepted { .. }));
}

/// E4: quarantined events, and those without an effect, are kept and change nothing.
///
/// # Panics
///
/// When they are booked or forgotten.
pub async fn e4_what_has_no_effect_is_kept(store: &dyn EventStore, seed: &str) {
    let name = format!("{seed}-e4");
    let held = paid(&name, "evt-1", "pay-1").with_quarantine("another mode");
    let plain = received(&name, "evt-2", EventKind::from_name("ping"), None);
    for event in [held, plain] {
        holds("E4 it is ignored", matches!(record(store, &event).await, Intake::Ignored { .. }));
        holds("E4 it is kept", matches!(record(store, &event).await, Intake::Duplicate { .. }));
    }
    let real = record(store, &paid(&name, "evt-3", "pay-1")).await;
    holds("E4 a quarantined payment was not booked", matches!(real, Intake::Accepted { .. }));
}

/// E5: one payment counts once, even when several events tell of it.
///
/// # Panics
///
/// When it counts twice.
pub async fn e5_a_payment_counts_once(store: &dyn EventStore, seed: &str) {
    let name = format!("{seed}-e5");
    let first = record(store, &paid(&name, "evt-1", "pay-1")).await;
    holds("E5 the first telling", matches!(first, Intake::Accepted { .. }));
    let second = record(store, &paid(&name, "evt-2", "pay-1")).await;
    holds("E5 the second telling", matches!(second, Intake::Ignored { .. }));
}

async fn record(store: &dyn EventStore, event: &ReceivedEvent) -> Intake {
    expect("setup", store.record_event(event).await)
}

fn run(name: &str) -> RunId {
    RunId::from_digest(&Digest::of_bytes("billing-conformance", name.as_bytes()))
}

fn paid(name: &str, event: &str, payment: &str) -> ReceivedEvent {
    let amount = expect("setup", Money::from_minor(1_500, 2, Currency::USD));
    let entitlement = format!("{name}-ent");
    let paid = PaidFor { entitlement: &entitlement, price: "price-1", tier: "basic", customer: "CUST-1" };
    let payment = format!("{name}-{payment}");
    let at = Timestamp::UNIX_EPOCH;
    let invoice = PaidInvoice::new(run(name), payment, paid, amount, BillingInterval::MONTH, at);
    received(name, event, EventKind::InvoicePaid, Some(EventEffect::Paid(invoice)))
}

fn received(name: &str, event: &str, kind: EventKind, effect: Option<EventEffect>) -> ReceivedEvent {
    let payload = Untrusted::new(Origin::Webhook("conformance".to_owned()), serde_json::json!({}));
    let id = format!("{name}-{event}");
    let mut event = ProviderEvent::new(id, kind, Mode::Offline, Timestamp::UNIX_EPOCH, payload);
    event.effect = effect;
    ReceivedEvent::new("conformance", event, b"{}", Timestamp::UNIX_EPOCH)
}
