//! The entitlements port.

use std::fmt;

use ae_core::{BackendError, RunId};
use async_trait::async_trait;

use super::Entitlement;
use crate::{OrderId, Page};

/// Answers what customers are entitled to, from the books alone.
///
/// # Contract
///
/// - **A1.** [`of_order`](Self::of_order) gives the entitlement whose [`order`](Entitlement::order) it is, those that
///   ended included, and `None` before anything was paid.
/// - **A2.** [`of_run`](Self::of_run) gives each entitlement of the run once over all pages, oldest first, those that ended
///   included. A page has 1 to 100, else [`InvalidInput`](ae_core::ErrorKind::InvalidInput), as is a marker of another list.
/// - **A3.** [`of_customer`](Self::of_customer) gives what one customer of one provider is entitled to, over all runs, and
///   nothing of another provider's customer of the same name.
/// - **A4.** All three say the same as [`revenue`](crate::EventStore::revenue) of the same books.
/// - **A5.** What belongs to no known run entitles to nothing, until its price is put on sale.
///
/// # Errors
///
/// In addition to the kinds above: `Unavailable`, `PermissionDenied`, `Protocol`. Nothing is changed by any call.
///
/// # Cancel safety
///
/// Dropping the future changes nothing.
///
/// # Example
///
/// ```
/// use ae_billing::{
///     Entitlements, EventEffect, EventKind, EventStore, MemoryLedger, Mode, PaidInvoice, ProviderEvent, ReceivedEvent,
/// };
/// use ae_core::{Currency, Digest, Money, Origin, RunId, Runtime, Timestamp, Untrusted};
///
/// # futures_executor::block_on(async {
/// let books = MemoryLedger::new(Runtime::system(), "http://127.0.0.1:8080");
/// let run = RunId::from_digest(&Digest::of_bytes("docs", b"run"));
/// let (amount, now) = (Money::parse("29", Currency::USD)?, Timestamp::UNIX_EPOCH);
/// let paid = PaidInvoice::new(run, "in_1", "sub_1", amount, now).with_customer("cus_1");
/// let payload = Untrusted::new(Origin::Webhook("docs".into()), serde_json::json!({}));
/// let event = ProviderEvent::new("evt_1", EventKind::InvoicePaid, Mode::Test, now, payload)
///     .with_effects(vec![EventEffect::Paid(paid)]);
/// books.record_event(&ReceivedEvent::new("docs", event, b"{}", now)).await?;
///
/// let access = books.of_customer("docs", "cus_1").await?;
/// assert!(access[0].is_active(now));
/// assert_eq!(books.of_order(&access[0].order()).await?.as_ref(), Some(&access[0]));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Entitlements: fmt::Debug + Send + Sync + 'static {
    /// The entitlement of an order.
    async fn of_order(&self, order: &OrderId) -> Result<Option<Entitlement>, BackendError>;

    /// A page of the entitlements of a run: at most `limit`, after the page that ended with the marker `after`.
    async fn of_run(
        &self,
        run: RunId,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Entitlement>, BackendError>;

    /// The entitlements of a customer, oldest first. `provider` is the name that its verifier has.
    async fn of_customer(&self, provider: &str, customer: &str) -> Result<Vec<Entitlement>, BackendError>;
}

ae_core::forward! { Entitlements {
    async fn of_order(&self, order: &OrderId) -> Result<Option<Entitlement>, BackendError>;
    async fn of_run(&self, run: RunId, after: Option<String>, limit: u32) -> Result<Page<Entitlement>, BackendError>;
    async fn of_customer(&self, provider: &str, customer: &str) -> Result<Vec<Entitlement>, BackendError>;
} }
