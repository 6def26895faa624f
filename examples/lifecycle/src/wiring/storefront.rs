//! The offline ledger as the sale sees it.

use ae_billing::{
    Ensured, LinkId, LinkView, NewOrder, NewPayment, NewRefund, Order, OrderId, OrderQuery, OrderView,
    OutboxEvent, Page, Payment, PaymentLink, PaymentProvider, Refund, SqliteBilling,
};
use ae_core::{BackendError, IdempotencyKey, RunId};
use async_trait::async_trait;

use crate::glue::storefront::Storefront;

#[async_trait]
impl Storefront for SqliteBilling {
    async fn link(&self, link: &LinkId) -> Result<Option<LinkView>, BackendError> {
        self.link(link).await
    }

    async fn current_link(&self, run: RunId) -> Result<Option<PaymentLink>, BackendError> {
        self.current_link(run).await
    }

    async fn place_order(
        &self,
        key: &IdempotencyKey,
        order: NewOrder,
    ) -> Result<Ensured<Order>, BackendError> {
        self.place_order(key, order).await
    }

    async fn order(&self, order: &OrderId) -> Result<Option<OrderView>, BackendError> {
        self.order(order).await
    }

    async fn orders(&self, query: &OrderQuery) -> Result<Page<OrderView>, BackendError> {
        self.orders(query).await
    }

    async fn refund(
        &self,
        key: &IdempotencyKey,
        refund: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        PaymentProvider::refund(self, key, refund).await
    }

    async fn record_payment(
        &self,
        key: &IdempotencyKey,
        payment: NewPayment,
    ) -> Result<Payment, BackendError> {
        self.record_payment(key, payment).await
    }

    async fn pending_events(&self, limit: u32) -> Result<Vec<OutboxEvent>, BackendError> {
        self.pending_events(limit).await
    }

    async fn mark_delivered(&self, event: &str) -> Result<(), BackendError> {
        self.mark_delivered(event).await
    }
}
