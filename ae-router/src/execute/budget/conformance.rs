//! The contract of [`Budget`].

use ae_core::{
    Currency, ErrorKind, Money,
    conformance::{Ran, both, held, holds, key, refused, same},
};

use crate::Budget;

/// Runs every check. `fresh` makes a budget of the amount that it is given, in US dollars, of which nothing is spent; the
/// budgets need not share keys.
///
/// # Panics
///
/// With the number of the first clause that does not hold.
pub async fn run_all<B: Budget>(fresh: impl AsyncFn(Money) -> B) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_nothing_fits_above_the_limit(&fresh)).await;
    ran.clause("C2", c2_a_key_is_one_reservation(&fresh)).await;
    ran.clause("C3", c3_the_rest_is_freed(&fresh)).await;
    ran.clause("C4", c4_a_higher_cost_is_booked_and_stops(&fresh)).await;
    ran.clause("C5", c5_a_try_ends_once(&fresh)).await;
    ran.clause("C6", c6_left_is_what_fits(&fresh)).await;
    ran.clause("C7", c7_wrong_amounts_are_refused(&fresh)).await;
    ran
}

fn cents(cents: i64) -> Money {
    Money::from_minor(cents, 2, Currency::USD).expect("a small amount")
}

/// The amount left. Every clause reads it; that there is a number is C6.
async fn left(clause: &str, budget: &impl Budget) -> Money {
    let left = held(clause, budget.left().await);
    held("C6", left.ok_or("a budget with a limit has a number left"))
}

async fn c1_nothing_fits_above_the_limit<B: Budget>(fresh: &impl AsyncFn(Money) -> B) {
    let budget = fresh(cents(100)).await;
    held("C1", budget.reserve(&key("c1", 0), cents(60)).await);
    refused("C1", budget.reserve(&key("c1", 1), cents(41)).await, ErrorKind::QuotaExceeded);
    same("C1", &left("C1", &budget).await, &cents(40));
    held("C1: what fits exactly", budget.reserve(&key("c1", 2), cents(40)).await);
    held("C1: nothing always fits", budget.reserve(&key("c1", 3), cents(0)).await);
    held("C1", budget.settle(&key("c1", 0), cents(60)).await);
    refused("C1: costs count", budget.reserve(&key("c1", 4), cents(1)).await, ErrorKind::QuotaExceeded);

    let budget = fresh(cents(100)).await;
    let (a, b) = (key("c1 both", 0), key("c1 both", 1));
    let (one, other) = both(budget.reserve(&a, cents(60)), budget.reserve(&b, cents(60))).await;
    holds("C1", one.is_ok() != other.is_ok(), "of two callers at once that do not both fit, one gets it");
    same("C1", &left("C1", &budget).await, &cents(40));
}

async fn c2_a_key_is_one_reservation<B: Budget>(fresh: &impl AsyncFn(Money) -> B) {
    let budget = fresh(cents(100)).await;
    let key = key("c2", 0);
    held("C2", budget.reserve(&key, cents(30)).await);
    held("C2: the same again", budget.reserve(&key, cents(30)).await);
    same("C2", &left("C2", &budget).await, &cents(70));
    refused("C2", budget.reserve(&key, cents(31)).await, ErrorKind::Conflict);
    same("C2", &left("C2", &budget).await, &cents(70));
}

async fn c3_the_rest_is_freed<B: Budget>(fresh: &impl AsyncFn(Money) -> B) {
    let budget = fresh(cents(100)).await;
    held("C3", budget.reserve(&key("c3", 0), cents(30)).await);
    held("C3", budget.reserve(&key("c3", 1), cents(50)).await);
    held("C3", budget.settle(&key("c3", 0), cents(10)).await);
    same("C3 settle", &left("C3", &budget).await, &cents(40));
    held("C3", budget.release(&key("c3", 1)).await);
    same("C3 release", &left("C3", &budget).await, &cents(90));
}

async fn c4_a_higher_cost_is_booked_and_stops<B: Budget>(fresh: &impl AsyncFn(Money) -> B) {
    let budget = fresh(cents(100)).await;
    held("C4", budget.reserve(&key("c4", 0), cents(30)).await);
    held("C4", budget.settle(&key("c4", 0), cents(45)).await);
    same("C4", &left("C4", &budget).await, &cents(55));
    held("C4", budget.reserve(&key("c4", 1), cents(50)).await);
    held("C4", budget.settle(&key("c4", 1), cents(80)).await);
    let next = budget.reserve(&key("c4", 2), cents(1)).await;
    refused("C4: the next call stops", next, ErrorKind::QuotaExceeded);
}

async fn c5_a_try_ends_once<B: Budget>(fresh: &impl AsyncFn(Money) -> B) {
    let budget = fresh(cents(100)).await;
    let (settled, released, unknown) = (key("c5", 0), key("c5", 1), key("c5", 2));
    for key in [&settled, &released] {
        held("C5", budget.reserve(key, cents(30)).await);
    }
    for time in ["C5", "C5: the same again"] {
        held(time, budget.settle(&settled, cents(10)).await);
        held(time, budget.release(&released).await);
        same(time, &left(time, &budget).await, &cents(90));
    }
    refused("C5: another cost", budget.settle(&settled, cents(11)).await, ErrorKind::Conflict);
    refused("C5: another end", budget.release(&settled).await, ErrorKind::Conflict);
    refused("C5: another end", budget.settle(&released, cents(0)).await, ErrorKind::Conflict);
    for key in [&settled, &released] {
        refused("C5: a key of the past", budget.reserve(key, cents(30)).await, ErrorKind::Conflict);
    }
    refused("C5: never reserved", budget.settle(&unknown, cents(1)).await, ErrorKind::NotFound);
    refused("C5: never reserved", budget.release(&unknown).await, ErrorKind::NotFound);
    same("C5", &left("C5", &budget).await, &cents(90));
}

async fn c6_left_is_what_fits<B: Budget>(fresh: &impl AsyncFn(Money) -> B) {
    let budget = fresh(cents(100)).await;
    same("C6", &left("C6", &budget).await, &cents(100));
    held("C6", budget.reserve(&key("c6", 0), cents(20)).await);
    held("C6", budget.settle(&key("c6", 0), cents(130)).await);
    same("C6: never below zero", &left("C6", &budget).await, &cents(0));
    let empty = fresh(cents(0)).await;
    same("C6: zero is nothing to spend", &left("C6", &empty).await, &cents(0));
}

async fn c7_wrong_amounts_are_refused<B: Budget>(fresh: &impl AsyncFn(Money) -> B) {
    let budget = fresh(cents(100)).await;
    let euro = Money::from_minor(1, 2, Currency::EUR).expect("a small amount");
    let key = key("c7", 0);
    for wrong in [cents(-1), euro] {
        refused("C7", budget.reserve(&key, wrong).await, ErrorKind::InvalidInput);
    }
    held("C7: the key stays free", budget.reserve(&key, cents(10)).await);
    for wrong in [cents(-1), euro] {
        refused("C7", budget.settle(&key, wrong).await, ErrorKind::InvalidInput);
    }
    held("C7: the try is open", budget.settle(&key, cents(10)).await);
    same("C7", &left("C7", &budget).await, &cents(90));
}
