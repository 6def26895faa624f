//! The contract of [`EventStore`] as checks.

use ae_core::{BillingInterval, Currency, Digest, ErrorKind, Money, Origin, RunId, Timestamp, Untrusted};

use crate::{
    CurrencyRevenue, EntitlementEnd, EventEffect, EventKind, EventStore, FailedPayment, Intake, Mode,
    PaidInvoice, ProviderEvent, ReceivedEvent, RefundedPayment, RevenueSummary,
};
use ae_core::conformance::{Ran, held, holds, refused, same};

/// Runs every check of an [`EventStore`]. `seed` keeps this pass apart from others on the same store.
///
/// # Panics
///
/// When a clause does not hold; the message begins with its number.
pub async fn run_store(store: &dyn EventStore, seed: &str) -> Ran {
    let mut ran = Ran::default();
    ran.clause("E1", e1_a_known_event_is_a_duplicate(store, seed)).await;
    ran.clause("E2", e2_the_order_does_not_matter(store, seed)).await;
    ran.clause("E3", e3_what_has_no_effect_is_kept(store, seed)).await;
    ran.clause("E4", e4_a_payment_counts_once(store, seed)).await;
    ran.clause("E5", e5_money_is_booked_in_its_currency(store, seed)).await;
    ran.clause("E6", e6_refunds_reduce_revenue(store, seed)).await;
    ran.clause("E7", e7_a_failure_is_shown_until_it_is_paid(store, seed)).await;
    ran.clause("E8", e8_nothing_below_zero_is_booked(store, seed)).await;
    ran.clause("E9", e9_an_entitlement_names_its_latest_payment(store, seed)).await;
    ran
}

/// E1: an event that is known is a duplicate, whatever its body says.
///
/// # Panics
///
/// When it is not.
pub async fn e1_a_known_event_is_a_duplicate(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e1");
    story.accepts("E1 a new event", "evt-1", paid(&story, "pay-1", usd(1_500))).await;
    let books = story.books("E1").await;
    same("E1 it is booked", &usd(1_500), &books.in_currency(Currency::USD).gross);
    for payment in ["pay-1", "pay-2"] {
        let repeat = story.tell("evt-1", Some(paid(&story, payment, usd(1_500)))).await;
        holds("E1 a repeat", matches!(repeat, Intake::Duplicate { .. }), "it is not a duplicate");
    }
    same("E1 a repeat changes nothing", &books, &story.books("E1").await);
}

/// E2: any order of the same events leads to the same books.
///
/// # Panics
///
/// When it does not.
pub async fn e2_the_order_does_not_matter(store: &dyn EventStore, seed: &str) {
    let mut all = Vec::new();
    for (name, order) in [("e2-a", [0, 1, 2, 3, 4]), ("e2-b", [4, 3, 2, 1, 0]), ("e2-c", [3, 0, 4, 1, 2])] {
        let story = Story::new(store, seed, name);
        for at in order {
            let effect = match at {
                0 => paid(&story, "pay-1", usd(1_500)),
                1 => EventEffect::Ended(EntitlementEnd::new(story.run, "ent-1")),
                2 => refund(&story, "pay-2", usd(400)),
                3 => failed(&story, "pay-3"),
                _ => EventEffect::Paid(PaidInvoice {
                    entitlement: "ent-2".into(),
                    ..invoice(&story, "pay-2", usd(900))
                }),
            };
            story.accepts("E2 any event may be the first", &format!("evt-{at}"), effect).await;
        }
        let books = story.books("E2").await;
        let ends: Vec<_> = books.entitlements.iter().map(|one| (one.amount, one.ended_at)).collect();
        let failed: Vec<_> = books.failed.iter().map(|one| one.amount).collect();
        all.push((books.currencies, ends, failed));
    }
    for pair in all.windows(2) {
        if let [one, other] = pair {
            same("E2 another order", one, other);
        }
    }
    let ended =
        all.first().is_some_and(|(_, ends, _)| ends.iter().filter(|(_, at)| at.is_some()).count() == 1);
    holds("E2", ended, "an end that arrives before its beginning does not end it");
}

