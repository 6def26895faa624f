//! The offline ledger: a payment provider of its own that charges no card.

mod config;
mod counter;
mod desk;
mod order;
mod views;

use std::sync::Arc;

use ae_core::{BackendError, IdempotencyKey, RunId, Runtime};
use async_trait::async_trait;

use crate::{
    Capabilities, Ensured, Entitlement, Entitlements, EventStore, Intake, LinkId, Mode, NewLink, NewPrice,
    NewProduct, NewRefund, ObjectRef, OnSale, OrderId, Page, Payment, PaymentId, PaymentLink,
    PaymentProvider, PaymentQuery, Price, Product, ProviderInfo, ReceivedEvent, Refund, RevenueSummary,
    Unresolved,
    books::revenue,
    provider::rules::{self, Terms},
    store::{
        journal,
        records::{self, BACKEND, Records, Store},
    },
};

pub use config::BillingConfig;
pub(crate) use desk::payments;
pub use order::{NewOrder, Order, OrderQuery, OrderState, OrderView};
pub use views::{LinkView, NewPayment, OutboxEvent};

/// A ledger of products, prices, links, invoices, payments and revenue that works without any account.
///
/// It is a [`PaymentProvider`] of [`Mode::Offline`]: nothing is charged, and nothing is paid before an operator records
/// a payment. A recorded payment raises an event in an outbox; revenue counts only when that event came back through
/// the webhook intake, as it would from a vendor. Every change is a link in a chain of hashes, see
/// [`verify_journal`](Self::verify_journal).
///
/// [`MemoryLedger`](crate::MemoryLedger) keeps it in memory, `SqliteBilling` (feature `sqlite`) in a file that several processes share.
#[derive(Debug, Clone)]
pub struct OfflineLedger<S> {
    store: S,
    runtime: Runtime,
    shop: Arc<Shop>,
}

/// The unchanging part of the terms on which it sells.
#[derive(Debug)]
struct Shop {
    info: ProviderInfo,
    base_url: String,
}

impl<S: Store> OfflineLedger<S> {
    pub(crate) fn on(store: S, runtime: Runtime, config: BillingConfig) -> Self {
        let capabilities = Capabilities::default()
            .with_own_ids()
            .with_durable_keys()
            .with_deactivates()
            .with_refunds()
            .with_choice();
        let info = ProviderInfo::new(BACKEND, Mode::Offline)
            .with_capabilities(capabilities)
            .with_caps(config.caps)
            .with_currencies(config.currencies);
        Self { store, runtime, shop: Arc::new(Shop { info, base_url: config.public_base_url }) }
    }

