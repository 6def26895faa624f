//! The port of registrars.

use std::fmt::Debug;

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use super::{Availability, Domain, Order, Quote, RegistrarInfo};

/// Looks for, quotes and buys domain names. Buying is real money and can't be undone.
///
/// # Contract
///
/// - C1. [`search`](Registrar::search) answers for every name, in the order asked, and buys nothing.
/// - C2. [`quote`](Registrar::quote) buys nothing; 0 or more than 10 years are `InvalidInput`.
/// - C3. [`buy`](Registrar::buy) pays exactly the quoted price, or refuses with `Conflict` when it is not the price of
///   that moment; then nothing was bought.
/// - C4. The same key and quote again is the same order; another quote under that key is a `Conflict`. A name bought
///   before is a `Conflict`.
/// - C5. A domain bought is `Taken` from then on, to quote it is a `Conflict`, and it does not renew by itself.
/// - C6. [`order`](Registrar::order) finds an order by its id; an unknown one is `NotFound`.
///
/// # Errors
///
/// As above. When the answer to `buy` did not arrive the effect is `Unknown`: ask [`order`](Registrar::order) or repeat
/// with the same key, never with a new one.
///
/// # Cancel safety
///
/// Dropping the future of `buy` leaves the effect unknown; the others change nothing.
///
/// # Example
///
/// ```
/// use ae_harness::{Availability, Domain, MemoryRegistrar, OrderState, Registrar};
/// # use ae_core::{Currency, Digest, IdempotencyKey, Money, RunId, Runtime};
/// # async fn try_it() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "domain", "buy", 0);
/// let registrar = MemoryRegistrar::new(Money::parse("12", Currency::USD)?, Runtime::system());
/// let domain = "csv-tidy.example".parse::<Domain>()?;
/// assert_eq!(registrar.search(&[domain.clone()]).await?, [Availability::MaybeFree]);
/// let quote = registrar.quote(&domain, 1).await?;
/// assert_eq!(registrar.buy(&key, &quote).await?.state, OrderState::Registered);
/// # Ok(()) }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Registrar: Debug + Send + Sync + 'static {
    /// Its account of itself.
    fn info(&self) -> RegistrarInfo;

    /// Whether each name could be bought.
    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError>;

    /// The price of a name for some years.
    async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError>;

    /// Buys at exactly the quoted price.
    async fn buy(&self, key: &IdempotencyKey, quote: &Quote) -> Result<Order, BackendError>;

    /// An order by its id.
    async fn order(&self, id: &str) -> Result<Order, BackendError>;
}

ae_core::forward! { Registrar {
    fn info(&self) -> RegistrarInfo;
    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError>;
    async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError>;
    async fn buy(&self, key: &IdempotencyKey, quote: &Quote) -> Result<Order, BackendError>;
    async fn order(&self, id: &str) -> Result<Order, BackendError>;
} }
