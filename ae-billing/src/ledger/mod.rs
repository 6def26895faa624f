//! The offline ledger: a payment provider of its own that charges no card.

mod config;
mod desk;
mod views;

use ae_core::{BackendError, IdempotencyKey, RunId, Runtime};
use async_trait::async_trait;

use crate::{
    Capabilities, Ensured, EventStore, Intake, LinkId, Mode, NewLink, NewPrice, NewProduct, NewRefund,
    ObjectRef, Page, Payment, PaymentId, PaymentLink, PaymentProvider, PaymentQuery, Price, Product,
    ProviderInfo, ReceivedEvent, Refund, RevenueSummary,
    provider::rules::{self, Terms},
    store::{
        journal,
        records::{self, BACKEND, Records, Store},
    },
};

pub use config::BillingConfig;
pub(crate) use desk::payments;
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
    info: ProviderInfo,
    base_url: String,
}

impl<S: Store> OfflineLedger<S> {
    pub(crate) fn on(store: S, runtime: Runtime, config: BillingConfig) -> Self {
        let capabilities =
            Capabilities::default().with_own_ids().with_durable_keys().with_deactivates().with_refunds();
        let info = ProviderInfo::new(BACKEND, Mode::Offline)
            .with_capabilities(capabilities)
            .with_caps(config.caps)
            .with_currencies(config.currencies);
        Self { store, runtime, info, base_url: config.public_base_url }
    }

    /// The link with its product, prices and payments, or `None` for an unknown link.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn link(&self, link: &LinkId) -> Result<Option<LinkView>, BackendError> {
        self.read(|terms, records| terms.link(records, link))
    }

    /// The newest link of `run` where something can be bought now.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn current_link(&self, run: RunId) -> Result<Option<PaymentLink>, BackendError> {
        self.read(|terms, records| terms.current_link(records, run))
    }

    /// Records that a payment came in: payment, invoice number and outgoing event in one transaction. The same key
    /// with the same request gives the same payment.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown link, `InvalidInput` when the price is not sold there or the payer reference
    /// is not a plain label, `Conflict` when it is off sale or the key was used
    /// for another request; and when the store can't be written.
    pub async fn record_payment(
        &self,
        key: &IdempotencyKey,
        payment: NewPayment,
    ) -> Result<Payment, BackendError> {
        self.write(|terms, records| terms.take_payment(records, key, &payment))
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
        self.write(|terms, records| terms.end_entitlement(records, key, payment))
    }

    /// At most `limit` events that are not confirmed yet, oldest first.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn pending_events(&self, limit: u32) -> Result<Vec<OutboxEvent>, BackendError> {
        self.read(|_, records| desk::pending_events(records, limit))
    }

    /// Confirms that an event was delivered. May be repeated.
    ///
    /// # Errors
    ///
    /// `NotFound`; and when the store can't be written.
    pub async fn mark_delivered(&self, event: &str) -> Result<(), BackendError> {
        self.write(|_, records| desk::mark_delivered(records, event))
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
        self.store.audit(|entries, records| journal::verify(entries, records, known))
    }

    fn read<T>(
        &self,
        work: impl FnOnce(Terms<'_>, &dyn Records) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let terms = Terms::new(&self.info, &self.base_url, self.runtime.now());
        self.store.read(|records| work(terms, records))
    }

    fn write<T>(
        &self,
        work: impl FnOnce(Terms<'_>, &mut dyn Records) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let terms = Terms::new(&self.info, &self.base_url, self.runtime.now());
        self.store.write(terms.now, |records| work(terms, records))
    }
}

#[async_trait]
impl<S: Store> PaymentProvider for OfflineLedger<S> {
    fn info(&self) -> ProviderInfo {
        self.info.clone()
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.read(|_, records| records.count(records::Table::Products).map(|_| ()))
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.write(|terms, records| terms.ensure_product(records, key, spec))
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        self.write(|terms, records| terms.ensure_price(records, key, spec))
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        self.write(|terms, records| terms.ensure_payment_link(records, key, spec))
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        self.write(|terms, records| terms.deactivate(records, key, object))
    }

    /// Records that the operator gave the money back; nothing is moved here.
    async fn refund(
        &self,
        key: &IdempotencyKey,
        refund: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        self.write(|terms, records| terms.refund(records, key, refund))
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.read(|_, records| rules::find(records, run))
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        self.read(|_, records| desk::payments(records, query))
    }
}

#[async_trait]
impl<S: Store> EventStore for OfflineLedger<S> {
    async fn record_event(&self, received: &ReceivedEvent) -> Result<Intake, BackendError> {
        self.write(|terms, records| terms.record_event(records, received))
    }

    async fn revenue(&self, run: RunId) -> Result<RevenueSummary, BackendError> {
        self.read(|terms, records| terms.revenue(records, run))
    }
}
