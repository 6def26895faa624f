//! E11 to E14: whose money it is, its other names, disputes, and the states of agreements.

use ae_core::{
    BillingInterval, Currency, ErrorKind,
    conformance::{holds, refused, same},
};

use super::story::{Story, at, invoice, paid, refund, usd};
use crate::{
    DisputeState, DisputedPayment, EntitlementEnd, EventEffect, EventStore, PaidInvoice, PaymentAlias,
    SubscriptionChange, SubscriptionState,
};

/// The days of two months, in seconds.
const MONTHS: [i64; 2] = [31 * 86_400, 59 * 86_400];

/// E11: an effect without a run is booked for the run that put its price or link on sale, before or after.
pub(super) async fn e11_prices_lead_to_runs(store: &dyn EventStore, seed: &str) {
    for (name, is_before) in [("e11-before", true), ("e11-after", false)] {
        let story = Story::new(store, seed, name);
        if is_before {
            story.sells("E11", "price_1").await;
        }
        let nameless = |payment: &str, entitlement: &str| PaidInvoice {
            run: None,
            entitlement: entitlement.into(),
            ..invoice(&story, payment, usd(1_500))
        };
        let by_price = nameless("pay-1", "ent-1").with_price_id("price_1");
        story.accepts("E11 by the price", "evt-1", EventEffect::Paid(by_price)).await;
        let by_link = nameless("pay-2", "ent-2").with_link("link_1");
        story.accepts("E11 by the link", "evt-2", EventEffect::Paid(by_link)).await;
        let renewal = nameless("pay-3", "ent-1");
        story.accepts("E11 by the agreement", "evt-3", EventEffect::Paid(renewal)).await;
        let by_state = nameless("pay-4", "ent-4");
        story.accepts("E11", "evt-4", EventEffect::Paid(by_state)).await;
        let change = SubscriptionChange::new("ent-4", SubscriptionState::Active, at(0)).with_price("price_1");
        story.accepts("E11 by the agreement's price", "evt-5", EventEffect::Changed(change)).await;
        let mut back = refund(&story, "pay-1", usd(500));
        if let EventEffect::Refunded(refund) = &mut back {
            refund.run = None;
        }
        story.accepts("E11 by the payment", "evt-6", back).await;
        let stray = nameless("pay-9", "ent-9").with_price_id("price_9");
        story.accepts("E11 a price that is not known", "evt-7", EventEffect::Paid(stray)).await;
        if !is_before {
            same("E11 nothing is known yet", &0, &story.books("E11").await.payments());
            same("E11 nothing is lost", &5, &story.unresolved("E11").await.len());
            story.sells("E11", "price_1").await;
        }
        story.sells("E11 the same again", "price_1").await;
        let books = story.books("E11").await;
        let sums = books.in_currency(Currency::USD);
        same("E11 all is booked", &(usd(6_000), usd(5_500), 4), &(sums.gross, sums.net, sums.payments));
        let terms = |one: &crate::Entitlement| (one.tier.clone(), one.interval);
        let monthly = ("pro".to_owned(), BillingInterval::MONTH);
        let known: Vec<_> = books.entitlements.iter().map(terms).collect();
        same("E11 tier and interval are the price's", &vec![monthly; 3], &known);
        let left = story.unresolved("E11").await;
        let is_stray = matches!(left.as_slice(), [EventEffect::Paid(paid)] if paid.payment == "pay-9");
        holds("E11", is_stray, "what is left is not the payment of the unknown price alone");
        let other = Story::new(store, seed, &format!("{name}-other"));
        let mut sale = other.sale("price_1");
        sale.provider.clone_from(&story.provider);
        refused("E11 another run's price", store.put_on_sale(&sale).await, ErrorKind::Conflict);
        let mut dearer = story.sale("price_1");
        dearer.price.charge = usd(1_600).into();
        refused("E11 other terms", store.put_on_sale(&dearer).await, ErrorKind::Conflict);
        let mut elsewhere = other.sale("price_2");
        elsewhere.provider.clone_from(&story.provider);
        elsewhere.link = story.sale("price_1").link;
        refused("E11 another run's link", store.put_on_sale(&elsewhere).await, ErrorKind::Conflict);
    }
}

