//! The payment provider port.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, IdempotencyKey, RunId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Caps, LinkId, NewLink, NewPrice, NewProduct, ObjectRef, Payment, PaymentLink, Price, Product};

/// Whether money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// A ledger of our own: nothing is charged, a person records payments.
    Offline,
    /// A vendor's test environment: nothing is charged.
    Test,
    /// Customers are charged.
    Live,
}

impl Mode {
    /// The wire name, lower snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An object that certainly exists now, and whether this call made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured<T> {
    /// This call made it.
    Created(T),
    /// It was there already.
    Found(T),
}

impl<T> Ensured<T> {
    /// The object.
    pub fn into_inner(self) -> T {
        match self {
            Self::Created(object) | Self::Found(object) => object,
        }
    }

    /// Whether this call made it.
    #[must_use]
    pub const fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }
}

impl<T> AsRef<T> for Ensured<T> {
    fn as_ref(&self) -> &T {
        match self {
            Self::Created(object) | Self::Found(object) => object,
        }
    }
}

/// What a provider is able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Ids follow from idempotency keys, on every installation alike.
    pub own_ids: bool,
    /// Keys are recognised without a time limit.
    pub durable_keys: bool,
    /// It charges customers by itself; otherwise a person records payments.
    pub charges: bool,
    /// It sells in its own name and takes care of sales taxes.
    pub merchant_of_record: bool,
}

impl Capabilities {
    /// Says that ids follow from idempotency keys.
    #[must_use]
    pub const fn with_own_ids(mut self) -> Self {
        self.own_ids = true;
        self
    }

    /// Says that keys are recognised without a time limit.
    #[must_use]
    pub const fn with_durable_keys(mut self) -> Self {
        self.durable_keys = true;
        self
    }

    /// Says that it charges customers by itself.
    #[must_use]
    pub const fn with_charges(mut self) -> Self {
        self.charges = true;
        self
    }

    /// Says that it sells in its own name.
    #[must_use]
    pub const fn with_merchant_of_record(mut self) -> Self {
        self.merchant_of_record = true;
        self
    }
}

/// What a provider says about itself, without asking anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// Its name, for example `offline-ledger`.
    pub name: String,
    /// Whether money moves.
    pub mode: Mode,
    /// What it is able to do.
    pub capabilities: Capabilities,
    /// What it refuses before it makes anything.
    pub caps: Caps,
}

impl ProviderInfo {
    /// A provider with the usual caps and no special abilities.
    #[must_use]
    pub fn new(name: impl Into<String>, mode: Mode) -> Self {
        Self { name: name.into(), mode, capabilities: Capabilities::default(), caps: Caps::default() }
    }

    /// Says what it is able to do.
    #[must_use]
    pub const fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Says what it refuses.
    #[must_use]
    pub const fn with_caps(mut self, caps: Caps) -> Self {
        self.caps = caps;
        self
    }
}

/// Asks for payments, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentQuery {
    /// Whose.
    pub run: RunId,
    /// Only those of this link.
    pub link: Option<LinkId>,
    /// At most this many at once, 1 to 100.
    pub limit: u32,
    /// Go on where an earlier page ended: its [`Page::next`].
    pub after: Option<String>,
}

impl PaymentQuery {
    /// The first 100 payments of `run`.
    #[must_use]
    pub const fn new(run: RunId) -> Self {
        Self { run, link: None, limit: 100, after: None }
    }

    /// Only those of `link`.
    #[must_use]
    pub fn with_link(mut self, link: LinkId) -> Self {
        self.link = Some(link);
        self
    }

