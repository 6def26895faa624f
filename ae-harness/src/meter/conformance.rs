//! The clauses of [`Meter`].
#![allow(clippy::panic, reason = "a failed check is a panic that names its clause")]

use ae_core::{
    ErrorKind, IdempotencyKey, Money, TokenUsage,
    conformance::{Ran, both, held, holds, key, refused, same},
};

use super::{CallAnswer, Meter, ModelCall};

/// The most calls that a suite makes to use up a budget.
const CALLS_MAX: u32 = 200;

/// More tokens than any model takes or gives.
const MANY_TOKENS: u64 = 100_000_000;

/// Runs every clause. `make` gives a fresh meter whose budget holds at least 3 and fewer than 200 calls like `call`, whose
/// model has a price.
pub async fn run_all<M: Meter>(make: impl Fn() -> M, call: &ModelCall) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_the_budget_is_never_exceeded(&make, call)).await;
    ran.clause("C2", c2_a_model_without_a_price_is_refused(&make(), call)).await;
    ran.clause("C3", c3_a_key_is_for_one_call(&make, call)).await;
    ran.clause("C4", c4_a_stated_usage_frees_the_rest(&make(), call)).await;
    ran.clause("C5", c5_unknown_usage_costs_the_whole_reservation(&make(), call)).await;
    ran.clause("C6", c6_a_void_call_costs_nothing(&make(), call)).await;
    ran.clause("C7", c7_a_cost_above_its_reservation_is_booked(&make(), call)).await;
    ran.clause("C8", c8_a_call_ends_once(&make(), call)).await;
    ran
}

/// Reserves until the budget is used up, and gives the keys of what was reserved.
async fn fill(clause: &'static str, meter: &dyn Meter, call: &ModelCall) -> Vec<IdempotencyKey> {
    let mut reserved = Vec::new();
    for sequence in 0..CALLS_MAX {
        let key = key(clause, sequence);
        match meter.reserve(&key, call).await {
            Ok(_) => reserved.push(key),
            refusal => {
                refused(clause, refusal, ErrorKind::QuotaExceeded);
                return reserved;
            }
        }
    }
    panic!("{clause}: {CALLS_MAX} calls fit into the budget");
}

fn priced(clause: &'static str, amount: Option<Money>) -> Money {
    amount.unwrap_or_else(|| panic!("{clause}: the amount was not measured"))
}

fn free() -> CallAnswer {
    CallAnswer::new().with_usage(TokenUsage::new(0, 0))
}

/// Whether exactly `more` further calls fit.
async fn room(clause: &'static str, meter: &dyn Meter, call: &ModelCall, more: u32) {
    for sequence in 0..more {
        held(clause, meter.reserve(&key(clause, 1_000 + sequence), call).await);
    }
    refused(clause, meter.reserve(&key(clause, 2_000), call).await, ErrorKind::QuotaExceeded);
}

async fn c1_the_budget_is_never_exceeded<M: Meter>(make: &impl Fn() -> M, call: &ModelCall) {
    let meter = make();
    let alone = fill("C1", &meter, call).await.len();
    holds("C1", alone > 2, "fewer than three calls fit into the budget");
    let meter = make();
    // Two callers at once get together what one alone gets.
    let share = |place: &'static str| {
        let meter = &meter;
        async move {
            let mut got = 0_usize;
            for sequence in 0..CALLS_MAX {
                got += usize::from(meter.reserve(&key(place, sequence), call).await.is_ok());
            }
            got
        }
    };
    let (one, other) = both(share("C1 one"), share("C1 other")).await;
    same("C1: two callers", &(one + other), &alone);
    let zero = priced("C1", held("C1", make().reserve(&key("C1", 0), call).await));
    holds("C1", !zero.is_zero() && !zero.is_negative(), "a call with a price has a reservation of nothing");
}

async fn c2_a_model_without_a_price_is_refused(meter: &dyn Meter, call: &ModelCall) {
    let mut other = call.clone();
    other.model = "a-model-that-no-vendor-has".to_owned();
    refused("C2", meter.reserve(&key("C2", 0), &other).await, ErrorKind::NotFound);
    let fallback = call.clone().with_other_models(vec![other.model]);
    refused("C2", meter.reserve(&key("C2", 1), &fallback).await, ErrorKind::NotFound);
}

