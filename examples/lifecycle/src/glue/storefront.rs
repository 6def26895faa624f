//! Joins the ledger to its pages and reports: everything about a sale, and no way to change what is on sale.

use ae_billing::{EventStore, LinkId, LinkView, NewPayment, OutboxEvent, Payment, PaymentLink};
use ae_core::{BackendError, IdempotencyKey, RunId};
use async_trait::async_trait;

/// A ledger as the sale sees it.
///
/// # Errors
///
/// When the store can't be read or written; `record_payment` as the ledger says.
#[async_trait]
pub trait Storefront: EventStore {
    /// The link with its product, prices and payments.
    async fn link(&self, link: &LinkId) -> Result<Option<LinkView>, BackendError>;
    /// The newest link of `run` where something can be bought now.
    async fn current_link(&self, run: RunId) -> Result<Option<PaymentLink>, BackendError>;
    /// Records that a payment came in.
    async fn record_payment(
        &self,
        key: &IdempotencyKey,
        payment: NewPayment,
    ) -> Result<Payment, BackendError>;
    /// The events that were not delivered yet, oldest first.
    async fn pending_events(&self, limit: u32) -> Result<Vec<OutboxEvent>, BackendError>;
    /// Confirms that an event was delivered.
    async fn mark_delivered(&self, event: &str) -> Result<(), BackendError>;
}
