//! The contract of [`Entitlements`] as checks.

use ae_core::{
    BillingInterval, ErrorKind,
    conformance::{Ran, held, holds, refused, same},
};

use crate::{
    EntitlementEnd, Entitlements, EventEffect, EventStore, OrderId, PaidInvoice,
    books::conformance::{Story, at, invoice, usd},
};

/// Runs every check of [`Entitlements`] that answer from the books of `store`. `seed` keeps this pass apart from others on
/// the same store.
///
/// # Panics
///
/// When a clause does not hold; the message begins with its number.
pub async fn run_entitlements(store: &dyn EventStore, entitlements: &dyn Entitlements, seed: &str) -> Ran {
    let mut ran = Ran::default();
    ran.clause("A1", a1_an_order_has_its_entitlement(store, entitlements, seed)).await;
    ran.clause("A2", a2_pages_give_each_once(store, entitlements, seed)).await;
    ran.clause("A3", a3_customers_are_kept_apart(store, entitlements, seed)).await;
    ran.clause("A4", a4_all_say_the_same(store, entitlements, seed)).await;
    ran.clause("A5", a5_unknown_prices_entitle_to_nothing(store, entitlements, seed)).await;
    ran
}

/// A payment of the customer `CUST-n` for the agreement `ent-n`, made in second `n`.
fn bought(story: &Story<'_>, number: i64) -> PaidInvoice {
    PaidInvoice {
        entitlement: format!("ent-{number}"),
        customer: format!("CUST-{number}"),
        paid_at: at(number),
        ..invoice(story, &format!("pay-{number}"), usd(1_500))
    }
    .with_price("price_1", "pro", BillingInterval::MONTH)
}

async fn sold(story: &Story<'_>, number: i64) {
    story.accepts("setup", &format!("evt-{number}"), EventEffect::Paid(bought(story, number))).await;
}

fn order(story: &Story<'_>, number: i64) -> OrderId {
    OrderId::of_entitlement(&format!("{}:ent-{number}", story.provider))
}

/// A1: the entitlement of an order, those that ended included.
async fn a1_an_order_has_its_entitlement(
    store: &dyn EventStore,
    entitlements: &dyn Entitlements,
    seed: &str,
) {
    let story = Story::new(store, seed, "a1");
    let order = order(&story, 1);
    let nothing = held("A1", entitlements.of_order(&order).await);
    holds("A1", nothing.is_none(), "an order entitles before it is paid");
    sold(&story, 1).await;
    sold(&story, 2).await;
    let access = held("A1", held("A1", entitlements.of_order(&order).await).ok_or("it is missing"));
    same("A1 it is the order's", &(order.clone(), "CUST-1"), &(access.order(), &*access.customer));
    holds("A1", access.is_active(at(2)), "what is paid for does not entitle");
    story.tell("end", vec![EventEffect::Ended(EntitlementEnd::new(None, "ent-1"))]).await;
    // An end before the payment leaves it, so the end is stated by its state, later.
    let mut end = crate::SubscriptionChange::new("ent-1", crate::SubscriptionState::Canceled, at(3));
    end.run = Some(story.run);
    story.tell("end-2", vec![EventEffect::Changed(end)]).await;
    let access =
        held("A1", held("A1 after the end", entitlements.of_order(&order).await).ok_or("it is missing"));
    same("A1 it has ended", &Some(at(3)), &access.ended_at);
}

