//! The contracts of [`EventStore`] and [`WebhookVerifier`] as checks.

use ae_core::{BillingInterval, Currency, Digest, Money, Origin, RunId, Timestamp, Untrusted};
use http::HeaderMap;

use super::setup::{expect, holds};
use crate::{
    EntitlementEnd, EventEffect, EventKind, EventStore, Intake, Mode, PaidFor, PaidInvoice, ProviderEvent,
    ReceivedEvent, WebhookVerifier,
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

/// A request that a verifier must believe.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedRequest {
    /// The headers, with the signature.
    pub headers: HeaderMap,
    /// The body.
    pub raw: Vec<u8>,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// Whether the signature covers a time, so that replays can be told by their age.
    pub is_timed: bool,
}

impl SignedRequest {
    /// A request whose signature covers a time.
    #[must_use]
    pub const fn new(headers: HeaderMap, raw: Vec<u8>, signed_at: Timestamp) -> Self {
        Self { headers, raw, signed_at, is_timed: true }
    }

    /// Says that the signature covers no time.
    #[must_use]
    pub const fn without_time(mut self) -> Self {
        self.is_timed = false;
        self
    }
}

/// Runs every check of a [`WebhookVerifier`] on a request that it must believe.
///
/// # Panics
///
/// When a clause does not hold; the message begins with its number.
pub fn run_verifier(verifier: &dyn WebhookVerifier, good: &SignedRequest) {
    let verify = |headers: &HeaderMap, raw: &[u8], now| verifier.verify(headers, raw, now);
    let first = expect("W1 a good request", verify(&good.headers, &good.raw, good.signed_at));
    let again = expect("W1 a good request", verify(&good.headers, &good.raw, good.signed_at));
    holds("W1 the same request gives the same event", first == again);
    for index in 0..good.raw.len() {
        let mut raw = good.raw.clone();
        if let Some(byte) = raw.get_mut(index) {
            *byte ^= 1;
        }
        let refused = verify(&good.headers, &raw, good.signed_at).is_err();
        holds(&format!("W2 byte {index} is covered"), refused);
    }
    let longer = [good.raw.as_slice(), b" "].concat();
    holds("W2 the length is covered", verify(&good.headers, &longer, good.signed_at).is_err());
    let unsigned = verify(&HeaderMap::new(), &good.raw, good.signed_at).is_err();
    holds("W3 an unsigned request is refused", unsigned);
    let next_day = expect("W4", Timestamp::from_second(good.signed_at.as_second().saturating_add(86_400)));
    let refused = verify(&good.headers, &good.raw, next_day).is_err();
    holds("W4 a day-old request is refused", refused || !good.is_timed);
    let origin = Origin::Webhook(verifier.name().to_owned());
    holds("W5 the payload says where it is from", *first.payload.origin() == origin);
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
    let invoice = PaidInvoice::new(run(name), payment, paid, amount, BillingInterval::Month, at);
    received(name, event, EventKind::InvoicePaid, Some(EventEffect::Paid(invoice)))
}

fn received(name: &str, event: &str, kind: EventKind, effect: Option<EventEffect>) -> ReceivedEvent {
    let payload = Untrusted::new(Origin::Webhook("conformance".to_owned()), serde_json::json!({}));
    let id = format!("{name}-{event}");
    let mut event = ProviderEvent::new(id, kind, Mode::Offline, Timestamp::UNIX_EPOCH, payload);
    event.effect = effect;
    ReceivedEvent::new("conformance", event, b"{}", Timestamp::UNIX_EPOCH)
}