    /// At most `limit` at once.
    #[must_use]
    pub const fn with_limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Goes on where an earlier page ended.
    #[must_use]
    pub fn with_after(mut self, after: impl Into<String>) -> Self {
        self.after = Some(after.into());
        self
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to ask with for the next page, or `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page; `next` leads on.
    #[must_use]
    pub const fn new(items: Vec<T>, next: Option<String>) -> Self {
        Self { items, next }
    }
}

/// Makes what customers pay for: products, prices and payment links.
///
/// An "ensure" call says what must exist. It can be repeated after a crash or a lost answer as often as needed; the
/// key, which follows from the run and the step, decides what is the same.
///
/// # Contract
///
/// - **C1.** The same key with the same request gives the same object, on every handle and after a restart: first
///   [`Ensured::Created`], then [`Ensured::Found`]. A deactivated object is found deactivated, never made again.
/// - **C2.** The same key with another request, or in another operation, is [`Conflict`] and changes nothing.
/// - **C3.** Another key makes another object, even for an equal request. Where [`Capabilities::own_ids`] holds, the id
///   follows from the key alone.
/// - **C4.** [`find`](Self::find) gives every object of the run, deactivated ones included, products before prices before links, and
///   none of another run.
/// - **C5.** [`deactivate`](Self::deactivate) ends the sale of exactly one object, can be repeated, and deletes nothing. What is not there is
///   [`NotFound`].
/// - **C6.** A price is above zero and a whole number of minor units of a known currency; everything else is
///   [`InvalidInput`]. Nothing is rounded.
/// - **C7.** What exceeds [`ProviderInfo::caps`] is [`QuotaExceeded`] and is refused before anything is made.
/// - **C8.** Requests that refer to what is not there are [`NotFound`]; to another run's objects, [`InvalidInput`].
/// - **C9.** Equal calls at the same time make one object.
/// - **C10.** [`payments`](Self::payments) gives each payment of the query once over all pages, and nothing is a payment before somebody paid.
///
/// [`Conflict`]: ae_core::ErrorKind::Conflict
/// [`NotFound`]: ae_core::ErrorKind::NotFound
/// [`InvalidInput`]: ae_core::ErrorKind::InvalidInput
/// [`QuotaExceeded`]: ae_core::ErrorKind::QuotaExceeded
///
/// # Errors
///
/// Beside the kinds above: `Unauthenticated`, `PermissionDenied`, `RateLimited`, `Unavailable`, `Protocol`. An error
/// with [`Effect::Unknown`](ae_core::Effect::Unknown) may have made the object: call again with the same key and the same request.
///
/// # Cancel safety
///
/// Dropping the future leaves either nothing or the whole object; the same call with the same key tells which.
///
/// # Example
///
/// ```
/// use ae_billing::{MemoryLedger, NewProduct, PaymentProvider};
/// use ae_core::{Digest, IdempotencyKey, RunId, Runtime};
///
/// # futures_executor::block_on(async {
/// let provider = MemoryLedger::new(Runtime::system(), "http://127.0.0.1:8080");
/// let run = RunId::from_digest(&Digest::of_bytes("docs", b"run"));
/// let key = IdempotencyKey::derive(run, "monetize", "ensure_product", 0);
/// let request = NewProduct::new(run, "CSV Cleaner", "Cleans CSV files.");
/// let made = provider.ensure_product(&key, &request).await?;
/// let again = provider.ensure_product(&key, &request).await?;
/// assert!(made.is_created() && !again.is_created());
/// assert_eq!(made.as_ref(), again.as_ref());
/// # Ok::<_, ae_core::BackendError>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait PaymentProvider: fmt::Debug + Send + Sync + 'static {
    /// Its name, mode, abilities and caps, without asking anybody.
    fn info(&self) -> ProviderInfo;

    /// Whether it can be used: reachable, credentials accepted, the mode as configured. Changes nothing.
    async fn check(&self) -> Result<(), BackendError>;

    /// Makes sure that the product exists.
    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError>;

    /// Makes sure that the price exists.
    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError>;

    /// Makes sure that the payment link exists.
    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError>;

    /// Takes `object` off sale. To undo a launch: links first, then prices, then products.
    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError>;

    /// Everything that `run` made.
    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError>;

    /// Payments on record.
    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError>;
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<T: PaymentProvider + ?Sized> PaymentProvider for $pointer<T> {
            fn info(&self) -> ProviderInfo {
                (**self).info()
            }

            async fn check(&self) -> Result<(), BackendError> {
                (**self).check().await
            }

            async fn ensure_product(
                &self,
                key: &IdempotencyKey,
                spec: &NewProduct,
            ) -> Result<Ensured<Product>, BackendError> {
                (**self).ensure_product(key, spec).await
            }

            async fn ensure_price(
                &self,
                key: &IdempotencyKey,
                spec: &NewPrice,
            ) -> Result<Ensured<Price>, BackendError> {
                (**self).ensure_price(key, spec).await
            }

            async fn ensure_payment_link(
                &self,
                key: &IdempotencyKey,
                spec: &NewLink,
            ) -> Result<Ensured<PaymentLink>, BackendError> {
                (**self).ensure_payment_link(key, spec).await
            }

            async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
                (**self).deactivate(key, object).await
            }

            async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
                (**self).find(run).await
            }

            async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
                (**self).payments(query).await
            }
        }
    )+};
}

forward!(Arc, Box);

const _: fn(&dyn PaymentProvider) = |_| ();
