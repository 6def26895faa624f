//! A [`PaymentProvider`] for customers who pay by bank transfer: the books are an [`ae_billing::Catalog`] in a JSON file,
//! and each payment link is a payment slip in a text file.

use std::{
    fs::{self, File},
    io::{Error, ErrorKind as Io},
    path::{Path, PathBuf},
};

use ae_billing::{
    Capabilities, Caps, Catalog, Ensured, LinkId, LinkView, Mode, NewLink, NewPayment, NewPrice, NewProduct,
    ObjectRef, Page, Payment, PaymentLink, PaymentProvider, PaymentQuery, Price, Product, ProviderInfo,
    Terms,
};
use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, RunId, Runtime};
use async_trait::async_trait;

use crate::write_whole;

const NAME: &str = "bank-transfer";

/// Keeps `{folder}/book.json` and, for each link on sale, `{folder}/slips/{link id}.txt`: the prices, where to pay, and
/// the reference that names the payment. A link that is taken off sale loses its slip.
///
/// Nothing is charged. The operator reads the bank statement and [records](Self::record_transfer) what came in. Several
/// processes may share the folder: writers take turns under a lock, and a crash leaves the old book or the new one.
#[derive(Debug)]
pub struct BankTransfer {
    folder: PathBuf,
    base_url: String,
    account: String,
    info: ProviderInfo,
    runtime: Runtime,
}

impl BankTransfer {
    /// Books in `folder`, which is made when it is needed; transfers go to `account`, for example an IBAN. The folder
    /// `slips` in it is served at `base_url`.
    pub fn new(
        folder: impl Into<PathBuf>,
        base_url: impl Into<String>,
        account: impl Into<String>,
        runtime: Runtime,
    ) -> Self {
        let capabilities =
            Capabilities::default().with_own_ids().with_durable_keys().with_deactivates().with_choice();
        Self {
            folder: folder.into(),
            base_url: base_url.into().trim_end_matches('/').to_owned(),
            account: account.into(),
            info: ProviderInfo::new(NAME, Mode::Offline).with_capabilities(capabilities),
            runtime,
        }
    }

    /// Sets what may be made.
    #[must_use]
    pub fn with_caps(mut self, caps: Caps) -> Self {
        self.info = self.info.with_caps(caps);
        self
    }

    /// The slip of a link while it is on sale.
    pub fn slip(&self, link: &LinkId) -> PathBuf {
        self.folder.join("slips").join(format!("{link}.txt"))
    }

    /// Records money that came in, also for a sale that has ended since.
    ///
    /// # Errors
    ///
    /// As [`Catalog::record_payment`]; nothing is recorded then.
    pub fn record_transfer(
        &self,
        key: &IdempotencyKey,
        transfer: &NewPayment,
    ) -> Result<Payment, BackendError> {
        self.change("record_transfer", |book, terms| book.record_payment(terms, key, transfer))
            .map(Ensured::into_inner)
    }

    /// The book as it is now; nothing was made where there is no file. No lock: the file is always whole.
    fn read(&self, operation: &'static str) -> Result<Catalog, BackendError> {
        let path = self.folder.join("book.json");
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|cause| {
                let message = format!("{} is damaged: restore it from a copy", path.display());
                BackendError::new(ErrorKind::Protocol, NAME, operation, message).with_source(cause)
            }),
            Err(cause) if cause.kind() == Io::NotFound => Ok(Catalog::default()),
            Err(cause) => Err(failed(operation, &path, cause)),
        }
    }

    /// Changes the book while no other handle or process does, then makes the slips say what it says. A repeat of the
    /// call completes the slips after a crash.
    fn change<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Catalog, Terms<'_>) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let _lock = self.lock().map_err(|cause| failed(operation, &self.folder, cause))?;
        let terms = Terms::new(&self.info, &self.base_url, self.runtime.now());
        let before = self.read(operation)?;
        let mut book = before.clone();
        let answer = work(&mut book, terms)?;
        let path = self.folder.join("book.json");
        if book != before {
            let bytes = serde_json::to_vec_pretty(&book).map_err(Error::other);
            let written = bytes.and_then(|bytes| write_whole(&path, &bytes));
            written.map_err(|cause| failed(operation, &path, cause))?;
        }
        for view in book.links(terms)? {
            let path = self.slip(&view.link.id);
            let written = match slip(&view, &self.account) {
                Some(text) if fs::read(&path).is_ok_and(|present| present == text.as_bytes()) => Ok(()),
                Some(text) => write_whole(&path, text.as_bytes()),
                None => fs::remove_file(&path)
                    .or_else(|cause| if cause.kind() == Io::NotFound { Ok(()) } else { Err(cause) }),
            };
            written.map_err(|cause| failed(operation, &path, cause).with_effect(Effect::Unknown))?;
        }
        Ok(answer)
    }

    /// The lock ends with the file handle, after a crash too.
    fn lock(&self) -> Result<File, Error> {
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join("book.lock");
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        fs4::FileExt::lock(&file)?;
        Ok(file)
    }
}

#[async_trait]
impl PaymentProvider for BankTransfer {
    fn info(&self) -> ProviderInfo {
        self.info.clone()
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.read("check").map(|_| ())
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.change("ensure_product", |book, terms| book.ensure_product(terms, key, spec))
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        self.change("ensure_price", |book, terms| book.ensure_price(terms, key, spec))
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        let made =
            self.change("ensure_payment_link", |book, terms| book.ensure_payment_link(terms, key, spec))?;
        Ok(made.map(|mut link| {
            link.url = format!("{}/{}.txt", self.base_url, link.id);
            link
        }))
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        self.change("deactivate", |book, terms| book.deactivate(terms, key, object))
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.read("find")?.find(run)
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        self.read("payments")?.payments(query)
    }
}

/// The slip of a link, or `None` when nothing is on sale there.
fn slip(view: &LinkView, account: &str) -> Option<String> {
    let line = |price: &Price| format!("{}: {} {}\n", price.nickname, price.charge, price.interval.words());
    let offered: String = view.prices.iter().filter(|price| price.active).map(line).collect();
    let next: String = view.link.success_url.iter().map(|next| format!("\nThen go on at {next}\n")).collect();
    let text = format!("Transfer to {account}\nReference {}\n\n{offered}{next}", view.link.id);
    (view.link.active && view.product.active && !offered.is_empty()).then_some(text)
}

/// An I/O failure; repeating the call with the same key is safe.
fn failed(operation: &'static str, path: &Path, cause: Error) -> BackendError {
    let kind = match cause.kind() {
        Io::PermissionDenied => ErrorKind::PermissionDenied,
        Io::StorageFull => ErrorKind::StorageFull,
        _ => ErrorKind::Unavailable,
    };
    let message = format!("{} can't be used: see the cause, then repeat with the same key", path.display());
    BackendError::new(kind, NAME, operation, message).with_source(cause)
}
