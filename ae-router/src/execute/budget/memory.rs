//! A budget in memory.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Money};
use async_trait::async_trait;

use super::Budget;

const BACKEND: &str = "memory-budget";

/// A budget in the memory of one process.
///
/// The last [`ENDED_MAX`](Self::ENDED_MAX) tries that ended are kept, to tell a repeat from another end. A key older than that
/// is forgotten, and would be a new one. Neither memory nor the time of a call grows with the number of tries.
#[derive(Debug)]
pub struct MemoryBudget {
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    limit: Money,
    reserved: Money,
    spent: Money,
    tries: HashMap<IdempotencyKey, Try>,
    /// The tries that ended, oldest first.
    ended: VecDeque<IdempotencyKey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Try {
    most: Money,
    ended: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Settled(Money),
    Released,
}

impl MemoryBudget {
    /// The number of ended tries that are kept.
    pub const ENDED_MAX: usize = 10_000;

    /// A budget of `limit`; zero is nothing to spend.
    pub fn new(limit: Money) -> Self {
        let none = Money::zero(limit.currency());
        let (tries, ended) = (HashMap::new(), VecDeque::new());
        Self { books: Mutex::new(Books { limit, reserved: none, spent: none, tries, ended }) }
    }

    /// The cost of all tries that ended, without what is set aside.
    pub fn spent(&self) -> Money {
        self.books().spent
    }

    /// The amount that is set aside for tries under way.
    pub fn reserved(&self) -> Money {
        self.books().reserved
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing under the lock panics half-way, so a poisoned lock still holds whole books.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn check(&self, operation: &'static str, amount: Money) -> Result<(), BackendError> {
        if amount.currency() != self.limit.currency() || amount.is_negative() {
            let message = format!("{amount} is not an amount of 0 or more in {}", self.limit.currency());
            return Err(error(ErrorKind::InvalidInput, operation, message));
        }
        Ok(())
    }

    /// The part of the limit that is neither set aside nor spent; negative after an overspend.
    fn left(&self, operation: &'static str) -> Result<Money, BackendError> {
        sub(operation, sub(operation, self.limit, self.reserved)?, self.spent)
    }

    fn reserve(&mut self, key: &IdempotencyKey, most: Money) -> Result<(), BackendError> {
        self.check("reserve", most)?;
        if let Some(known) = self.tries.get(key) {
            if *known == (Try { most, ended: None }) {
                return Ok(());
            }
            let message = format!("the key {key} has another amount, or its try has ended");
            return Err(error(ErrorKind::Conflict, "reserve", message));
        }
        let left = self.left("reserve")?;
        if sub("reserve", left, most)?.is_negative() {
            let message = format!(
                "a call of up to {most} does not fit: of {} are {} spent and {} set aside",
                self.limit, self.spent, self.reserved
            );
            return Err(error(ErrorKind::QuotaExceeded, "reserve", message));
        }
        self.reserved = add("reserve", self.reserved, most)?;
        self.tries.insert(key.clone(), Try { most, ended: None });
        Ok(())
    }

    fn end(&mut self, operation: &'static str, key: &IdempotencyKey, end: End) -> Result<(), BackendError> {
        let Some(try_) = self.tries.get_mut(key) else {
            return Err(error(ErrorKind::NotFound, operation, format!("nothing was reserved under {key}")));
        };
        match try_.ended {
            Some(before) if before == end => return Ok(()),
            Some(_) => {
                let message = format!("the try {key} ended in another way");
                return Err(error(ErrorKind::Conflict, operation, message));
            }
            None => {}
        }
        let cost = match end {
            End::Settled(cost) => cost,
            End::Released => Money::zero(self.limit.currency()),
        };
        let (spent, reserved) =
            (add(operation, self.spent, cost)?, sub(operation, self.reserved, try_.most)?);
        (self.spent, self.reserved) = (spent, reserved);
        try_.ended = Some(end);
        self.ended.push_back(key.clone());
        if self.ended.len() > MemoryBudget::ENDED_MAX {
            if let Some(oldest) = self.ended.pop_front() {
                self.tries.remove(&oldest);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Budget for MemoryBudget {
    async fn reserve(&self, key: &IdempotencyKey, most: Money) -> Result<(), BackendError> {
        self.books().reserve(key, most)
    }

    async fn settle(&self, key: &IdempotencyKey, cost: Money) -> Result<(), BackendError> {
        let mut books = self.books();
        books.check("settle", cost)?;
        books.end("settle", key, End::Settled(cost))
    }

    async fn release(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        self.books().end("release", key, End::Released)
    }

    async fn left(&self) -> Result<Option<Money>, BackendError> {
        let left = self.books().left("left")?;
        Ok(Some(if left.is_negative() { Money::zero(left.currency()) } else { left }))
    }
}

fn add(operation: &'static str, a: Money, b: Money) -> Result<Money, BackendError> {
    a.checked_add(b).map_err(|source| error(ErrorKind::Internal, operation, source.to_string()))
}

fn sub(operation: &'static str, a: Money, b: Money) -> Result<Money, BackendError> {
    a.checked_sub(b).map_err(|source| error(ErrorKind::Internal, operation, source.to_string()))
}

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, BACKEND, operation, message)
}

#[cfg(test)]
mod tests {
    use ae_core::{Currency, Digest, RunId};

    use super::*;

    #[tokio::test]
    async fn memory_stays_bounded() {
        let cent = Money::from_minor(1, 2, Currency::USD).unwrap();
        let budget = MemoryBudget::new(cent.checked_mul(100_000).unwrap());
        let run = RunId::from_digest(&Digest::of_bytes("test", b"bounded"));
        let key = |number| IdempotencyKey::derive(run, "t", "call", number);
        let count = u32::try_from(MemoryBudget::ENDED_MAX).unwrap() + 5;
        for number in 0..count {
            budget.reserve(&key(number), cent).await.unwrap();
            budget.settle(&key(number), cent).await.unwrap();
        }
        assert_eq!(budget.books().tries.len(), MemoryBudget::ENDED_MAX);
        assert_eq!(budget.books().ended.len(), MemoryBudget::ENDED_MAX);
        assert_eq!(budget.spent(), cent.checked_mul(count.into()).unwrap());
        assert_eq!(budget.settle(&key(0), cent).await.unwrap_err().kind(), ErrorKind::NotFound);
        budget.settle(&key(count - 1), cent).await.unwrap();
    }
}