async fn c3_a_key_is_for_one_call<M: Meter>(make: &impl Fn() -> M, call: &ModelCall) {
    let alone = fill("C3", &make(), call).await.len();
    let meter = make();
    let first = key("C3", 0);
    let aside = held("C3", meter.reserve(&first, call).await);
    same("C3: the repeat", &held("C3", meter.reserve(&first, call).await), &aside);
    let mut larger = call.clone();
    larger.input_bytes = larger.input_bytes.saturating_add(1);
    refused("C3", meter.reserve(&first, &larger).await, ErrorKind::Conflict);
    // The first key is asked for once more here, and sets nothing more aside.
    same("C3: calls that fit", &fill("C3", &meter, call).await.len(), &alone);
}

async fn c4_a_stated_usage_frees_the_rest(meter: &dyn Meter, call: &ModelCall) {
    let reserved = fill("C4", meter, call).await;
    let [first, second, ..] = reserved.as_slice() else { panic!("C4: no two calls fit into the budget") };
    let cost = priced("C4", held("C4", meter.settle(first, &free()).await));
    holds("C4", cost.is_zero(), "no tokens cost something");
    let some = CallAnswer::new().with_usage(TokenUsage::new(1, 1));
    let cost = priced("C4", held("C4", meter.settle(second, &some).await));
    holds("C4", !cost.is_zero(), "tokens cost nothing");
    let aside = priced("C4", held("C4", meter.reserve(&key("C4", 500), call).await));
    holds("C4", aside.exceeds(cost).unwrap_or(false), "two tokens cost as much as the whole call");
}

async fn c5_unknown_usage_costs_the_whole_reservation(meter: &dyn Meter, call: &ModelCall) {
    let reserved = fill("C5", meter, call).await;
    let Some(first) = reserved.first() else { panic!("C5: no call fits into the budget") };
    let aside = held("C5", meter.reserve(first, call).await);
    let cost = held("C5", meter.settle(first, &CallAnswer::new()).await);
    same("C5: the cost", &cost, &aside);
    room("C5", meter, call, 0).await;
}

async fn c6_a_void_call_costs_nothing(meter: &dyn Meter, call: &ModelCall) {
    let reserved = fill("C6", meter, call).await;
    for key in reserved.iter().take(2) {
        held("C6", meter.void(key).await);
    }
    room("C6", meter, call, 2).await;
}

async fn c7_a_cost_above_its_reservation_is_booked(meter: &dyn Meter, call: &ModelCall) {
    let reserved = fill("C7", meter, call).await;
    let Some((first, rest)) = reserved.split_first() else { panic!("C7: no call fits into the budget") };
    let aside = priced("C7", held("C7", meter.reserve(first, call).await));
    let much = CallAnswer::new().with_usage(TokenUsage::new(MANY_TOKENS, MANY_TOKENS));
    let cost = priced("C7", held("C7", meter.settle(first, &much).await));
    holds("C7", cost.exceeds(aside).unwrap_or(false), "the cost was cut");
    // It took from the budget, too: less fits than beside a call that cost what was set aside.
    let mut fits = 0;
    for (sequence, place) in (1_000..).zip(rest) {
        held("C7", meter.void(place).await);
        fits += usize::from(meter.reserve(&key("C7", sequence), call).await.is_ok());
    }
    holds("C7", fits < rest.len(), "the budget does not know of the cost");
}

async fn c8_a_call_ends_once(meter: &dyn Meter, call: &ModelCall) {
    let (settled, voided) = (key("C8", 0), key("C8", 1));
    for key in [&settled, &voided] {
        held("C8", meter.reserve(key, call).await);
    }
    let answer = CallAnswer::new().with_usage(TokenUsage::new(1, 1));
    let cost = held("C8", meter.settle(&settled, &answer).await);
    same("C8: the same answer", &held("C8", meter.settle(&settled, &answer).await), &cost);
    refused("C8", meter.settle(&settled, &free()).await, ErrorKind::Conflict);
    refused("C8", meter.void(&settled).await, ErrorKind::Conflict);
    for _ in 0..2 {
        held("C8", meter.void(&voided).await);
    }
    refused("C8", meter.settle(&voided, &answer).await, ErrorKind::Conflict);
    refused("C8", meter.settle(&key("C8", 2), &answer).await, ErrorKind::NotFound);
    refused("C8", meter.void(&key("C8", 2)).await, ErrorKind::NotFound);
    for key in [&settled, &voided] {
        refused("C8", meter.reserve(key, call).await, ErrorKind::Conflict);
    }
}
