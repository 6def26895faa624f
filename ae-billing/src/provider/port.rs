//! The payment provider port.

use std::fmt;

use ae_core::{BackendError, ErrorKind, IdempotencyKey, RunId};
use async_trait::async_trait;

use crate::{
    CancelSubscription, Checkout, CheckoutId, Customer, Endpoint, Ensured, Meter, NewCheckout, NewCustomer,
    NewEndpoint, NewLink, NewMeter, NewPortal, NewPrice, NewProduct, NewRefund, NewUsage, ObjectRef, Page,
    Payment, PaymentLink, PaymentQuery, Portal, Price, Product, ProviderInfo, Refund, Subscription,
    SubscriptionId, SubscriptionQuery,
};

/// Makes what customers pay for: products, prices and payment links.
///
/// An "ensure" call states what must exist. It can be repeated after a crash or a lost answer as often as needed; the
/// key, which follows from the run and the step, decides what is the same.
///
/// # Contract
///
/// - **C1.** The same key with the same request gives the same object, on every handle and after a restart: first
///   [`Ensured::Created`], then [`Ensured::Found`].
/// - **C2.** The same key with another request, or in another operation, is [`Conflict`] and changes nothing.
/// - **C3.** Another key makes another object, even for an equal request. Where [`Capabilities::own_ids`](crate::Capabilities::own_ids) holds, the id
///   follows from the key alone.
/// - **C4.** [`find`](Self::find) gives every object of the run, deactivated ones included, products before prices before links, and
///   none of another run.
/// - **C5.** [`deactivate`](Self::deactivate), where [`Capabilities::deactivates`](crate::Capabilities::deactivates) holds,
///   ends the sale of exactly one object, can be repeated, and deletes nothing: an ended object is found ended, never made
///   again. An object that was never made is [`NotFound`].
/// - **C6.** A price is above zero and a whole number of minor units of a currency in [`ProviderInfo::currencies`];
///   everything else is [`InvalidInput`]. Nothing is rounded.
/// - **C7.** A request that exceeds [`ProviderInfo::caps`] is [`QuotaExceeded`] and is refused before anything is made.
///   [`NewPrice::check`](crate::NewPrice::check) finds both beforehand.
/// - **C8.** Requests name other objects by the keys under which these are ensured; the provider maps keys to its own
///   ids. A reference to an object that was never made is [`NotFound`]; to another run's object, [`InvalidInput`], as is
///   a link over several prices where [`Capabilities::choice`](crate::Capabilities::choice) does not hold, and anything
///   but 1 to 20 prices of one product, each of another tier, where it does.
/// - **C9.** Equal calls at the same time make one object.
/// - **C10.** Nothing is a payment before a customer paid, and a page has 1 to 100 payments, else [`InvalidInput`].
/// - **C11.** [`payments`](Self::payments) gives each payment of the query once over all pages, oldest first.
/// - **C12.** [`refund`](Self::refund), where [`Capabilities::refunds`](crate::Capabilities::refunds) holds, gives money back
///   once per key. More than is left of the payment, or another currency, is [`InvalidInput`]; an unknown payment is
///   [`NotFound`].
///
/// - **C13.** [`ensure_customer`](Self::ensure_customer), where announced, makes one customer per key; another request
///   under the key is [`Conflict`].
/// - **C14.** [`ensure_checkout`](Self::ensure_checkout), where announced, makes one checkout per key, open, with a page, and
///   not paid until a customer paid; [`checkout`](Self::checkout) reads it, an unknown one is [`NotFound`]. References are
///   checked as in C8.
/// - **C15.** [`open_portal`](Self::open_portal), where announced, opens a page of a customer; an unknown one is
///   [`NotFound`].
/// - **C16.** Nothing is a subscription before a customer subscribed; a page has 1 to 100, else [`InvalidInput`]; an unknown
///   one is [`NotFound`].
/// - **C17.** Pages give each subscription of the query once. [`cancel_subscription`](Self::cancel_subscription) ends it
///   with its period or now; a repeat changes nothing.
/// - **C18.** [`ensure_meter`](Self::ensure_meter), where metered prices are announced, makes one meter per key, and
///   [`record_usage`](Self::record_usage) counts once per key; another request under a key is [`Conflict`].
/// - **C19.** [`ensure_endpoint`](Self::ensure_endpoint), where announced, makes one endpoint per URL, whatever the key, and
///   gives the secret of a new one.
/// - **C20.** Prices in steps, by usage and below a minor unit, and trials, are made as asked for where they are announced;
///   elsewhere, and with steps that do not rise or do not end open, they are [`InvalidInput`], which
///   [`NewPrice::check`](crate::NewPrice::check) and [`NewLink::check`](crate::NewLink::check) find beforehand.
///
/// [`Conflict`]: ae_core::ErrorKind::Conflict
/// [`NotFound`]: ae_core::ErrorKind::NotFound
/// [`InvalidInput`]: ae_core::ErrorKind::InvalidInput
/// [`QuotaExceeded`]: ae_core::ErrorKind::QuotaExceeded
///
/// # Errors
///
/// In addition to the kinds above: `Unauthenticated`, `PermissionDenied`, `RateLimited`, `Unavailable`, `Protocol`. An error
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
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PaymentProvider: fmt::Debug + Send + Sync + 'static {
    /// The provider's name, mode, abilities and caps, without a call.
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

    /// Takes `object` off sale. To undo a launch: links first, then prices, then products. Optional: a provider that
    /// can't answers `Unsupported`, as this body does, and says so in its info.
    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        let _ = (key, object);
        Err(unable(&self.info(), "deactivate"))
    }

    /// Gives money of a payment back. Optional, as [`deactivate`](Self::deactivate).
    async fn refund(
        &self,
        key: &IdempotencyKey,
        refund: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        let _ = (key, refund);
        Err(unable(&self.info(), "refund"))
    }

    /// Everything that `run` made.
    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError>;

    /// Payments on record.
    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError>;

    /// Makes sure that the customer exists. Optional, as [`deactivate`](Self::deactivate).
    async fn ensure_customer(
        &self,
        key: &IdempotencyKey,
        customer: &NewCustomer,
    ) -> Result<Ensured<Customer>, BackendError> {
        let _ = (key, customer);
        Err(unable(&self.info(), "ensure_customer"))
    }

    /// Makes sure that the checkout exists. Optional, as [`deactivate`](Self::deactivate).
    async fn ensure_checkout(
        &self,
        key: &IdempotencyKey,
        checkout: &NewCheckout,
    ) -> Result<Ensured<Checkout>, BackendError> {
        let _ = (key, checkout);
        Err(unable(&self.info(), "ensure_checkout"))
    }

    /// The checkout as it is now. Optional, as [`deactivate`](Self::deactivate).
    async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, BackendError> {
        let _ = id;
        Err(unable(&self.info(), "checkout"))
    }

    /// Opens the page where a customer manages what it bought. Each call opens a new one. Optional, as [`deactivate`](Self::deactivate).
    async fn open_portal(&self, portal: &NewPortal) -> Result<Portal, BackendError> {
        let _ = portal;
        Err(unable(&self.info(), "open_portal"))
    }

    /// The subscription as it is now. Optional, as [`deactivate`](Self::deactivate).
    async fn subscription(&self, id: &SubscriptionId) -> Result<Subscription, BackendError> {
        let _ = id;
        Err(unable(&self.info(), "subscription"))
    }

    /// Subscriptions on record. Optional, as [`deactivate`](Self::deactivate).
    async fn subscriptions(&self, query: &SubscriptionQuery) -> Result<Page<Subscription>, BackendError> {
        let _ = query;
        Err(unable(&self.info(), "subscriptions"))
    }

    /// Ends a subscription; a repeat changes nothing. Optional, as [`deactivate`](Self::deactivate).
    async fn cancel_subscription(
        &self,
        key: &IdempotencyKey,
        cancel: &CancelSubscription,
    ) -> Result<Subscription, BackendError> {
        let _ = (key, cancel);
        Err(unable(&self.info(), "cancel_subscription"))
    }

    /// Makes sure that the meter exists. Optional, as [`deactivate`](Self::deactivate).
    async fn ensure_meter(
        &self,
        key: &IdempotencyKey,
        meter: &NewMeter,
    ) -> Result<Ensured<Meter>, BackendError> {
        let _ = (key, meter);
        Err(unable(&self.info(), "ensure_meter"))
    }

    /// Reports usage, counted once for each key. Optional, as [`deactivate`](Self::deactivate).
    async fn record_usage(&self, key: &IdempotencyKey, usage: &NewUsage) -> Result<(), BackendError> {
        let _ = (key, usage);
        Err(unable(&self.info(), "record_usage"))
    }

    /// Makes sure that events are sent to a URL. Optional, as [`deactivate`](Self::deactivate).
    async fn ensure_endpoint(
        &self,
        key: &IdempotencyKey,
        endpoint: &NewEndpoint,
    ) -> Result<Ensured<Endpoint>, BackendError> {
        let _ = (key, endpoint);
        Err(unable(&self.info(), "ensure_endpoint"))
    }
}

