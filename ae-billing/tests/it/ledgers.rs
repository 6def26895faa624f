//! All stores behind one trait, so that every test runs on each.

use std::sync::Arc;

use ae_billing::{
    BillingConfig, Ensured, Entitlements, EventStore, JournalHead, LinkId, LinkView, MemoryLedger, NewOrder,
    NewPayment, Order, OrderId, OrderQuery, OrderView, OutboxEvent, Page, Payment, PaymentId, PaymentLink,
    PaymentProvider,
};
use ae_core::{BackendError, IdempotencyKey, RunId, Runtime};
use async_trait::async_trait;

use crate::world::BASE;

type Answer<T> = Result<T, BackendError>;

#[async_trait]
pub trait Ledger: PaymentProvider + EventStore + Entitlements {
    async fn link(&self, link: &LinkId) -> Answer<Option<LinkView>>;
    async fn current_link(&self, run: RunId) -> Answer<Option<PaymentLink>>;
    async fn place_order(&self, key: &IdempotencyKey, order: NewOrder) -> Answer<Ensured<Order>>;
    async fn order(&self, order: &OrderId) -> Answer<Option<OrderView>>;
    async fn orders(&self, query: &OrderQuery) -> Answer<Page<OrderView>>;
    async fn record_payment(&self, key: &IdempotencyKey, payment: NewPayment) -> Answer<Payment>;
    async fn end_entitlement(&self, key: &IdempotencyKey, payment: &PaymentId) -> Answer<()>;
    async fn pending_events(&self, limit: u32) -> Answer<Vec<OutboxEvent>>;
    async fn mark_delivered(&self, event: &str) -> Answer<()>;
    async fn verify_journal(&self, known: Option<&JournalHead>) -> Answer<JournalHead>;
}

macro_rules! ledger {
    ($name:ty) => {
        #[async_trait]
        impl Ledger for $name {
            async fn link(&self, link: &LinkId) -> Answer<Option<LinkView>> {
                <$name>::link(self, link).await
            }
            async fn current_link(&self, run: RunId) -> Answer<Option<PaymentLink>> {
                <$name>::current_link(self, run).await
            }
            async fn place_order(&self, key: &IdempotencyKey, order: NewOrder) -> Answer<Ensured<Order>> {
                <$name>::place_order(self, key, order).await
            }
            async fn order(&self, order: &OrderId) -> Answer<Option<OrderView>> {
                <$name>::order(self, order).await
            }
            async fn orders(&self, query: &OrderQuery) -> Answer<Page<OrderView>> {
                <$name>::orders(self, query).await
            }
            async fn record_payment(&self, key: &IdempotencyKey, payment: NewPayment) -> Answer<Payment> {
                <$name>::record_payment(self, key, payment).await
            }
            async fn end_entitlement(&self, key: &IdempotencyKey, payment: &PaymentId) -> Answer<()> {
                <$name>::end_entitlement(self, key, payment).await
            }
            async fn pending_events(&self, limit: u32) -> Answer<Vec<OutboxEvent>> {
                <$name>::pending_events(self, limit).await
            }
            async fn mark_delivered(&self, event: &str) -> Answer<()> {
                <$name>::mark_delivered(self, event).await
            }
            async fn verify_journal(&self, known: Option<&JournalHead>) -> Answer<JournalHead> {
                <$name>::verify_journal(self, known).await
            }
        }
    };
}

ledger!(MemoryLedger);
#[cfg(feature = "sqlite")]
ledger!(ae_billing::SqliteBilling);
#[cfg(feature = "postgres")]
ledger!(ae_billing::PostgresBilling);

/// Runs `test` on a fresh ledger of every kind.
pub fn on_each(runtime: &Runtime, test: impl Fn(Arc<dyn Ledger>)) {
    on_each_with(runtime, &BillingConfig::new(BASE), test);
}

pub fn on_each_with(runtime: &Runtime, config: &BillingConfig, test: impl Fn(Arc<dyn Ledger>)) {
    test(Arc::new(MemoryLedger::with_config(runtime.clone(), config.clone())));
    #[cfg(feature = "sqlite")]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("billing.db");
        test(Arc::new(
            ae_billing::SqliteBilling::open_or_create(path, runtime.clone(), config.clone()).unwrap(),
        ));
    }
    #[cfg(feature = "postgres")]
    if let Some(ledger) = crate::postgres::ledger(runtime, config) {
        test(Arc::new(ledger));
    }
}
