//! A simulated registrar with one price.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Money, Runtime, SameKey};
use async_trait::async_trait;

use super::{
    Availability, Domain, Order, OrderState, Purchase, Quote, Registrar, RegistrarInfo,
    order::{check_names, check_years},
};

const NAME: &str = "memory";
const NAMES_MAX: usize = 100;
const YEARS_MAX: u8 = 10;

/// A simulated registrar for tests and demonstrations: every name costs the same each year, and nothing is bought
/// anywhere.
#[derive(Debug)]
pub struct MemoryRegistrar {
    runtime: Runtime,
    needs_contact: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    yearly: Money,
    orders: BTreeMap<Domain, Order>,
    done: SameKey<Order>,
}

impl MemoryRegistrar {
    /// A registrar whose names cost `yearly` each year.
    pub fn new(yearly: Money, runtime: Runtime) -> Self {
        let state = State { yearly, orders: BTreeMap::new(), done: SameKey::new(NAME) };
        Self { runtime, needs_contact: false, state: Mutex::new(state) }
    }

    /// Changes the price of every name from now on.
    pub fn set_price(&self, yearly: Money) {
        self.locked().yearly = yearly;
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

ae_core::setters! { MemoryRegistrar {
    /// Makes it ask for a contact.
    fn with_contact(needs_contact = true);
} }

impl State {
    fn refuse_taken(&self, operation: &'static str, domain: &Domain) -> Result<(), BackendError> {
        let taken =
            || error(ErrorKind::Conflict, operation, format!("{domain} is taken: choose another name"));
        if self.orders.contains_key(domain) { Err(taken()) } else { Ok(()) }
    }

    /// Refuses a purchase at another price than that of now.
    fn refuse_stale(&self, operation: &'static str, quote: &Quote) -> Result<(), BackendError> {
        let now_costs = self.yearly.checked_mul(u64::from(quote.years)).ok();
        if now_costs == Some(quote.price) && quote.renewal == self.yearly {
            return Ok(());
        }
        let message = format!("{} no longer costs {}: quote it again", quote.domain, quote.price);
        Err(error(ErrorKind::Conflict, operation, message))
    }
}

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}

#[async_trait]
impl Registrar for MemoryRegistrar {
    fn info(&self) -> RegistrarInfo {
        let info = RegistrarInfo::new(NAME, Mode::Offline, NAMES_MAX)
            .with_buying(YEARS_MAX)
            .with_dry_run()
            .with_idempotency();
        if self.needs_contact { info.with_contact() } else { info }
    }

    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError> {
        check_names(&self.info(), domains)?;
        let state = self.locked();
        let taken = |domain: &Domain| state.orders.contains_key(domain);
        Ok(domains
            .iter()
            .map(|d| if taken(d) { Availability::Taken } else { Availability::MaybeFree })
            .collect())
    }

    async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError> {
        check_years(&self.info(), years, "quote")?;
        let state = self.locked();
        state.refuse_taken("quote", domain)?;
        let price = state.yearly.checked_mul(u64::from(years)).map_err(|cause| {
            error(ErrorKind::InvalidInput, "quote", "the price is beyond what money can hold")
                .with_source(cause)
        })?;
        Ok(Quote::new(domain.clone(), years, price, state.yearly, self.runtime.now()))
    }

    async fn rehearse(&self, purchase: &Purchase) -> Result<(), BackendError> {
        purchase.check(&self.info())?;
        let state = self.locked();
        state.refuse_taken("rehearse", &purchase.quote.domain)?;
        state.refuse_stale("rehearse", &purchase.quote)
    }

    async fn buy(&self, key: &IdempotencyKey, purchase: &Purchase) -> Result<Order, BackendError> {
        purchase.check(&self.info())?;
        let mut state = self.locked();
        if let Some(order) = state.done.repeat("buy", key, purchase)? {
            return Ok(order.clone());
        }
        let quote = &purchase.quote;
        state.refuse_taken("buy", &quote.domain)?;
        state.refuse_stale("buy", quote)?;
        let id = format!("order-{}", state.orders.len() + 1);
        let order = Order::new(id, quote.domain.clone(), quote.price, OrderState::Registered)
            .with_auto_renew(purchase.auto_renew);
        state.orders.insert(quote.domain.clone(), order.clone());
        state.done.keep("buy", key, purchase, order.clone())?;
        Ok(order)
    }

    async fn order(&self, id: &str) -> Result<Order, BackendError> {
        let state = self.locked();
        let found = state.orders.values().find(|order| order.id == id).cloned();
        found.ok_or_else(|| error(ErrorKind::NotFound, "order", "there is no such order: check its id"))
    }
}