/// A2: each entitlement of the run once over all pages, oldest first.
async fn a2_pages_give_each_once(store: &dyn EventStore, entitlements: &dyn Entitlements, seed: &str) {
    let story = Story::new(store, seed, "a2");
    for number in [3, 1, 5, 2, 4] {
        sold(&story, number).await;
    }
    sold(&Story::new(store, seed, "a2-other"), 6).await;
    let (mut customers, mut after) = (Vec::new(), None);
    loop {
        let page = held("A2", entitlements.of_run(story.run, after.take(), 2).await);
        holds("A2", page.items.len() <= 2, "a page is larger than its limit");
        customers.extend(page.items.into_iter().map(|one| one.customer));
        match page.next {
            Some(next) if customers.len() <= 5 => after = Some(next),
            _ => break,
        }
    }
    let expected: Vec<_> = (1..=5).map(|number| format!("CUST-{number}")).collect();
    same("A2 each once, oldest first", &expected, &customers);
    for limit in [0, 101] {
        let answer = entitlements.of_run(story.run, None, limit).await;
        refused("A2 the size of a page", answer, ErrorKind::InvalidInput);
    }
    let answer = entitlements.of_run(story.run, Some("no such marker".to_owned()), 2).await;
    refused("A2 a marker of another list", answer, ErrorKind::InvalidInput);
}

/// A3: what one customer of one provider is entitled to, over all runs.
async fn a3_customers_are_kept_apart(store: &dyn EventStore, entitlements: &dyn Entitlements, seed: &str) {
    let (story, other) = (Story::new(store, seed, "a3"), Story::new(store, seed, "a3-other"));
    for number in [1, 2] {
        sold(&story, number).await;
        sold(&other, number).await;
    }
    let second = PaidInvoice { run: Some(other.run), customer: "CUST-1".into(), ..bought(&story, 7) };
    story.accepts("A3", "evt-7", EventEffect::Paid(second)).await;
    let access = held("A3", entitlements.of_customer(&story.provider, "CUST-1").await);
    let ids: Vec<_> = access.iter().map(|one| one.id.clone()).collect();
    let own = |number| format!("{}:ent-{number}", story.provider);
    same("A3 of both runs, and of no other", &vec![own(1), own(7)], &ids);
    let nothing = held("A3", entitlements.of_customer(&story.provider, "CUST-3").await);
    holds("A3", nothing.is_empty(), "a customer who bought nothing is entitled");
}

/// A4: all calls say the same as the books.
async fn a4_all_say_the_same(store: &dyn EventStore, entitlements: &dyn Entitlements, seed: &str) {
    let story = Story::new(store, seed, "a4");
    sold(&story, 1).await;
    sold(&story, 2).await;
    let back = crate::RefundedPayment::new(None, "pay-2", usd(1_500), at(9));
    story.accepts("A4", "refund", EventEffect::Refunded(back)).await;
    let books = story.books("A4").await.entitlements;
    same("A4 there are two", &2, &books.len());
    let page = held("A4", entitlements.of_run(story.run, None, 100).await);
    same("A4 of the run", &books, &page.items);
    for one in &books {
        let of_order = held("A4", entitlements.of_order(&one.order()).await);
        same("A4 of the order", &Some(one), &of_order.as_ref());
        let of_customer = held("A4", entitlements.of_customer(&story.provider, &one.customer).await);
        same("A4 of the customer", &vec![one.clone()], &of_customer);
    }
}

/// A5: what belongs to no known run entitles to nothing, until its price is put on sale.
async fn a5_unknown_prices_entitle_to_nothing(
    store: &dyn EventStore,
    entitlements: &dyn Entitlements,
    seed: &str,
) {
    let story = Story::new(store, seed, "a5");
    let nameless = PaidInvoice { run: None, ..bought(&story, 1) };
    story.accepts("A5", "evt-1", EventEffect::Paid(nameless)).await;
    for is_known in [false, true] {
        if is_known {
            story.sells("A5", "price_1").await;
        }
        let of_order = held("A5", entitlements.of_order(&order(&story, 1)).await).is_some();
        let of_customer = held("A5", entitlements.of_customer(&story.provider, "CUST-1").await).len();
        let of_run = held("A5", entitlements.of_run(story.run, None, 1).await).items.len();
        let expected = (is_known, usize::from(is_known), usize::from(is_known));
        same("A5", &expected, &(of_order, of_customer, of_run));
    }
}
