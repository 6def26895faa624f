//! A meter with a budget and prices of its own.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Money, MoneyError, SameKey};
use async_trait::async_trait;

use super::{
    CallAnswer, Meter, ModelCall, ModelPrice,
    price::{NAME, larger, shown},
};

/// A budget in memory, for as long as the program runs. A budget that outlives it needs a meter on durable books.
#[derive(Debug)]
pub struct BudgetMeter {
    limit: Money,
    prices: BTreeMap<String, ModelPrice>,
    lets_unpriced_pass: bool,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    aside: Money,
    spent: Money,
    reserved: SameKey<Option<Money>>,
    calls: BTreeMap<IdempotencyKey, Entry>,
}

#[derive(Debug)]
struct Entry {
    call: ModelCall,
    aside: Option<Money>,
    end: Option<End>,
}

/// The end of a call; an answer is kept, so that another one under the same key is noticed.
#[derive(Debug)]
enum End {
    Settled(CallAnswer, Option<Money>),
    Void,
}

impl BudgetMeter {
    /// A budget of `limit`, without prices. Zero is nothing to spend.
    pub fn new(limit: Money) -> Self {
        let zero = Money::zero(limit.currency());
        let books = Books { aside: zero, spent: zero, reserved: SameKey::new(NAME), calls: BTreeMap::new() };
        Self { limit, prices: BTreeMap::new(), lets_unpriced_pass: false, books: Mutex::new(books) }
    }

    /// Adds the price of a model, by the name that calls give it.
    #[must_use]
    pub fn with_price(mut self, model: impl Into<String>, price: ModelPrice) -> Self {
        self.prices.insert(model.into(), price);
        self
    }

    /// The costs that were booked so far.
    pub fn spent(&self) -> Money {
        self.locked().spent
    }

    /// The sum of the reservations of calls that have not ended.
    pub fn set_aside(&self) -> Money {
        self.locked().aside
    }

    fn locked(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The prices of every model that may serve a call; `None` when one of them has none and that may pass.
    fn prices(&self, call: &ModelCall) -> Result<Option<Vec<&ModelPrice>>, BackendError> {
        let mut found = Vec::new();
        for model in std::iter::once(&call.model).chain(&call.other_models) {
            match self.prices.get(model) {
                Some(price) => found.push(price),
                None if self.lets_unpriced_pass => return Ok(None),
                None => {
                    let message =
                        format!("the model {} has no price: add it, or choose another model", shown(model));
                    return Err(error(ErrorKind::NotFound, "reserve", message));
                }
            }
        }
        Ok(Some(found))
    }

    fn most(&self, call: &ModelCall) -> Result<Option<Money>, BackendError> {
        let Some(prices) = self.prices(call)? else { return Ok(None) };
        let mut most = Money::zero(self.limit.currency());
        for price in prices {
            most = larger(price.most(call)?, most)?;
        }
        Ok(Some(most))
    }

    /// The cost of an answer: at the price of the model that answered if it is one of the call's, else at the dearest.
    fn cost(&self, call: &ModelCall, answer: &CallAnswer) -> Result<Option<Money>, BackendError> {
        let asked = || std::iter::once(&call.model).chain(&call.other_models);
        let known = answer.model.as_ref().filter(|model| asked().any(|asked| asked == *model));
        let mut cost = None;
        for model in asked().filter(|model| known.is_none_or(|known| known == *model)) {
            let Some(price) = self.prices.get(model) else { return Ok(None) };
            let Some(this) = price.cost(answer)? else { return Ok(None) };
            cost = Some(larger(this, cost.unwrap_or(this))?);
        }
        Ok(cost)
    }
}

ae_core::setters! { BudgetMeter {
    /// Lets calls of models without a price pass. Their cost is not measured, and no budget stops them.
    fn with_unpriced_models(lets_unpriced_pass = true);
} }

#[async_trait]
impl Meter for BudgetMeter {
    async fn reserve(&self, key: &IdempotencyKey, call: &ModelCall) -> Result<Option<Money>, BackendError> {
        let mut books = self.locked();
        if books.calls.get(key).is_some_and(|entry| entry.end.is_some()) {
            return Err(ended("reserve", key));
        }
        if let Some(aside) = books.reserved.repeat("reserve", key, call)? {
            return Ok(*aside);
        }
        let most = self.most(call)?;
        if let Some(most) = most {
            let after = books.aside.checked_add(most).map_err(beyond)?;
            let total = books.spent.checked_add(after).map_err(beyond)?;
            if total.exceeds(self.limit).map_err(beyond)? {
                let message = format!(
                    "the budget of {} is used up: {} is spent, {} is set aside, and a call of {} can cost {most}",
                    self.limit,
                    books.spent,
                    books.aside,
                    shown(&call.model)
                );
                return Err(error(ErrorKind::QuotaExceeded, "reserve", message));
            }
            books.aside = after;
        }
        books.reserved.keep("reserve", key, call, most)?;
        books.calls.insert(key.clone(), Entry { call: call.clone(), aside: most, end: None });
        Ok(most)
    }

    async fn settle(&self, key: &IdempotencyKey, answer: &CallAnswer) -> Result<Option<Money>, BackendError> {
        let books = &mut *self.locked();
        let entry = books.calls.get_mut(key).ok_or_else(|| unknown("settle", key))?;
        match &entry.end {
            None => {}
            Some(End::Settled(first, cost)) if first == answer => return Ok(*cost),
            Some(_) => return Err(ended("settle", key)),
        }
        // An answer that does not tell its cost may have used up all that was set aside.
        let cost = self.cost(&entry.call, answer)?.or(entry.aside);
        if let (Some(cost), Some(aside)) = (cost, entry.aside) {
            let spent = books.spent.checked_add(cost).map_err(beyond)?;
            books.aside = books.aside.checked_sub(aside).map_err(beyond)?;
            books.spent = spent;
        }
        entry.end = Some(End::Settled(answer.clone(), cost));
        Ok(cost)
    }

    async fn void(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        let books = &mut *self.locked();
        let entry = books.calls.get_mut(key).ok_or_else(|| unknown("void", key))?;
        match entry.end {
            None => {}
            Some(End::Void) => return Ok(()),
            Some(End::Settled(..)) => return Err(ended("void", key)),
        }
        if let Some(aside) = entry.aside {
            books.aside = books.aside.checked_sub(aside).map_err(beyond)?;
        }
        entry.end = Some(End::Void);
        Ok(())
    }
}

fn error(kind: ErrorKind, operation: &'static str, message: String) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}

fn unknown(operation: &'static str, key: &IdempotencyKey) -> BackendError {
    error(ErrorKind::NotFound, operation, format!("nothing was reserved under {key}"))
}

fn ended(operation: &'static str, key: &IdempotencyKey) -> BackendError {
    error(ErrorKind::Conflict, operation, format!("the call {key} has ended before: derive another key"))
}

fn beyond(source: MoneyError) -> BackendError {
    let message =
        "the amounts can't be added up: check that prices and budget are in one currency".to_owned();
    error(ErrorKind::Internal, "add", message).with_source(source)
}
