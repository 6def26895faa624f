//! E1 to E4, E8 and E10: what comes in, and how often it counts.

use ae_core::{
    Currency, ErrorKind,
    conformance::{holds, refused, same},
};

use super::story::{Story, failed, invoice, paid, refund, usd};
use crate::{EntitlementEnd, EventEffect, EventStore, Intake, PaidInvoice};

/// E1: an event that is known is a duplicate, whatever its body says.
pub(super) async fn e1_a_known_event_is_a_duplicate(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e1");
    story.accepts("E1 a new event", "evt-1", paid(&story, "pay-1", usd(1_500))).await;
    let books = story.books("E1").await;
    same("E1 it is booked", &usd(1_500), &books.in_currency(Currency::USD).gross);
    for payment in ["pay-1", "pay-2"] {
        let repeat = story.tell("evt-1", vec![paid(&story, payment, usd(1_500))]).await;
        holds("E1 a repeat", matches!(repeat, Intake::Duplicate { .. }), "it is not a duplicate");
    }
    same("E1 a repeat changes nothing", &books, &story.books("E1").await);
}

/// E2: any order of the same events leads to the same books.
pub(super) async fn e2_the_order_does_not_matter(store: &dyn EventStore, seed: &str) {
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
pub(super) async fn e3_what_has_no_effect_is_kept(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e3");
    let before = story.books("E3").await;
    let held = story.event("evt-1", vec![paid(&story, "pay-1", usd(1_500))]).with_quarantine("another mode");
    for event in [held, story.event("evt-2", Vec::new())] {
        let first = story.record(&event).await;
        holds("E3", matches!(first, Intake::Ignored { .. }), "it is not ignored");
        let again = story.record(&event).await;
        holds("E3", matches!(again, Intake::Duplicate { .. }), "it is not kept");
    }
    same("E3 nothing changed", &before, &story.books("E3").await);
}

/// E4: one payment counts once, even when several events state it.
pub(super) async fn e4_a_payment_counts_once(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e4");
    story.accepts("E4 the first event", "evt-1", paid(&story, "pay-1", usd(1_500))).await;
    let second = story.tell("evt-2", vec![paid(&story, "pay-1", usd(1_500))]).await;
    holds("E4 the second event", matches!(second, Intake::Ignored { .. }), "it is not ignored");
    let sums = story.books("E4").await.in_currency(Currency::USD);
    same("E4 it counts once", &(usd(1_500), 1), &(sums.gross, sums.payments));
    let more = PaidInvoice { customer: "CUST-1".into(), ..invoice(&story, "pay-1", usd(1_500)) };
    story.accepts("E4 an event that says more", "evt-3", EventEffect::Paid(more)).await;
    let books = story.books("E4").await;
    same("E4 it still counts once", &usd(1_500), &books.in_currency(Currency::USD).gross);
    let customers: Vec<_> = books.entitlements.iter().map(|one| &*one.customer).collect();
    same("E4 what two events say is put together", &customers, &vec!["CUST-1"]);
}

/// E8: an amount below zero is refused, and the event is not kept.
pub(super) async fn e8_nothing_below_zero_is_booked(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e8");
    for effect in [paid(&story, "pay-1", usd(-1)), refund(&story, "pay-1", usd(-1))] {
        let event = story.event("evt-1", vec![effect]);
        refused("E8 less than nothing", store.record_event(&event).await, ErrorKind::InvalidInput);
    }
    story.accepts("E8 the event was not kept", "evt-1", paid(&story, "pay-1", usd(1_500))).await;
    same("E8 nothing else was booked", &usd(1_500), &story.books("E8").await.in_currency(Currency::USD).net);
}

/// E10: all effects of an event are booked, or none of them.
pub(super) async fn e10_all_effects_or_none(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e10");
    let euro = PaidInvoice { amount: super::story::money(700, 2, "EUR"), ..invoice(&story, "pay-2", usd(0)) };
    let both = || vec![paid(&story, "pay-1", usd(1_500)), EventEffect::Paid(euro.clone())];
    let bad = [both(), vec![refund(&story, "pay-1", usd(-1))]].concat();
    let answer = store.record_event(&story.event("evt-1", bad)).await;
    refused("E10 one bad effect", answer, ErrorKind::InvalidInput);
    same("E10 none is booked", &0, &story.books("E10").await.payments());
    let taken = story.tell("evt-1", both()).await;
    holds("E10", matches!(taken, Intake::Accepted { .. }), "an event of two effects is not accepted");
    let books = story.books("E10").await;
    let gross = |code: Currency| books.in_currency(code).gross;
    same("E10 both are booked", &(usd(1_500), euro.amount), &(gross(Currency::USD), gross(Currency::EUR)));
    let again = story.tell("evt-2", both()).await;
    holds("E10", matches!(again, Intake::Ignored { .. }), "effects that are all known are not ignored");
    let more = [both(), vec![refund(&story, "pay-1", usd(500))]].concat();
    let taken = story.tell("evt-3", more).await;
    holds("E10", matches!(taken, Intake::Accepted { .. }), "one new effect among known ones is ignored");
    same("E10 it is booked", &usd(1_000), &story.books("E10").await.in_currency(Currency::USD).net);
}