fn unable(info: &ProviderInfo, operation: &'static str) -> BackendError {
    let message = format!(
        "{} can't {operation}: its info says what it can do; do it where the provider shows it",
        info.provider.name
    );
    BackendError::new(ErrorKind::Unsupported, info.provider.name.clone(), operation, message)
}

ae_core::forward! { PaymentProvider {
    fn info(&self) -> ProviderInfo;
    async fn check(&self) -> Result<(), BackendError>;
    async fn ensure_product(&self, key: &IdempotencyKey, spec: &NewProduct)
        -> Result<Ensured<Product>, BackendError>;
    async fn ensure_price(&self, key: &IdempotencyKey, spec: &NewPrice) -> Result<Ensured<Price>, BackendError>;
    async fn ensure_payment_link(&self, key: &IdempotencyKey, spec: &NewLink)
        -> Result<Ensured<PaymentLink>, BackendError>;
    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError>;
    async fn refund(&self, key: &IdempotencyKey, refund: &NewRefund) -> Result<Ensured<Refund>, BackendError>;
    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError>;
    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError>;
    async fn ensure_customer(&self, key: &IdempotencyKey, customer: &NewCustomer) -> Result<Ensured<Customer>, BackendError>;
    async fn ensure_checkout(&self, key: &IdempotencyKey, checkout: &NewCheckout) -> Result<Ensured<Checkout>, BackendError>;
    async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, BackendError>;
    async fn open_portal(&self, portal: &NewPortal) -> Result<Portal, BackendError>;
    async fn subscription(&self, id: &SubscriptionId) -> Result<Subscription, BackendError>;
    async fn subscriptions(&self, query: &SubscriptionQuery) -> Result<Page<Subscription>, BackendError>;
    async fn cancel_subscription(&self, key: &IdempotencyKey, cancel: &CancelSubscription) -> Result<Subscription, BackendError>;
    async fn ensure_meter(&self, key: &IdempotencyKey, meter: &NewMeter) -> Result<Ensured<Meter>, BackendError>;
    async fn record_usage(&self, key: &IdempotencyKey, usage: &NewUsage) -> Result<(), BackendError>;
    async fn ensure_endpoint(&self, key: &IdempotencyKey, endpoint: &NewEndpoint) -> Result<Ensured<Endpoint>, BackendError>;
} }
