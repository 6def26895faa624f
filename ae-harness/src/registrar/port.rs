//! The port of registrars.

use std::fmt::Debug;

use ae_core::{BackendError, ErrorKind, IdempotencyKey};
use async_trait::async_trait;

use super::{Availability, Domain, Order, Purchase, Quote, RegistrarInfo};

/// Looks for, quotes and buys domain names. Buying is real money and can't be undone.
///
/// # Contract
///
/// - C1. [`search`](Registrar::search) answers for every name, in the order asked, and buys nothing; more names than
///   [`info`](Registrar::info) takes are `InvalidInput`.
/// - C2. [`quote`](Registrar::quote) buys nothing; 0 years, or more than `info` sells, are `InvalidInput`.
/// - C3. [`buy`](Registrar::buy) pays exactly the quoted price, or refuses with `Conflict` when it, or the renewal price,
///   is not the one of that moment; then nothing was bought.
/// - C4. The same key and purchase again is the same order; another purchase under that key is a `Conflict`. A name
///   bought before is a `Conflict`.
/// - C5. A domain bought is `Taken` once its order is done, to quote it is a `Conflict`, and it does not renew by itself
///   unless the purchase says so.
/// - C6. [`order`](Registrar::order) finds an order by its id; an unknown one is `NotFound`.
/// - C7. A purchase without the contact that the registrar asks for is `InvalidInput`, and nothing was bought.
/// - C8. [`rehearse`](Registrar::rehearse) buys nothing, and refuses another price with `Conflict`.
///
/// # Notes
///
/// `quote`, `buy` and `order` are one optional ability, `rehearse` is another: `info` announces them, and a registrar
/// without them returns `Unsupported`.
///
/// # Errors
///
/// As above. When the answer to `buy` did not arrive the effect is `Unknown`: repeat with the same key and purchase, never
/// with a new one. The registrar then looks first, and sends again only where that can't buy twice.
///
/// # Cancel safety
///
/// Dropping the future of `buy` leaves the effect unknown; the others change nothing.
///
/// # Example
///
/// ```
/// use ae_harness::{Availability, Domain, MemoryRegistrar, OrderState, Purchase, Registrar};
/// # use ae_core::{Currency, Digest, IdempotencyKey, Money, RunId, Runtime};
/// # async fn try_it() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "domain", "buy", 0);
/// let registrar = MemoryRegistrar::new(Money::parse("12", Currency::USD)?, Runtime::system());
/// let domain = "csv-tidy.example".parse::<Domain>()?;
/// assert_eq!(registrar.search(&[domain.clone()]).await?, [Availability::MaybeFree]);
/// let purchase = Purchase::new(registrar.quote(&domain, 1).await?);
/// assert_eq!(registrar.buy(&key, &purchase).await?.state, OrderState::Registered);
/// # Ok(()) }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Registrar: Debug + Send + Sync + 'static {
    /// Its account of itself and its abilities.
    fn info(&self) -> RegistrarInfo;

    /// Whether each name could be bought.
    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError>;

    /// The price of a name for some years.
    async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError> {
        let _ = (domain, years);
        Err(unsupported(&self.info(), "quote"))
    }

    /// Tries a purchase as far as that goes without buying: price, rights, funds.
    async fn rehearse(&self, purchase: &Purchase) -> Result<(), BackendError> {
        let _ = purchase;
        Err(unsupported(&self.info(), "rehearse"))
    }

    /// Buys at exactly the quoted price. An order may stay pending for a while.
    async fn buy(&self, key: &IdempotencyKey, purchase: &Purchase) -> Result<Order, BackendError> {
        let _ = (key, purchase);
        Err(unsupported(&self.info(), "buy"))
    }

    /// An order by its id, as it is now.
    async fn order(&self, id: &str) -> Result<Order, BackendError> {
        let _ = id;
        Err(unsupported(&self.info(), "order"))
    }
}

fn unsupported(info: &RegistrarInfo, operation: &'static str) -> BackendError {
    let message = format!("this registrar can't {operation}: its info says what it can do");
    BackendError::new(ErrorKind::Unsupported, info.provider.name.clone(), operation, message)
}

ae_core::forward! { Registrar {
    fn info(&self) -> RegistrarInfo;
    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError>;
    async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError>;
    async fn rehearse(&self, purchase: &Purchase) -> Result<(), BackendError>;
    async fn buy(&self, key: &IdempotencyKey, purchase: &Purchase) -> Result<Order, BackendError>;
    async fn order(&self, id: &str) -> Result<Order, BackendError>;
} }
