//! Wrong registrars.

use ae_core::{BackendError, Currency, IdempotencyKey, Money, Runtime, conformance::faults};
use ae_harness::{
    Availability, Domain, MemoryRegistrar, Order, Purchase, Quote, Registrar, RegistrarInfo,
    conformance::registrar,
};
use async_trait::async_trait;

use super::Wrong;
use crate::fixture::{contact, start};

impl Wrong<MemoryRegistrar> {
    async fn at_any_price(&self, purchase: &Purchase) -> Result<Purchase, BackendError> {
        let mut purchase = purchase.clone();
        purchase.quote = self.inner.quote(&purchase.quote.domain, purchase.quote.years).await?;
        Ok(purchase)
    }
}

#[async_trait]
impl Registrar for Wrong<MemoryRegistrar> {
    fn info(&self) -> RegistrarInfo {
        self.inner.info()
    }

    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError> {
        let mut found = self.inner.search(domains).await?;
        if self.breaks("C1") {
            found.pop();
        }
        Ok(found)
    }

    async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError> {
        let years = if self.breaks("C2") { years.clamp(1, 10) } else { years };
        self.inner.quote(domain, years).await
    }

    async fn rehearse(&self, purchase: &Purchase) -> Result<(), BackendError> {
        let purchase = if self.breaks("C8") { self.at_any_price(purchase).await? } else { purchase.clone() };
        self.inner.rehearse(&purchase).await
    }

    async fn buy(&self, key: &IdempotencyKey, purchase: &Purchase) -> Result<Order, BackendError> {
        let mut purchase = purchase.clone();
        if self.breaks("C3") {
            purchase = self.at_any_price(&purchase).await?;
        }
        if self.breaks("C7") {
            purchase = purchase.with_contact(contact());
        }
        let order = self.inner.buy(&self.key("C4", key), &purchase).await?;
        Ok(order.with_auto_renew(self.breaks("C5")))
    }

    async fn order(&self, id: &str) -> Result<Order, BackendError> {
        self.inner.order(if self.breaks("C6") { "order-1" } else { id }).await
    }
}

#[tokio::test]
async fn wrong_registrars_are_caught() {
    let suite = |breaks: &'static str| async move {
        let yearly = Money::parse("12", Currency::USD).unwrap();
        let inner = MemoryRegistrar::new(yearly, Runtime::manual(start(), 1)).with_contact();
        let (one, two) = ("one.example".parse::<Domain>().unwrap(), "two.example".parse::<Domain>().unwrap());
        registrar::run_all(&Wrong::new(inner, breaks), &one, &two, &contact()).await
    };
    let ran = suite("nothing").await;
    assert!(ran.skipped.is_empty(), "{ran:?}");
    let clauses = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"];
    faults(&ran, clauses.map(|clause| (clause, clause)), suite).await;
}
