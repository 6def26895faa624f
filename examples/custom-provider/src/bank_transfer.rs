//! A [`PaymentProvider`] for customers who pay by bank transfer: any ledger of the family, plus a payment slip in a file for
//! each link.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ae_billing::{
    Ensured, NewLink, NewPrice, NewProduct, ObjectRef, Page, Payment, PaymentLink, PaymentProvider,
    PaymentQuery, Price, Product, ProviderInfo,
};
use ae_core::{BackendError, BillingInterval, Effect, ErrorKind, IdempotencyKey, RunId};
use async_trait::async_trait;

use crate::write_whole;

const NAME: &str = "bank-transfer";

/// Keeps the books in `ledger` and writes `{folder}/{link id}.txt` for each link: what it costs, where to pay, and the
/// reference that tells whose money came in. A link that is taken off sale loses its slip.
#[derive(Debug)]
pub struct BankTransfer<P> {
    ledger: P,
    folder: PathBuf,
    account: String,
}

impl<P: PaymentProvider> BankTransfer<P> {
    /// Slips go into `folder` and ask for transfers to `account`, for example an IBAN.
    #[must_use]
    pub fn new(ledger: P, folder: impl Into<PathBuf>, account: impl Into<String>) -> Self {
        Self { ledger, folder: folder.into(), account: account.into() }
    }

    /// Where the slip of a link is.
    #[must_use]
    pub fn slip(&self, link: &ae_billing::LinkId) -> PathBuf {
        self.folder.join(format!("{link}.txt"))
    }

    fn line(&self, price: &ae_billing::PriceId) -> PathBuf {
        self.folder.join(format!("{price}.line"))
    }
}

#[async_trait]
impl<P: PaymentProvider> PaymentProvider for BankTransfer<P> {
    fn info(&self) -> ProviderInfo {
        let inner = self.ledger.info();
        ProviderInfo::new(NAME, inner.mode).with_capabilities(inner.capabilities).with_caps(inner.caps)
    }

    async fn check(&self) -> Result<(), BackendError> {
        fs::create_dir_all(&self.folder).map_err(|cause| failed("check", &self.folder, cause))?;
        self.ledger.check().await
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.ledger.ensure_product(key, spec).await
    }

    /// The line of the price is written again on each call: the call may be the repeat after a crash.
    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        let price = self.ledger.ensure_price(key, spec).await?;
        let made = price.as_ref();
        let often = match made.interval {
            BillingInterval::OneTime => "once",
            BillingInterval::Month => "every month",
            _ => "every year",
        };
        let path = self.line(&made.id);
        let line = format!("{}: {} {often}\n", made.nickname, made.amount);
        write_whole(&path, line.as_bytes()).map_err(|cause| failed("ensure_price", &path, cause))?;
        Ok(price)
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        let link = self.ledger.ensure_payment_link(key, spec).await?;
        let made = link.as_ref();
        if made.active {
            let mut slip = format!("Transfer to {}\nReference {}\n\n", self.account, made.id);
            for price in &made.prices {
                let path = self.line(price);
                slip += &fs::read_to_string(&path)
                    .map_err(|cause| failed("ensure_payment_link", &path, cause))?;
            }
            let path = self.slip(&made.id);
            write_whole(&path, slip.as_bytes())
                .map_err(|cause| failed("ensure_payment_link", &path, cause))?;
        }
        Ok(link)
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        self.ledger.deactivate(key, object).await?;
        let ObjectRef::Link(link) = object else { return Ok(()) };
        let path = self.slip(link);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(failed("deactivate", &path, cause)),
            _ => Ok(()),
        }
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.ledger.find(run).await
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        self.ledger.payments(query).await
    }
}

/// The ledger may have done its part already: the same call with the same key completes the rest.
fn failed(operation: &'static str, path: &Path, cause: io::Error) -> BackendError {
    let message = format!("{} can't be used: see the cause, then repeat with the same key", path.display());
    BackendError::new(ErrorKind::Unavailable, NAME, operation, message)
        .with_effect(Effect::Unknown)
        .with_source(cause)
}