/// E12: ids that name one payment are one payment.
pub(super) async fn e12_aliases_are_one_payment(store: &dyn EventStore, seed: &str) {
    for (name, is_before) in [("e12-before", true), ("e12-after", false)] {
        let story = Story::new(store, seed, name);
        let aliases = async || {
            for (event, payment, alias) in [("evt-1", "in-1", "pi-1"), ("evt-2", "pi-1", "ch-1")] {
                let same = EventEffect::SamePayment(PaymentAlias::new(payment, alias));
                story.accepts("E12 another name", event, same).await;
            }
        };
        if is_before {
            aliases().await;
        }
        story.accepts("E12", "evt-3", paid(&story, "in-1", usd(1_500))).await;
        let again = PaidInvoice { run: None, ..invoice(&story, "pi-1", usd(1_500)) };
        story.accepts("E12", "evt-4", EventEffect::Paid(again)).await;
        let mut back = refund(&story, "ch-1", usd(500));
        if let EventEffect::Refunded(refund) = &mut back {
            refund.run = None;
        }
        story.accepts("E12", "evt-5", back).await;
        if !is_before {
            aliases().await;
        }
        let sums = story.books("E12").await.in_currency(Currency::USD);
        same("E12 it counts once", &(usd(1_500), 1), &(sums.gross, sums.payments));
        same("E12 its refund counts", &usd(1_000), &sums.net);
        same("E12 nothing is left over", &0, &story.unresolved("E12").await.len());
    }
}

/// E13: money in a dispute that is open or lost is not revenue and entitles to nothing.
pub(super) async fn e13_disputes_hold_money(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e13");
    story.accepts("E13", "evt-1", paid(&story, "pay-1", usd(1_500))).await;
    for (second, state, disputed, is_active) in [
        (1, DisputeState::Inquiry, 0, true),
        (2, DisputeState::Open, 1_500, false),
        (3, DisputeState::Won, 0, true),
        (4, DisputeState::Lost, 1_500, false),
    ] {
        let fact = DisputedPayment::new("dp-1", "pay-1", usd(1_500), state, at(second));
        story.accepts("E13", &format!("evt-2{second}"), EventEffect::Disputed(fact)).await;
        let books = story.books("E13").await;
        let sums = books.in_currency(Currency::USD);
        let clause = format!("E13 {state}");
        same(&clause, &(usd(disputed), usd(1_500 - disputed)), &(sums.disputed, sums.net));
        same(&clause, &is_active, &story.is_active("E13", 5).await);
        let shown: Vec<_> = books.disputes.iter().map(|dispute| dispute.state).collect();
        same("E13 it is shown", &vec![state], &shown);
    }
    let late = DisputedPayment::new("dp-1", "pay-1", usd(1_500), DisputeState::Won, at(3));
    story.tell("evt-3", vec![EventEffect::Disputed(late)]).await;
    same("E13 the newest word counts", &usd(0), &story.books("E13").await.in_currency(Currency::USD).net);
    story.tell("evt-4", vec![refund(&story, "pay-1", usd(600))]).await;
    let sums = story.books("E13").await.in_currency(Currency::USD);
    same("E13 a refund and a dispute", &(usd(600), usd(900)), &(sums.refunded, sums.disputed));
}

/// E14: the newest state of an agreement counts.
pub(super) async fn e14_the_newest_state_counts(store: &dyn EventStore, seed: &str) {
    use SubscriptionState::{Active, Canceled, PastDue, Trialing};
    let [first, second] = MONTHS;
    let story = Story::new(store, seed, "e14");
    let monthly = |payment: &str, second, amount| {
        let invoice = PaidInvoice::new(story.run, payment, "ent-1", amount, at(second));
        EventEffect::Paid(invoice.with_price("price_1", "pro", BillingInterval::MONTH))
    };
    let change = |state, second| SubscriptionChange::new("ent-1", state, at(second));
    let changes = async |event: &str, change| {
        story.accepts("E14", event, EventEffect::Changed(change)).await;
    };
    changes("evt-1", change(Trialing, 0).with_period_end(at(first))).await;
    holds("E14", !story.is_active("E14", 0).await, "a trial entitles before its invoice");
    story.accepts("E14", "evt-2", monthly("pay-1", 0, usd(0))).await;
    holds("E14", story.is_active("E14", first - 1).await, "a trial does not entitle");
    holds("E14", !story.is_active("E14", first).await, "a trial entitles after its end");
    story.accepts("E14", "evt-3", monthly("pay-2", first, usd(1_500))).await;
    changes("evt-4", change(PastDue, first + 10)).await;
    holds("E14", story.is_active("E14", second - 1).await, "a failed charge ends what is paid for");
    changes("evt-5", change(Canceled, first + 30)).await;
    holds("E14", !story.is_active("E14", first + 40).await, "a cancelled agreement entitles");
    story.tell("evt-6", vec![EventEffect::Changed(change(Active, first + 20))]).await;
    holds("E14", !story.is_active("E14", first + 40).await, "an older state replaces a newer one");
    story.tell("evt-7", vec![EventEffect::Ended(EntitlementEnd::new(None, "ent-1"))]).await;
    let books = story.books("E14").await;
    let shown: Vec<_> = books.entitlements.iter().map(|one| (one.state, one.ended_at)).collect();
    same("E14 the state is shown", &vec![(Some(Canceled), Some(at(first + 30)))], &shown);
    story.accepts("E14", "evt-8", monthly("pay-3", second, usd(1_500))).await;
    holds("E14", story.is_active("E14", second + 1).await, "a later payment does not begin again");
}
