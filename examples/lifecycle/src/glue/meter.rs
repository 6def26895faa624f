//! Joins the calls that a coding agent makes of its model to the router's prices and to the budget's ledger.
//!
//! Each call has a hold of its own on the account of the run. Its name is numbered by the holds that the ledger already
//! has, so that a call of a resumed run is never taken for one of the process that was lost, whose holds stay counted.

use std::{collections::BTreeMap, sync::Arc};

use ae_core::{BackendError, Clock, Currency, ErrorKind, IdempotencyKey, Money, MoneyError, RunId};
use ae_harness::{CallAnswer, Meter, ModelCall, ModelPrice};
use ae_router::{ModelFacts, PriceTable, Rate, Rates};
use ae_safety::{BudgetLedger, HoldState, Reserve, Scope};
use async_trait::async_trait;
use tokio::sync::Mutex;

const NAME: &str = "ledger-meter";
/// The first words of the note of a reservation for a call of a model.
const NOTE: &str = "model call for ";

/// The note of a reservation: the work, and the model.
fn note(work: &str, model: &str) -> String {
    let model: String = model.chars().filter(|c| !c.is_control()).take(80).collect();
    format!("{NOTE}{work}: {model}")
}

/// The work that a reservation is for, if it is for a call of a model.
pub fn work_of(note: &str) -> Option<&str> {
    note.strip_prefix(NOTE)?.split(": ").next()
}

/// The cost of the work whose names begin with `work`, as the ledger has it: what is settled, and what is set aside for calls
/// whose cost is not known.
pub async fn spent(budget: &dyn BudgetLedger, run: RunId, work: &str) -> Result<Money, BackendError> {
    let scope = Scope::Run(run);
    let mut sum = Money::zero(budget.status(&scope).await?.currency());
    for hold in budget.holds(&scope).await? {
        let cost = match hold.state {
            HoldState::Settled { actual } => actual,
            HoldState::Open => hold.amount,
            HoldState::Voided => continue,
        };
        if work_of(&hold.note).is_some_and(|of| of.starts_with(work)) {
            sum = sum.checked_add(cost).map_err(beyond)?;
        }
    }
    Ok(sum)
}

/// The numbers of the calls of one run in this process.
#[derive(Debug, Clone, Default)]
pub struct CallNumbers(Arc<Mutex<Option<u32>>>);

impl CallNumbers {
    /// The next number that no call of the run has.
    async fn next(&self, budget: &dyn BudgetLedger, scope: &Scope) -> Result<u32, BackendError> {
        let mut next = self.0.lock().await;
        let number = match *next {
            Some(number) => number,
            None => {
                let holds = budget.holds(scope).await?;
                let calls = holds.iter().filter(|hold| work_of(&hold.note).is_some()).count();
                u32::try_from(calls).unwrap_or(u32::MAX)
            }
        };
        *next = Some(number.saturating_add(1));
        Ok(number)
    }
}

/// Pays the calls of one piece of work from the account of a run, at the prices of a table.
#[derive(Debug)]
pub struct LedgerMeter {
    budget: Arc<dyn BudgetLedger>,
    prices: PriceTable,
    clock: Arc<dyn Clock>,
    run: RunId,
    work: String,
    numbers: CallNumbers,
    calls: Mutex<BTreeMap<IdempotencyKey, Known>>,
}

/// A call that was reserved.
#[derive(Debug)]
struct Known {
    call: ModelCall,
    /// The name of its hold.
    hold: IdempotencyKey,
    most: Money,
    prices: BTreeMap<String, ModelPrice>,
    end: Option<End>,
}

#[derive(Debug)]
enum End {
    Settled(CallAnswer, Option<Money>),
    Void,
}

impl LedgerMeter {
    /// Pays for `work` of `run` from its account in `budget`. All meters of a run share `numbers`.
    pub fn new(
        budget: Arc<dyn BudgetLedger>,
        prices: PriceTable,
        clock: Arc<dyn Clock>,
        run: RunId,
        work: impl Into<String>,
        numbers: CallNumbers,
    ) -> Self {
        let calls = Mutex::new(BTreeMap::new());
        Self { budget, prices, clock, run, work: work.into(), numbers, calls }
    }

    /// The prices of every model that may serve the call.
    fn prices(&self, call: &ModelCall) -> Result<BTreeMap<String, ModelPrice>, BackendError> {
        let models = std::iter::once(&call.model).chain(&call.other_models);
        let found = models.map(|model| {
            let facts = self.prices.model(model);
            let facts = facts.map_err(|error| {
                BackendError::new(ErrorKind::NotFound, NAME, "reserve", error.to_string()).with_source(error)
            })?;
            Ok((model.clone(), self.price(facts)?))
        });
        found.collect()
    }

