//! The books: `book.json`, read whole and replaced whole.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use ae_billing::{ObjectRef, Payment, PaymentLink, Price, Product};
use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, RunId};
use serde::{Deserialize, Serialize};

use super::error;
use crate::write_whole;

/// Everything that was made, oldest first, and what each key did.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Book {
    keys: BTreeMap<IdempotencyKey, (String, Digest)>,
    pub(super) products: Vec<Product>,
    pub(super) prices: Vec<Price>,
    pub(super) links: Vec<PaymentLink>,
    pub(super) payments: Vec<Payment>,
}

impl Book {
    /// Binds `key` to this request. `true` when it was bound to the same one before.
    pub(super) fn claim(
        &mut self,
        key: &IdempotencyKey,
        operation: &'static str,
        request: &impl Serialize,
    ) -> Result<bool, BackendError> {
        let request = Digest::of_json("bank-transfer-request/1", request).map_err(|cause| {
            error(ErrorKind::Internal, operation, "the request is no JSON").with_source(cause)
        })?;
        match self.keys.get(key) {
            Some((did, with)) if did == operation && *with == request => Ok(true),
            Some((did, _)) => {
                let message = format!("key {key} was used for another {did} request: derive a new one");
                Err(error(ErrorKind::Conflict, operation, message))
            }
            None => {
                self.keys.insert(key.clone(), (operation.to_owned(), request));
                Ok(false)
            }
        }
    }

    pub(super) fn objects(&self, run: RunId) -> Vec<ObjectRef> {
        let products = self.products.iter().filter(|product| product.run == run);
        let prices = self.prices.iter().filter(|price| price.run == run);
        let links = self.links.iter().filter(|link| link.run == run);
        products
            .map(|product| ObjectRef::Product(product.id.clone()))
            .chain(prices.map(|price| ObjectRef::Price(price.id.clone())))
            .chain(links.map(|link| ObjectRef::Link(link.id.clone())))
            .collect()
    }
}

/// Where the book is.
#[derive(Debug)]
pub(super) struct BookFile {
    folder: PathBuf,
    path: PathBuf,
}

impl BookFile {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), path: folder.join("book.json") }
    }

    /// The book as it is now; nothing was made where there is no file. No lock: the file is always whole.
    pub(super) fn read(&self, operation: &'static str) -> Result<Book, BackendError> {
        match fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|cause| {
                let message =
                    format!("{} is damaged or of a newer version: restore or upgrade", self.path.display());
                error(ErrorKind::Protocol, operation, message).with_source(cause)
            }),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Book::default()),
            Err(cause) => Err(failed(operation, &self.path, cause)),
        }
    }

    /// Works on the book while no other handle or process does.
    pub(super) fn locked<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Book) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let _lock = self.lock().map_err(|cause| failed(operation, &self.folder, cause))?;
        work(&self.read(operation)?)
    }

    /// Changes the book: what `work` did is kept when it succeeds, nothing of it when it fails.
    pub(super) fn change<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Book) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        self.locked(operation, |before| {
            let mut book = before.clone();
            let answer = work(&mut book)?;
            if book != *before {
                let bytes = serde_json::to_vec_pretty(&book).map_err(|cause| {
                    error(ErrorKind::Internal, operation, "the book is no JSON").with_source(cause)
                })?;
                write_whole(&self.path, &bytes).map_err(|cause| failed(operation, &self.path, cause))?;
            }
            Ok(answer)
        })
    }

    /// The lock ends with the file handle, after a crash too.
    fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join("book.lock");
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        fs4::FileExt::lock(&file)?;
        Ok(file)
    }
}

/// An I/O failure; repeating the call with the same key is safe.
pub(super) fn failed(operation: &'static str, path: &Path, cause: io::Error) -> BackendError {
    let kind = match cause.kind() {
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        io::ErrorKind::StorageFull => ErrorKind::QuotaExceeded,
        _ => ErrorKind::Unavailable,
    };
    let message = format!("{} can't be used: see the cause, then repeat with the same key", path.display());
    error(kind, operation, message).with_source(cause)
}
