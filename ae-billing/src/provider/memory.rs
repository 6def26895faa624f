//! The contract of a provider over plain data.

use ae_core::{BackendError, IdempotencyKey, RunId};
use serde::{Deserialize, Serialize};

use super::rules::{self, Terms};
use crate::{
    Ensured, LinkView, NewLink, NewPayment, NewPrice, NewProduct, ObjectRef, Page, Payment, PaymentLink,
    PaymentQuery, Price, Product, ledger, store::rows::Rows,
};

/// Products, prices, links and payments in memory, under the rules of the [`PaymentProvider`](crate::PaymentProvider)
/// contract: keys, conflicts, caps, references, order and pages.
///
/// It is the heart of a provider that owns its ids: keep it where you like, as JSON for example, and let each method of
/// the port call the method of the same name, whose errors are those of the port; a damaged row is `Protocol`. A call that
/// fails has changed nothing. [`MemoryLedger`](crate::MemoryLedger)
/// is made of the same parts.
///
/// ```
/// use ae_billing::{Catalog, Mode, NewProduct, ProviderInfo, Terms};
/// use ae_core::{Digest, IdempotencyKey, RunId, Timestamp};
///
/// let info = ProviderInfo::new("bank-transfer", Mode::Offline);
/// let terms = Terms::new(&info, "https://example.com", Timestamp::UNIX_EPOCH);
/// let run = RunId::from_digest(&Digest::of_bytes("docs", b"run"));
/// let key = IdempotencyKey::derive(run, "monetize", "ensure_product", 0);
/// let mut catalog = Catalog::default();
/// catalog.ensure_product(terms, &key, &NewProduct::new(run, "CSV Cleaner", ""))?;
/// let kept = serde_json::to_string(&catalog)?;
/// let mut again: Catalog = serde_json::from_str(&kept)?;
/// assert!(!again.ensure_product(terms, &key, &NewProduct::new(run, "CSV Cleaner", ""))?.is_created());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalog(Rows);

impl Catalog {
    /// Makes sure that the product exists.
    pub fn ensure_product(
        &mut self,
        terms: Terms<'_>,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.change(terms, |rows| terms.ensure_product(rows, key, spec))
    }

    /// Makes sure that the price exists.
    pub fn ensure_price(
        &mut self,
        terms: Terms<'_>,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        self.change(terms, |rows| terms.ensure_price(rows, key, spec))
    }

    /// Makes sure that the payment link exists.
    pub fn ensure_payment_link(
        &mut self,
        terms: Terms<'_>,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        self.change(terms, |rows| terms.ensure_payment_link(rows, key, spec))
    }

    /// Takes `object` off sale.
    pub fn deactivate(
        &mut self,
        terms: Terms<'_>,
        key: &IdempotencyKey,
        object: &ObjectRef,
    ) -> Result<(), BackendError> {
        self.change(terms, |rows| terms.deactivate(rows, key, object))
    }

    /// Records a payment that came in, also for a sale that has ended since, because the money is there.
    /// Otherwise as [`OfflineLedger::record_payment`](crate::OfflineLedger::record_payment).
    pub fn record_payment(
        &mut self,
        terms: Terms<'_>,
        key: &IdempotencyKey,
        payment: &NewPayment,
    ) -> Result<Ensured<Payment>, BackendError> {
        self.change(terms, |rows| terms.record_payment(rows, key, payment, true))
    }

    /// Every object of `run`, in the order of the contract.
    pub fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        rules::find(&self.0, run)
    }

    /// A page of payments.
    pub fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        ledger::payments(&self.0, query)
    }

    /// Every link with its product, prices and payments, oldest first.
    pub fn links(&self, terms: Terms<'_>) -> Result<Vec<LinkView>, BackendError> {
        terms.links(&self.0)
    }

    /// Changes the rows; a refusal names the provider.
    fn change<T>(
        &mut self,
        terms: Terms<'_>,
        work: impl FnOnce(&mut Rows) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        self.0.change(work).map_err(|error| {
            let (name, operation) = (terms.provider.provider.name.clone(), error.operation().to_owned());
            BackendError::new(error.kind(), name, operation, error.message())
        })
    }
}
