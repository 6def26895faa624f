//! E5 to E7 and E9: what came in, what went back, and what it pays for.

use ae_core::{
    BillingInterval, Currency, Timestamp,
    conformance::{held, holds, same},
};

use super::story::{Story, at, failed, invoice, money, paid, refund, usd};
use crate::{CurrencyRevenue, EventEffect, EventStore, PaidInvoice, RefundedPayment};

/// E5: money is booked in the currency in which it came in; a payment of zero entitles.
pub(super) async fn e5_money_is_booked_in_its_currency(store: &dyn EventStore, seed: &str) {
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
pub(super) async fn e6_refunds_reduce_revenue(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e6");
    story.accepts("E6", "evt-1", paid(&story, "pay-1", usd(1_500))).await;
    for (event, minor, net, is_active) in
        [("evt-2", 500, 1_000, true), ("evt-3", 1_500, 0, false), ("evt-4", 500, 0, false)]
    {
        let effect = refund(&story, "pay-1", usd(minor));
        story.tell(event, vec![effect]).await;
        let books = story.books("E6").await;
        let sums = books.in_currency(Currency::USD);
        same("E6 what is left", &(usd(1_500), usd(net)), &(sums.gross, sums.net));
        let active = books.entitlements.iter().any(|one| one.is_active(Timestamp::UNIX_EPOCH));
        same("E6 a full refund ends the entitlement", &is_active, &active);
    }
    let single = |payment: &str, refund: &str, amount, second| {
        let fact = RefundedPayment::new(story.run, payment, amount, at(second)).with_refund(refund);
        EventEffect::Refunded(fact)
    };
    let euro = money(100, 2, "EUR");
    let second = PaidInvoice { entitlement: "ent-2".into(), ..invoice(&story, "pay-2", usd(900)) };
    story.accepts("E6", "evt-5", EventEffect::Paid(second)).await;
    for (event, effect, net) in [
        ("evt-6", single("pay-2", "re-1", usd(200), 1), 700),
        ("evt-7", single("pay-2", "re-2", usd(300), 2), 400),
        ("evt-8", single("pay-2", "re-1", usd(0), 3), 600),
        ("evt-9", single("pay-2", "re-3", euro, 4), 600),
    ] {
        story.accepts("E6 a single refund", event, effect).await;
        let net_now = story.books("E6").await.in_currency(Currency::USD).net;
        same("E6 single refunds add up, and the newest word on each counts", &usd(net), &net_now);
    }
    let other = story.books("E6").await.in_currency(Currency::EUR);
    same("E6 a refund in another currency counts in its own", &euro, &other.refunded);
}

/// E7: a payment that failed is shown until it comes in.
pub(super) async fn e7_a_failure_is_shown_until_it_is_paid(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e7");
    story.accepts("E7 a failure", "evt-1", failed(&story, "pay-1")).await;
    let shown = story.books("E7").await;
    same("E7 it is shown", &1, &shown.failed.len());
    same("E7 it is not revenue", &0, &shown.payments());
    story.accepts("E7 a later success", "evt-2", paid(&story, "pay-1", usd(1_500))).await;
    same("E7 it is paid", &0, &story.books("E7").await.failed.len());
}

/// E9: an entitlement names its latest payment that did not go back.
pub(super) async fn e9_an_entitlement_names_its_latest_payment(store: &dyn EventStore, seed: &str) {
    let story = Story::new(store, seed, "e9");
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
        story.tell("evt-3", vec![refund(&story, "pay-2", usd(1_500))]).await;
    }
    let books = story.books("E9").await;
    let is_cut = books.entitlements.first().is_some_and(|one| one.paid_until < one.bought_until);
    holds("E9", is_cut, "a payment that went back still pays");
}
