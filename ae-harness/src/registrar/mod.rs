//! Domain names: looking, quoting, buying.

mod memory;

use std::{fmt, fmt::Debug, sync::Arc};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Money, Timestamp};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::memory::MemoryRegistrar;

/// A domain name that can be registered: lower-case labels of letters, digits and inner hyphens, at least two of them,
/// 253 bytes at most (RFC 1035, section 2.3.4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

impl Domain {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for anything that can't be registered; write other scripts in their `xn--` form.
    pub fn parse(text: &str) -> Result<Self, BackendError> {
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if text.len() <= 253 && text.split('.').count() >= 2 && text.split('.').all(label) {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().take(80).collect();
        let message =
            format!("{shown:?} is no domain: use lower-case labels joined by dots, such as csv-tidy.example");
        Err(BackendError::new(ErrorKind::InvalidInput, "registrar", "parse_domain", message))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Domain {
    type Error = BackendError;

    fn try_from(text: String) -> Result<Self, BackendError> {
        Self::parse(&text)
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

/// Whether a name could be bought. Nobody can promise it before the order: reserved and premium names look free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Availability {
    /// Somebody has it.
    Taken,
    /// No registration was found.
    MaybeFree,
    /// Nobody could be asked.
    Unknown,
}

/// What a name costs. Only the exact numbers quoted can be bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The name.
    pub domain: Domain,
    /// For how many years.
    pub years: u8,
    /// What they cost together.
    pub price: Money,
    /// What a year costs after that.
    pub renewal: Money,
    /// When it was quoted.
    pub quoted_at: Timestamp,
}

/// How an order is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderState {
    /// Accepted, not registered yet.
    Pending,
    /// Registered.
    Registered,
    /// It came to nothing.
    Failed,
}

/// A purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id at the registrar.
    pub id: String,
    /// The name.
    pub domain: Domain,
    /// What was paid.
    pub price: Money,
    /// How it is doing.
    pub state: OrderState,
    /// Whether it renews by itself; never, unless somebody turns it on at the registrar.
    pub auto_renew: bool,
}

/// Looks for, quotes and buys domain names. Buying is real money and can't be undone.
///
/// # Contract
///
/// - C1. [`search`](Registrar::search) answers for every name, in the order asked, and buys nothing.
/// - C2. [`quote`](Registrar::quote) buys nothing; a name that is taken is a `Conflict`, no or more than ten years are
///   `InvalidInput`.
/// - C3. [`buy`](Registrar::buy) pays exactly the quoted price, or refuses with `Conflict` when the price is another by
///   now; then nothing was bought.
/// - C4. The same key and quote again is the same order; another quote under that key is a `Conflict`. A name bought
///   before is a `Conflict`.
/// - C5. A domain bought is `Taken` from then on, and does not renew by itself.
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
/// let domain = Domain::parse("csv-tidy.example")?;
/// assert_eq!(registrar.search(&[domain.clone()]).await?, [Availability::MaybeFree]);
/// let quote = registrar.quote(&domain, 1).await?;
/// assert_eq!(registrar.buy(&key, &quote).await?.state, OrderState::Registered);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Registrar: Debug + Send + Sync + 'static {
    /// Whether names could be bought.
    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError>;

    /// What a name costs.
    async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError>;

    /// Buys at exactly the quoted price.
    async fn buy(&self, key: &IdempotencyKey, quote: &Quote) -> Result<Order, BackendError>;

    /// How an order is doing.
    async fn order(&self, id: &str) -> Result<Order, BackendError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: Registrar + ?Sized> Registrar for $pointer<T> {
            async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError> {
                (**self).search(domains).await
            }

            async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError> {
                (**self).quote(domain, years).await
            }

            async fn buy(&self, key: &IdempotencyKey, quote: &Quote) -> Result<Order, BackendError> {
                (**self).buy(key, quote).await
            }

            async fn order(&self, id: &str) -> Result<Order, BackendError> {
                (**self).order(id).await
            }
        }
    };
}
forward!(Arc);
forward!(Box);
