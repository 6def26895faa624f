//! Joins the ledger to its pages and reports: everything about a sale, and no way to change what is on sale.

use ae_billing::{
    Ensured, Entitlements, EventStore, LinkId, LinkView, NewOrder, NewPayment, NewRefund, Order, OrderId,
    OrderQuery, OrderView, OutboxEvent, Page, Payment, PaymentLink, Refund,
};
use ae_core::{BackendError, IdempotencyKey, RunId};
use async_trait::async_trait;

/// A ledger as the sale sees it.
///
/// # Errors
///
/// When the store can't be read or written; what records something as the ledger says.
#[async_trait]
pub trait Storefront: EventStore + Entitlements {
    /// The link with its product, prices and payments.
    async fn link(&self, link: &LinkId) -> Result<Option<LinkView>, BackendError>;
    /// The newest link of `run` where something can be bought now.
    async fn current_link(&self, run: RunId) -> Result<Option<PaymentLink>, BackendError>;
    /// Places an order; the same key gives the same order.
    async fn place_order(
        &self,
        key: &IdempotencyKey,
        order: NewOrder,
    ) -> Result<Ensured<Order>, BackendError>;
    /// The order with its product, payments and refunds, and the access that it gives.
    async fn order(&self, order: &OrderId) -> Result<Option<OrderView>, BackendError>;
    /// A page of orders, newest first.
    async fn orders(&self, query: &OrderQuery) -> Result<Page<OrderView>, BackendError>;
    /// Records that money was given back.
    async fn refund(&self, key: &IdempotencyKey, refund: &NewRefund)
    -> Result<Ensured<Refund>, BackendError>;
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
