//! A [`PaymentProvider`] for customers who pay by bank transfer, written from scratch: the books are a JSON file, and each
//! payment link is a payment slip in a text file.

mod book;
mod catalog;
mod slips;
mod transfers;

use std::path::{Path, PathBuf};

use ae_billing::{
    Capabilities, Caps, Ensured, LinkId, Mode, NewLink, NewPayment, NewPrice, NewProduct, ObjectRef, Page,
    Payment, PaymentLink, PaymentProvider, PaymentQuery, Price, Product, ProviderInfo, RequestError,
};
use ae_core::{BackendError, ErrorKind, IdempotencyKey, RunId, Runtime};
use async_trait::async_trait;

use self::{
    book::{Book, BookFile},
    catalog::Maker,
};

const NAME: &str = "bank-transfer";

/// Keeps `{folder}/book.json` and, for each link on sale, `{folder}/slips/{link id}.txt`: what it costs, where to pay, and
/// the reference that tells whose money came in. A link that is taken off sale loses its slip.
///
/// Nothing is charged. The operator reads the bank statement and [records](Self::record_transfer) what came in. Several
/// processes may share the folder: writers take turns under a lock, and a crash leaves the old book or the new one.
#[derive(Debug)]
pub struct BankTransfer {
    books: BookFile,
    slips: PathBuf,
    base_url: String,
    account: String,
    caps: Caps,
    runtime: Runtime,
}

impl BankTransfer {
    /// Books in `folder`, which is made when it is needed; transfers go to `account`, for example an IBAN. The folder
    /// `slips` in it is served at `base_url`.
    #[must_use]
    pub fn new(
        folder: impl AsRef<Path>,
        base_url: impl Into<String>,
        account: impl Into<String>,
        runtime: Runtime,
    ) -> Self {
        Self {
            books: BookFile::new(folder.as_ref()),
            slips: folder.as_ref().join("slips"),
            base_url: base_url.into().trim_end_matches('/').to_owned(),
            account: account.into(),
            caps: Caps::default(),
            runtime,
        }
    }

    /// Says what may be made.
    #[must_use]
    pub const fn with_caps(mut self, caps: Caps) -> Self {
        self.caps = caps;
        self
    }

    /// Where the slip of a link is while it is on sale.
    #[must_use]
    pub fn slip(&self, link: &LinkId) -> PathBuf {
        slips::path(&self.slips, link)
    }

    /// Records money that came in. Money for a sale that has ended since is recorded too, because it is there.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a price that the link does not sell or a payer reference that is no label, `NotFound` for a
    /// link that was never made, `Conflict` for a key that was used for something else; nothing is recorded then.
    pub fn record_transfer(
        &self,
        key: &IdempotencyKey,
        transfer: &NewPayment,
    ) -> Result<Payment, BackendError> {
        let now = self.runtime.now();
        self.books.change("record_transfer", |book| transfers::record(book, key, transfer, now))
    }

    fn make<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(Maker<'_>, &mut Book) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let info = self.info();
        let maker = Maker { operation, info: &info, base_url: &self.base_url, now: self.runtime.now() };
        self.books.change(operation, |book| work(maker, book))
    }
}

#[async_trait]
impl PaymentProvider for BankTransfer {
    fn info(&self) -> ProviderInfo {
        let capabilities = Capabilities::default().with_own_ids().with_durable_keys();
        ProviderInfo::new(NAME, Mode::Offline).with_capabilities(capabilities).with_caps(self.caps)
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.books.read("check").map(|_| ())
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.make("ensure_product", |maker, book| maker.product(book, key, spec))
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        self.make("ensure_price", |maker, book| maker.price(book, key, spec))
    }

    /// The slip is written on each call: the call may be the repeat after a crash.
    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        const OPERATION: &str = "ensure_payment_link";
        let link = self.make(OPERATION, |maker, book| maker.link(book, key, spec))?;
        self.books.locked(OPERATION, |book| slips::refresh(book, &self.slips, &self.account, OPERATION))?;
        Ok(link)
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        const OPERATION: &str = "deactivate";
        self.make(OPERATION, |maker, book| maker.end(book, key, object))?;
        self.books.locked(OPERATION, |book| slips::refresh(book, &self.slips, &self.account, OPERATION))
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        Ok(self.books.read("find")?.objects(run))
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        transfers::page(self.books.read("payments")?, query)
    }
}

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}

fn bad<T>(operation: &'static str, message: impl Into<String>) -> Result<T, BackendError> {
    Err(error(ErrorKind::InvalidInput, operation, message))
}

/// What is wrong with a request, as the answer of `operation`.
fn refused(operation: &'static str) -> impl Fn(RequestError) -> BackendError {
    move |wrong| error(wrong.kind(), operation, wrong.to_string())
}
