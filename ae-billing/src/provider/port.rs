//! The payment provider port.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, IdempotencyKey, RunId};
use async_trait::async_trait;

use crate::{
    Ensured, NewLink, NewPrice, NewProduct, ObjectRef, Page, Payment, PaymentLink, PaymentQuery, Price,
    Product, ProviderInfo,
};

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
/// - **C3.** Another key makes another object, even for an equal request. Where [`Capabilities::own_ids`](crate::Capabilities::own_ids) holds, the id
///   follows from the key alone.
/// - **C4.** [`find`](Self::find) gives every object of the run, deactivated ones included, products before prices before links, and
///   none of another run.
/// - **C5.** [`deactivate`](Self::deactivate) ends the sale of exactly one object, can be repeated, and deletes nothing. What is not there is
///   [`NotFound`].
/// - **C6.** A price is above zero and a whole number of minor units of a currency in [`ProviderInfo::currencies`];
///   everything else is [`InvalidInput`]. Nothing is rounded.
/// - **C7.** What exceeds [`ProviderInfo::caps`] is [`QuotaExceeded`] and is refused before anything is made.
///   [`NewPrice::check`] foretells both.
/// - **C8.** Requests name other objects by the keys under which these are ensured; the provider maps keys to its own
///   ids. Requests that refer to what is not there are [`NotFound`]; to another run's objects, [`InvalidInput`].
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
