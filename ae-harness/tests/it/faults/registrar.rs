//! Wrong registrars.

use ae_core::{BackendError, Currency, IdempotencyKey, Money, Runtime, conformance::faults};
use ae_harness::{
    Availability, Domain, MemoryRegistrar, Order, Quote, Registrar, RegistrarInfo, conformance::registrar,
};
use async_trait::async_trait;

use super::Wrong;
use crate::fixture::start;

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

    async fn buy(&self, key: &IdempotencyKey, quote: &Quote) -> Result<Order, BackendError> {
        let mut quote = quote.clone();
        if self.breaks("C3") {
            quote = self.inner.quote(&quote.domain, quote.years).await?;
        }
        let order = self.inner.buy(&self.key("C4", key), &quote).await?;
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
        let inner = MemoryRegistrar::new(yearly, Runtime::manual(start(), 1));
        let name = |name: &str| name.parse::<Domain>().unwrap();
        registrar::run_all(&Wrong::new(inner, breaks), &name("one.example"), &name("two.example")).await
    };
    let ran = suite("nothing").await;
    let clauses = ["C1", "C2", "C3", "C4", "C5", "C6"];
    faults(&ran, clauses.map(|clause| (clause, clause)), suite).await;
}
