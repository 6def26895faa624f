//! The budget in memory, against the contract and against a simple model.

use std::{collections::BTreeMap, sync::Arc};

use ae_core::{BackendError, Currency, Digest, ErrorKind, IdempotencyKey, Money, RunId};
use ae_router::{Budget, MemoryBudget, conformance};
use proptest::prelude::*;

#[tokio::test]
async fn the_budget_in_memory_keeps_the_contract() {
    conformance::budget::run_all(async |limit| MemoryBudget::new(limit)).await;
    conformance::budget::run_all(async |limit| Arc::new(MemoryBudget::new(limit))).await;
    let boxed = async |limit| {
        let budget: Box<dyn Budget> = Box::new(MemoryBudget::new(limit));
        budget
    };
    conformance::budget::run_all(boxed).await;
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Reserve(u32, i64),
    Settle(u32, i64),
    Release(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let (key, cents) = (0_u32..6, 0_i64..40);
    prop_oneof![
        (key.clone(), cents.clone()).prop_map(|(key, cents)| Step::Reserve(key, cents)),
        (key.clone(), cents).prop_map(|(key, cents)| Step::Settle(key, cents)),
        key.prop_map(Step::Release),
    ]
}

/// The books as a list of keys, in cents.
#[derive(Debug, Default)]
struct Model(BTreeMap<u32, (i64, Option<Option<i64>>)>);

impl Model {
    const LIMIT: i64 = 100;

    fn taken(&self) -> i64 {
        self.0.values().map(|(most, end)| end.map_or(*most, Option::unwrap_or_default)).sum()
    }

    fn run(&mut self, step: Step) -> Result<(), ErrorKind> {
        let (key, end) = match step {
            Step::Reserve(key, cents) => {
                return match self.0.get(&key) {
                    Some((most, None)) if *most == cents => Ok(()),
                    Some(_) => Err(ErrorKind::Conflict),
                    None if self.taken() + cents > Self::LIMIT => Err(ErrorKind::QuotaExceeded),
                    None => {
                        self.0.insert(key, (cents, None));
                        Ok(())
                    }
                };
            }
            Step::Settle(key, cents) => (key, Some(cents)),
            Step::Release(key) => (key, None),
        };
        match self.0.get_mut(&key) {
            None => Err(ErrorKind::NotFound),
            Some((_, ended @ None)) => {
                *ended = Some(end);
                Ok(())
            }
            Some((_, Some(before))) if *before == end => Ok(()),
            Some(_) => Err(ErrorKind::Conflict),
        }
    }
}

fn cents(cents: i64) -> Money {
    Money::from_minor(cents, 2, Currency::USD).unwrap()
}

async fn run(budget: &MemoryBudget, step: Step) -> Result<(), BackendError> {
    let run = RunId::from_digest(&Digest::of_bytes("test", b"model"));
    let key = |number| IdempotencyKey::derive(run, "t", "call", number);
    match step {
        Step::Reserve(number, amount) => budget.reserve(&key(number), cents(amount)).await,
        Step::Settle(number, amount) => budget.settle(&key(number), cents(amount)).await,
        Step::Release(number) => budget.release(&key(number)).await,
    }
}

proptest! {
    #[test]
    fn any_sequence_is_that_of_the_model(steps in prop::collection::vec(step(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (budget, mut model) = (MemoryBudget::new(cents(Model::LIMIT)), Model::default());
        for step in steps {
            let expected = model.run(step);
            let got = runtime.block_on(run(&budget, step)).map_err(|error| error.kind());
            prop_assert_eq!(got, expected, "{:?}", step);
            let left = (Model::LIMIT - model.taken()).max(0);
            prop_assert_eq!(runtime.block_on(budget.left()).unwrap(), Some(cents(left)));
        }
    }
}