/// E3: quarantined events, and those without an effect, are kept and change nothing.
///
/// # Panics
///
/// When they are booked or forgotten.
pub async fn e3_what_has_no_effect_is_kept(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e3");
    let before = story.books("E3").await;
    let held = story.event("evt-1", Some(paid(&story, "pay-1", usd(1_500)))).with_quarantine("another mode");
    for event in [held, story.event("evt-2", None)] {
        let first = story.record(&event).await;
        holds("E3", matches!(first, Intake::Ignored { .. }), "it is not ignored");
        let again = story.record(&event).await;
        holds("E3", matches!(again, Intake::Duplicate { .. }), "it is not kept");
    }
    same("E3 nothing changed", &before, &story.books("E3").await);
}

/// E4: one payment counts once, even when several events state it.
///
/// # Panics
///
/// When it counts twice.
pub async fn e4_a_payment_counts_once(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e4");
    story.accepts("E4 the first event", "evt-1", paid(&story, "pay-1", usd(1_500))).await;
    let second = story.tell("evt-2", Some(paid(&story, "pay-1", usd(1_500)))).await;
    holds("E4 the second event", matches!(second, Intake::Ignored { .. }), "it is not ignored");
    let sums = story.books("E4").await.in_currency(Currency::USD);
    same("E4 it counts once", &(usd(1_500), 1), &(sums.gross, sums.payments));
}

/// E5: money is booked in the currency in which it came in; a payment of zero entitles.
///
/// # Panics
///
/// When some is dropped.
pub async fn e5_money_is_booked_in_its_currency(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e5");
    for (minor, places, code) in [(1_500, 2, "USD"), (700, 2, "EUR"), (900, 0, "JPY"), (0, 2, "CHF")] {
        let amount = money(minor, places, code);
        let one = PaidInvoice { entitlement: code.into(), ..invoice(&story, code, amount) };
        story.accepts(&format!("E5 {amount}"), code, EventEffect::Paid(one)).await;
        let expected = CurrencyRevenue {
            gross: amount,
            net: amount,
            payments: u64::from(minor > 0),
            ..CurrencyRevenue::new(amount.currency())
        };
        same(
            "E5 the sums of one currency",
            &expected,
            &story.books("E5").await.in_currency(amount.currency()),
        );
    }
    let now = Timestamp::UNIX_EPOCH;
    let active = story.books("E5").await.entitlements.iter().filter(|one| one.is_active(now)).count();
    same("E5 each entitles, a trial too", &4, &active);
}

/// E6: a refund reduces the revenue; a payment that went back in full entitles to nothing.
///
/// # Panics
///
/// When it does not.
pub async fn e6_refunds_reduce_revenue(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e6");
    story.accepts("E6", "evt-1", paid(&story, "pay-1", usd(1_500))).await;
    for (event, minor, net, is_active) in
        [("evt-2", 500, 1_000, true), ("evt-3", 1_500, 0, false), ("evt-4", 500, 0, false)]
    {
        let effect = refund(&story, "pay-1", usd(minor));
        story.tell(event, Some(effect)).await;
        let books = story.books("E6").await;
        let sums = books.in_currency(Currency::USD);
        same("E6 what is left", &(usd(1_500), usd(net)), &(sums.gross, sums.net));
        let active = books.entitlements.iter().any(|one| one.is_active(Timestamp::UNIX_EPOCH));
        same("E6 a full refund ends the entitlement", &is_active, &active);
    }
}

/// E7: a payment that failed is shown until it comes in.
///
/// # Panics
///
/// When it is not.
pub async fn e7_a_failure_is_shown_until_it_is_paid(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e7");
    story.accepts("E7 a failure", "evt-1", failed(&story, "pay-1")).await;
    let shown = story.books("E7").await;
    same("E7 it is shown", &1, &shown.failed.len());
    same("E7 it is not revenue", &0, &shown.payments());
    story.accepts("E7 a later success", "evt-2", paid(&story, "pay-1", usd(1_500))).await;
    same("E7 it is paid", &0, &story.books("E7").await.failed.len());
}

/// E8: an amount below zero is refused, and the event is not kept.
///
/// # Panics
///
/// When it is booked or known.
pub async fn e8_nothing_below_zero_is_booked(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e8");
    for effect in [paid(&story, "pay-1", usd(-1)), refund(&story, "pay-1", usd(-1))] {
        let event = story.event("evt-1", Some(effect));
        refused("E8 less than nothing", store.record_event(&event).await, ErrorKind::InvalidInput);
    }
    story.accepts("E8 the event was not kept", "evt-1", paid(&story, "pay-1", usd(1_500))).await;
    same("E8 nothing else was booked", &usd(1_500), &story.books("E8").await.in_currency(Currency::USD).net);
}

