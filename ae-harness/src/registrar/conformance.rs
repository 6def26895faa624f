//! The clauses of [`Registrar`]. They buy: run them against a test account only.
#![allow(clippy::panic, reason = "a failed check is a panic that names its clause")]

use ae_core::{
    ErrorKind,
    conformance::{Ran, held, holds, key, refused, same},
};

use super::{Availability, Domain, Order, Registrar};

/// Runs every clause; `one` and `two` are names that can be bought.
pub async fn run_all(registrar: &dyn Registrar, one: &Domain, two: &Domain) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_looking_buys_nothing(registrar, one, two)).await;
    ran.clause("C2", c2_quoting_buys_nothing(registrar, one)).await;
    ran.clause("C3", c3_another_price_is_refused(registrar, one)).await;
    // A name can't be given back, so one purchase serves three clauses.
    let mut bought = None;
    ran.clause("C4", async { bought = Some(c4_buying_happens_once(registrar, one, two).await) }).await;
    if let Some(order) = bought {
        ran.clause("C5", c5_a_domain_bought_is_taken(registrar, &order)).await;
        ran.clause("C6", c6_orders_are_found(registrar, &order)).await;
    }
    ran
}

async fn is_taken(clause: &str, registrar: &dyn Registrar, domain: &Domain) -> bool {
    held(clause, registrar.search(std::slice::from_ref(domain)).await) == [Availability::Taken]
}

async fn c1_looking_buys_nothing(registrar: &dyn Registrar, one: &Domain, two: &Domain) {
    for _ in 0..2 {
        let found = held("C1", registrar.search(&[two.clone(), one.clone()]).await);
        same("C1: an answer for every name", &found.len(), &2);
        holds("C1", !found.contains(&Availability::Taken), "looking bought a name");
    }
}

async fn c2_quoting_buys_nothing(registrar: &dyn Registrar, one: &Domain) {
    let quote = held("C2", registrar.quote(one, 2).await);
    same("C2: the quote", &(&quote.domain, quote.years), &(one, 2));
    holds("C2", !is_taken("C2", registrar, one).await, "quoting bought the name");
    for years in [0, 11] {
        refused("C2", registrar.quote(one, years).await, ErrorKind::InvalidInput);
    }
}

async fn c3_another_price_is_refused(registrar: &dyn Registrar, one: &Domain) {
    let mut quote = held("C3", registrar.quote(one, 1).await);
    quote.price = held("C3", registrar.quote(one, 2).await).price;
    refused("C3", registrar.buy(&key("C3", 0), &quote).await, ErrorKind::Conflict);
    holds("C3", !is_taken("C3", registrar, one).await, "a refusal bought the name");
}

async fn c4_buying_happens_once(registrar: &dyn Registrar, one: &Domain, two: &Domain) -> Order {
    let quote = held("C4", registrar.quote(one, 1).await);
    let other = held("C4", registrar.quote(two, 1).await);
    let order = held("C4", registrar.buy(&key("C4", 0), &quote).await);
    same("C4: the order", &(&order.domain, order.price), &(one, quote.price));
    let again = held("C4", registrar.buy(&key("C4", 0), &quote).await);
    same("C4: the same order", &again, &order);
    refused("C4", registrar.buy(&key("C4", 0), &other).await, ErrorKind::Conflict);
    refused("C4", registrar.buy(&key("C4", 1), &quote).await, ErrorKind::Conflict);
    order
}

async fn c5_a_domain_bought_is_taken(registrar: &dyn Registrar, order: &Order) {
    holds("C5", !order.auto_renew, "it renews by itself");
    holds("C5", is_taken("C5", registrar, &order.domain).await, "it is not taken");
    refused("C5", registrar.quote(&order.domain, 1).await, ErrorKind::Conflict);
}

async fn c6_orders_are_found(registrar: &dyn Registrar, order: &Order) {
    same("C6: found by id", &held("C6", registrar.order(&order.id).await), order);
    refused("C6", registrar.order("no-such-order").await, ErrorKind::NotFound);
}