    fn price(&self, facts: &ModelFacts) -> Result<ModelPrice, BackendError> {
        let now = self.clock.now();
        let unknown = |error: ae_router::PriceError| {
            BackendError::new(ErrorKind::NotFound, NAME, "reserve", error.to_string()).with_source(error)
        };
        let mut price = price_of(facts.rates(0, now).map_err(unknown)?, facts)?;
        let period = facts.periods.iter().rev().find(|period| period.from.is_none_or(|from| from <= now));
        // Above the highest step the highest rates hold; between steps the next higher ones, which cost more.
        if let Some(tier) = period.and_then(|period| period.tiers.last()) {
            let first = period.and_then(|period| period.tiers.first()).unwrap_or(tier);
            price = price.with_long_input(first.above_input_tokens, price_of(&tier.rates, facts)?);
        }
        Ok(price)
    }
}

fn price_of(rates: &Rates, facts: &ModelFacts) -> Result<ModelPrice, BackendError> {
    let amount = |rate: Rate| {
        Money::from_pico(i128::from(rate.pico_per_token()) * 1_000_000, Currency::USD).map_err(beyond)
    };
    let output = rates.reasoning.map_or(rates.output, |reasoning| reasoning.max(rates.output));
    let mut price = ModelPrice::per_million(amount(rates.input)?, amount(output)?);
    if let Some(rate) = rates.cache_read {
        price = price.with_cache_read(amount(rate)?);
    }
    if let Some(rate) = rates.cache_write_5m {
        price = price.with_cache_write_5m(amount(rate)?);
    }
    if let Some(rate) = rates.cache_write_1h {
        price = price.with_cache_write_1h(amount(rate)?);
    }
    if let Some(most) = facts.input_tokens_max {
        price = price.with_input_tokens_max(most);
    }
    if let Some(most) = facts.output_tokens_max {
        price = price.with_output_tokens_max(most);
    }
    Ok(price)
}

impl Known {
    /// The cost of an answer: at the price of the model that answered if it is one of the call's, else at the dearest.
    fn cost(&self, answer: &CallAnswer) -> Result<Option<Money>, BackendError> {
        let known = answer.model.as_ref().filter(|model| self.prices.contains_key(*model));
        let mut cost: Option<Money> = None;
        for (_, price) in self.prices.iter().filter(|(model, _)| known.is_none_or(|known| known == *model)) {
            let Some(this) = price.cost(answer)? else { return Ok(None) };
            cost = Some(match cost {
                Some(before) if before.exceeds(this).map_err(beyond)? => before,
                _ => this,
            });
        }
        Ok(cost)
    }
}

#[async_trait]
impl Meter for LedgerMeter {
    async fn reserve(&self, key: &IdempotencyKey, call: &ModelCall) -> Result<Option<Money>, BackendError> {
        let mut calls = self.calls.lock().await;
        if let Some(known) = calls.get(key) {
            return match known.end {
                None if known.call == *call => Ok(Some(known.most)),
                None => Err(conflict("reserve", key, "is for another call")),
                Some(_) => Err(conflict("reserve", key, "has ended")),
            };
        }
        let prices = self.prices(call)?;
        let mut most = Money::zero(Currency::USD);
        for price in prices.values() {
            let this = price.most(call)?;
            most = if this.exceeds(most).map_err(beyond)? { this } else { most };
        }
        let scope = Scope::Run(self.run);
        let number = self.numbers.next(&*self.budget, &scope).await?;
        let hold = IdempotencyKey::derive(self.run, "agent", "model_call", number);
        let reserve = Reserve::new(scope, most).with_note(note(&self.work, &call.model));
        self.budget.reserve(&hold, &reserve).await?;
        calls.insert(key.clone(), Known { call: call.clone(), hold, most, prices, end: None });
        Ok(Some(most))
    }

    async fn settle(&self, key: &IdempotencyKey, answer: &CallAnswer) -> Result<Option<Money>, BackendError> {
        let mut calls = self.calls.lock().await;
        let known = calls.get_mut(key).ok_or_else(|| missing("settle", key))?;
        match &known.end {
            None => {}
            Some(End::Settled(before, cost)) if before == answer => return Ok(*cost),
            Some(_) => return Err(conflict("settle", key, "has ended in another way")),
        }
        // What is not known is never zero.
        let cost = known.cost(answer)?.unwrap_or(known.most);
        self.budget.settle(&known.hold, cost).await?;
        known.end = Some(End::Settled(answer.clone(), Some(cost)));
        Ok(Some(cost))
    }

    async fn void(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        let mut calls = self.calls.lock().await;
        let known = calls.get_mut(key).ok_or_else(|| missing("void", key))?;
        match known.end {
            None => {}
            Some(End::Void) => return Ok(()),
            Some(End::Settled(..)) => return Err(conflict("void", key, "was settled")),
        }
        self.budget.void(&known.hold).await?;
        known.end = Some(End::Void);
        Ok(())
    }
}

/// An amount that money can't hold.
fn beyond(error: MoneyError) -> BackendError {
    BackendError::new(ErrorKind::Internal, NAME, "price", "the amounts can't be added up").with_source(error)
}

fn conflict(operation: &'static str, key: &IdempotencyKey, why: &str) -> BackendError {
    BackendError::new(ErrorKind::Conflict, NAME, operation, format!("the call {key} {why}"))
}

fn missing(operation: &'static str, key: &IdempotencyKey) -> BackendError {
    BackendError::new(
        ErrorKind::NotFound,
        NAME,
        operation,
        format!("nothing was reserved for the call {key}"),
    )
}