/// The events of one run, from a provider of its own.
struct Story<'a> {
    store: &'a dyn EventStore,
    provider: String,
    run: RunId,
}

/// E9: an entitlement names its latest payment that did not go back.
///
/// # Panics
///
/// When it does not.
pub async fn e9_an_entitlement_names_its_latest_payment(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e9");
    let at = |second| held("setup", Timestamp::from_second(second));
    for (event, payment, second) in [("evt-2", "pay-2", 60), ("evt-1", "pay-1", 0)] {
        let invoice = PaidInvoice::new(story.run, payment, "ent-1", usd(1_500), at(second));
        let monthly = invoice.with_price("price-1", "pro", BillingInterval::MONTH);
        story.accepts("E9", event, EventEffect::Paid(monthly)).await;
    }
    let mut bought = None;
    for (what, number, second) in [("both are kept", 2, 60), ("the second went back", 1, 0)] {
        let books = story.books("E9").await;
        let one = held("E9", books.entitlements.first().ok_or("there is no entitlement"));
        same(&format!("E9 {what}"), &(number, at(second)), &(one.number, one.paid_at));
        let whole = *bought.get_or_insert(one.paid_until);
        same("E9 all that was ever paid for", &whole, &one.bought_until);
        story.tell("evt-3", Some(refund(&story, "pay-2", usd(1_500)))).await;
    }
    let books = story.books("E9").await;
    let is_cut = books.entitlements.first().is_some_and(|one| one.paid_until < one.bought_until);
    holds("E9", is_cut, "a payment that went back still pays");
}

impl<'a> Story<'a> {
    fn new(store: &'a dyn EventStore, seed: &str, clause: &str) -> Self {
        let provider = format!("{seed}-{clause}");
        let run = RunId::from_digest(&Digest::of_bytes("billing-conformance", provider.as_bytes()));
        Self { store, provider, run }
    }

    fn event(&self, id: &str, effect: Option<EventEffect>) -> ReceivedEvent {
        let payload = Untrusted::new(Origin::Webhook(self.provider.clone()), serde_json::json!({}));
        let kind = match effect {
            Some(EventEffect::Paid(_)) => EventKind::InvoicePaid,
            Some(EventEffect::Ended(_)) => EventKind::SubscriptionDeleted,
            Some(EventEffect::Refunded(_)) => EventKind::ChargeRefunded,
            Some(EventEffect::Failed(_)) => EventKind::PaymentFailed,
            None => EventKind::Other("ping".into()),
        };
        let mut event = ProviderEvent::new(id, kind, Mode::Offline, Timestamp::UNIX_EPOCH, payload);
        event.effect = effect;
        ReceivedEvent::new(&self.provider, event, b"{}", Timestamp::UNIX_EPOCH)
    }

    async fn record(&self, event: &ReceivedEvent) -> Intake {
        held("setup", self.store.record_event(event).await)
    }

    async fn tell(&self, id: &str, effect: Option<EventEffect>) -> Intake {
        self.record(&self.event(id, effect)).await
    }

    async fn accepts(&self, clause: &str, id: &str, effect: EventEffect) {
        let taken = held(clause, self.store.record_event(&self.event(id, Some(effect))).await);
        holds(clause, matches!(taken, Intake::Accepted { .. }), "it is not accepted");
    }

    async fn books(&self, clause: &str) -> RevenueSummary {
        held(clause, self.store.revenue(self.run).await)
    }
}

fn money(minor: i64, places: u32, code: &str) -> Money {
    let currency = held("setup", code.parse());
    held("setup", Money::from_minor(minor, places, currency))
}

fn usd(cents: i64) -> Money {
    money(cents, 2, "USD")
}

fn invoice(story: &Story<'_>, payment: &str, amount: Money) -> PaidInvoice {
    PaidInvoice::new(story.run, payment, "ent-1", amount, Timestamp::UNIX_EPOCH)
}

fn paid(story: &Story<'_>, payment: &str, amount: Money) -> EventEffect {
    EventEffect::Paid(invoice(story, payment, amount))
}

fn refund(story: &Story<'_>, payment: &str, total: Money) -> EventEffect {
    EventEffect::Refunded(RefundedPayment::new(story.run, payment, total, Timestamp::UNIX_EPOCH))
}

fn failed(story: &Story<'_>, payment: &str) -> EventEffect {
    EventEffect::Failed(FailedPayment::new(story.run, payment, usd(1_500), "CUST-1", Timestamp::UNIX_EPOCH))
}
