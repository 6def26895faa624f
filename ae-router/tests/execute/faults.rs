//! Each clause of `Budget` can fail: one wrong backend a clause, caught by its number.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ae_core::{BackendError, Currency, ErrorKind, IdempotencyKey, Money, conformance::faults};
use ae_router::{Budget, MemoryBudget, conformance};
use async_trait::async_trait;

/// A budget that breaks one clause.
#[derive(Debug)]
struct WrongBudget {
    breaks: &'static str,
    /// Without a limit in effect where the limit is what is broken.
    inner: MemoryBudget,
    room: Money,
    reserved: Mutex<HashMap<IdempotencyKey, Money>>,
}

const WIDE: i64 = 100_000;

fn cents(cents: i64) -> Money {
    Money::from_minor(cents, 2, Currency::USD).unwrap()
}

fn refused(kind: ErrorKind) -> Result<(), BackendError> {
    Err(BackendError::new(kind, "wrong-budget", "test", "no"))
}

impl WrongBudget {
    fn new(breaks: &'static str, limit: Money) -> Self {
        let wide = breaks.starts_with("C1");
        let inner = MemoryBudget::new(if wide { cents(WIDE) } else { limit });
        let room = if wide { cents(WIDE).checked_sub(limit).unwrap() } else { cents(0) };
        Self { breaks, inner, room, reserved: Mutex::default() }
    }

    fn most(&self, key: &IdempotencyKey) -> Option<Money> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    async fn has_room(&self, most: Money) -> bool {
        !most.exceeds(self.left().await.unwrap().unwrap()).unwrap()
    }
}

#[async_trait]
impl Budget for WrongBudget {
    async fn reserve(&self, key: &IdempotencyKey, most: Money) -> Result<(), BackendError> {
        let known = self.most(key);
        match self.breaks {
            "C1 race" => {
                let fits = self.has_room(most).await;
                tokio::task::yield_now().await;
                if !fits {
                    return refused(ErrorKind::QuotaExceeded);
                }
            }
            "C2 again" if known.is_some() => return refused(ErrorKind::Conflict),
            "C2 amount" if known.is_some_and(|before| before != most) => return Ok(()),
            "C7 sign" if most.is_negative() => return Ok(()),
            "C7 currency" if most.currency() != Currency::USD => return Ok(()),
            _ => {}
        }
        match self.inner.reserve(key, most).await {
            Err(_) if self.breaks == "C5 past" && known == Some(most) => return Ok(()),
            other => other?,
        }
        self.reserved.lock().unwrap().insert(key.clone(), most);
        Ok(())
    }

    async fn settle(&self, key: &IdempotencyKey, cost: Money) -> Result<(), BackendError> {
        let known = self.most(key);
        match (self.breaks, known) {
            ("C3 settle", Some(most)) => return self.inner.settle(key, most).await,
            ("C4", Some(most)) if cost.exceeds(most).unwrap() => return self.inner.settle(key, most).await,
            ("C5 unknown", None) => return Ok(()),
            ("C7 settle", _) if cost.is_negative() => return Ok(()),
            _ => {}
        }
        match self.inner.settle(key, cost).await {
            Err(error) if error.kind() == ErrorKind::Conflict && self.breaks == "C5 other" => Ok(()),
            Ok(()) if self.breaks == "C5 again" => {
                // Forgets nothing, and takes a repeat for another end.
                let twice = self.reserved.lock().unwrap().insert(key.clone(), cents(0)) == Some(cents(0));
                if twice { refused(ErrorKind::Conflict) } else { Ok(()) }
            }
            other => other,
        }
    }

    async fn release(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        match (self.breaks, self.most(key)) {
            ("C3 release", Some(most)) => self.inner.settle(key, most).await,
            _ => self.inner.release(key).await,
        }
    }

    async fn left(&self) -> Result<Option<Money>, BackendError> {
        let left = self.inner.left().await?.unwrap().checked_sub(self.room).unwrap();
        let left = if left.is_negative() { cents(0) } else { left };
        Ok(match self.breaks {
            "C6 none" => None,
            "C6 zero" if left.is_zero() => Some(cents(1)),
            _ => Some(left),
        })
    }
}

#[tokio::test]
async fn a_budget_that_breaks_a_clause_is_caught_by_its_number() {
    let ran = conformance::budget::run_all(async |limit| MemoryBudget::new(limit)).await;
    let wrong = [
        "C1 limit",
        "C1 race",
        "C2 again",
        "C2 amount",
        "C3 settle",
        "C3 release",
        "C4",
        "C5 again",
        "C5 other",
        "C5 past",
        "C5 unknown",
        "C6 none",
        "C6 zero",
        "C7 sign",
        "C7 currency",
        "C7 settle",
    ]
    .map(|breaks| (&breaks[..2], breaks));
    let suite =
        async |breaks| conformance::budget::run_all(async |limit| WrongBudget::new(breaks, limit)).await;
    faults(&ran, wrong, suite).await;
}