    /// The link with its product, prices and payments, or `None` for an unknown link.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn link(&self, link: &LinkId) -> Result<Option<LinkView>, BackendError> {
        let link = link.clone();
        self.read(move |terms, records| terms.link(records, &link)).await
    }

    /// The newest link of `run` where something can be bought now.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn current_link(&self, run: RunId) -> Result<Option<PaymentLink>, BackendError> {
        self.read(move |terms, records| terms.current_link(records, run)).await
    }

    /// Places an order: what a buyer wants to pay for, with a name to quote when paying. Nothing is paid by it. The same
    /// key with the same request gives the same order; [`crate::OrderId::of_key`] has its name.
    ///
    /// An unpaid order is open for 30 days.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown link, `InvalidInput` when the price is not sold there, `Conflict` when it is off sale or
    /// the key was used for another request, `QuotaExceeded` when as many orders are open as [`crate::Caps`] allow; and
    /// when the store can't be written.
    pub async fn place_order(
        &self,
        key: &IdempotencyKey,
        order: NewOrder,
    ) -> Result<Ensured<Order>, BackendError> {
        let key = key.clone();
        self.write(move |terms, records| terms.place_order(records, &key, &order)).await
    }

    /// The order with its product, payments, refunds and the access that it gives, or `None` for an unknown order.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn order(&self, order: &OrderId) -> Result<Option<OrderView>, BackendError> {
        let order = order.clone();
        self.read(move |terms, records| terms.order(records, &order)).await
    }

    /// A page of orders, newest first.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a page marker of another ledger or a page that has not 1 to 100 orders; and when the store can't
    /// be read.
    pub async fn orders(&self, query: &OrderQuery) -> Result<Page<OrderView>, BackendError> {
        let query = query.clone();
        self.read(move |terms, records| terms.orders(records, &query)).await
    }

    /// Records that a payment came in: payment, invoice number and outgoing event in one transaction. The same key
    /// with the same request gives the same payment. The payment of an order, [`NewPayment::of_order`], is taken also when
    /// the order has expired or the price is off sale by now, because the money is there.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown link or order, `InvalidInput` when the price is not sold there or the payer reference
    /// is not a plain label, `Conflict` when it is off sale, when the single purchase of an order is paid already, or when
    /// the key was used for another request; and when the store can't be written.
    pub async fn record_payment(
        &self,
        key: &IdempotencyKey,
        payment: NewPayment,
    ) -> Result<Payment, BackendError> {
        let key = key.clone();
        self.write(move |terms, records| terms.take_payment(records, &key, &payment)).await
    }

    /// Records that the agreement behind `payment` ends now, as a customer's cancellation would: an event goes into the
    /// outbox.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Conflict` when the key was used for another request; and when the store can't be written.
    pub async fn end_entitlement(
        &self,
        key: &IdempotencyKey,
        payment: &PaymentId,
    ) -> Result<(), BackendError> {
        let (key, payment) = (key.clone(), payment.clone());
        self.write(move |terms, records| terms.end_entitlement(records, &key, &payment)).await
    }

    /// At most `limit` events that are not confirmed yet, oldest first.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn pending_events(&self, limit: u32) -> Result<Vec<OutboxEvent>, BackendError> {
        self.read(move |_, records| desk::pending_events(records, limit)).await
    }

    /// Confirms that an event was delivered. May be repeated.
    ///
    /// # Errors
    ///
    /// `NotFound`; and when the store can't be written.
    pub async fn mark_delivered(&self, event: &str) -> Result<(), BackendError> {
        let event = event.to_owned();
        self.write(move |_, records| desk::mark_delivered(records, &event)).await
    }

    /// Checks every hash of the journal, that every row is what the journal says, and that the journal passes through the
    /// `known` head.
    ///
    /// An attacker who can write the file can also make a new, consistent journal; only a [`crate::JournalHead`] that was kept
    /// elsewhere shows that.
    ///
    /// # Errors
    ///
    /// `Protocol`, naming the first entry or row that does not fit; and when the store can't be read.
    pub async fn verify_journal(
        &self,
        known: Option<&crate::JournalHead>,
    ) -> Result<crate::JournalHead, BackendError> {
        let known = known.copied();
        self.store.audit(move |entries, records| journal::verify(entries, records, known.as_ref())).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(Terms<'_>, &dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let (shop, now) = (Arc::clone(&self.shop), self.runtime.now());
        self.store.read(move |records| work(Terms::new(&shop.info, &shop.base_url, now), records)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(Terms<'_>, &mut dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let (shop, now) = (Arc::clone(&self.shop), self.runtime.now());
        self.store.write(now, move |records| work(Terms::new(&shop.info, &shop.base_url, now), records)).await
    }
}

#[async_trait]
impl<S: Store> PaymentProvider for OfflineLedger<S> {
    fn info(&self) -> ProviderInfo {
        self.shop.info.clone()
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.read(move |_, records| records.count(records::Table::Products).map(|_| ())).await
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        let (key, spec) = (key.clone(), spec.clone());
        self.write(move |terms, records| terms.ensure_product(records, &key, &spec)).await
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        let (key, spec) = (key.clone(), spec.clone());
        self.write(move |terms, records| terms.ensure_price(records, &key, &spec)).await
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        let (key, spec) = (key.clone(), spec.clone());
        self.write(move |terms, records| terms.ensure_payment_link(records, &key, &spec)).await
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        let (key, object) = (key.clone(), object.clone());
        self.write(move |terms, records| terms.deactivate(records, &key, &object)).await
    }

    /// Records that the operator gave the money back; nothing is moved here.
    async fn refund(
        &self,
        key: &IdempotencyKey,
        refund: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        let (key, refund) = (key.clone(), refund.clone());
        self.write(move |terms, records| terms.refund(records, &key, &refund)).await
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.read(move |_, records| rules::find(records, run)).await
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        let query = query.clone();
        self.read(move |_, records| desk::payments(records, &query)).await
    }
}

#[async_trait]
impl<S: Store> EventStore for OfflineLedger<S> {
    async fn record_event(&self, received: &ReceivedEvent) -> Result<Intake, BackendError> {
        let received = received.clone();
        self.write(move |terms, records| terms.record_event(records, &received)).await
    }

    async fn put_on_sale(&self, sale: &OnSale) -> Result<(), BackendError> {
        let sale = sale.clone();
        self.write(move |terms, records| terms.put_on_sale(records, &sale)).await
    }

    async fn revenue(&self, run: RunId) -> Result<RevenueSummary, BackendError> {
        self.read(move |terms, records| terms.revenue(records, run)).await
    }

    async fn unresolved(&self) -> Result<Vec<Unresolved>, BackendError> {
        self.read(|_, records| revenue::unresolved(records)).await
    }
}

#[async_trait]
impl<S: Store> Entitlements for OfflineLedger<S> {
    async fn of_order(&self, order: &OrderId) -> Result<Option<Entitlement>, BackendError> {
        let order = order.clone();
        self.read(move |_, records| revenue::of_order(records, &order)).await
    }

    async fn of_run(
        &self,
        run: RunId,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Entitlement>, BackendError> {
        self.read(move |_, records| revenue::of_run(records, run, after.as_deref(), limit)).await
    }

    async fn of_customer(&self, provider: &str, customer: &str) -> Result<Vec<Entitlement>, BackendError> {
        let (provider, customer) = (provider.to_owned(), customer.to_owned());
        self.read(move |_, records| revenue::of_customer(records, &provider, &customer)).await
    }
}
