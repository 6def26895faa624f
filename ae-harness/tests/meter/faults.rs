//! The contract of meters: the budget in memory keeps it, and one wrong meter for each clause is caught by its number.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use ae_core::{
    BackendError, ErrorKind, IdempotencyKey, Money, TokenUsage,
    conformance::{self, faults},
};
use ae_harness::{BudgetMeter, CallAnswer, Meter, ModelCall, ModelPrice, conformance::meter as suite};
use async_trait::async_trait;

use crate::fixture::usd;

/// A meter that breaks one clause and keeps the others.
#[derive(Debug)]
struct Wrong {
    inner: BudgetMeter,
    breaks: &'static str,
    keys: AtomicU32,
}

impl Wrong {
    fn breaks(&self, clause: &str) -> bool {
        self.breaks == clause
    }
}

fn meter() -> BudgetMeter {
    BudgetMeter::new(usd("1")).with_price("sonnet", ModelPrice::per_million(usd("3"), usd("15")))
}

fn model_call() -> ModelCall {
    ModelCall::new("anthropic_messages", "sonnet", 20_000).with_output_tokens_max(8_000)
}

#[async_trait]
impl Meter for Wrong {
    async fn reserve(&self, key: &IdempotencyKey, call: &ModelCall) -> Result<Option<Money>, BackendError> {
        let mut call = call.clone();
        if self.breaks("C2") {
            (call.model, call.other_models) = (model_call().model, Vec::new());
        }
        let fresh = conformance::key("fresh", self.keys.fetch_add(1, Ordering::SeqCst));
        let key = if self.breaks("C3") { &fresh } else { key };
        match self.inner.reserve(key, &call).await {
            Err(error) if error.kind() == ErrorKind::QuotaExceeded && self.breaks("C1") => Ok(None),
            answer => answer,
        }
    }

    async fn settle(&self, key: &IdempotencyKey, answer: &CallAnswer) -> Result<Option<Money>, BackendError> {
        let is_much = answer.usage.is_some_and(|usage| usage.input > 1_000_000);
        let lost = CallAnswer::new();
        let free = CallAnswer::new().with_usage(TokenUsage::new(0, 0));
        let answer = match answer.usage {
            Some(_) if self.breaks("C4") || is_much && self.breaks("C7") => &lost,
            None if self.breaks("C5") => &free,
            _ => answer,
        };
        self.inner.settle(key, answer).await
    }

    async fn void(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        if self.breaks("C6") {
            return self.inner.settle(key, &CallAnswer::new()).await.map(drop);
        }
        let ended = self.inner.void(key).await;
        if self.breaks("C8") { Ok(()) } else { ended }
    }
}

#[tokio::test]
async fn a_budget_in_memory_keeps_the_contract_behind_pointers_too() {
    let make = || -> Box<dyn Meter> { Box::new(Arc::new(meter())) };
    let ran = suite::run_all(make, &model_call()).await;
    assert_eq!(ran.passed.len(), 8, "{ran:?}");
}

#[tokio::test]
async fn wrong_meters_are_caught() {
    let run = |breaks: &'static str| async move {
        let make = || Wrong { inner: meter(), breaks, keys: AtomicU32::new(0) };
        suite::run_all(make, &model_call()).await
    };
    let ran = run("nothing").await;
    let clauses = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"];
    faults(&ran, clauses.map(|clause| (clause, clause)), run).await;
}
