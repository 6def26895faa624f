//! The checks of the blob store can fail: stores with one fault each, and the clause that catches it.

use std::sync::{Arc, Mutex};

use ae_core::{BackendError, Digest, ErrorKind, conformance::faults};
use ae_langflow::{
    conformance::blob_store,
    host::Blob,
    temporal::{BlobStore, DirectoryBlobs, MemoryBlobs},
};
use async_trait::async_trait;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    KeepsTheLastAlone,
    CutsTexts,
    RefusesRepeats,
    InventsValues,
}

#[derive(Debug)]
struct Faulty {
    inner: Mutex<MemoryBlobs>,
    fault: Fault,
}

impl Faulty {
    /// The blobs that are kept now, apart from the lock.
    fn take(&self) -> MemoryBlobs {
        std::mem::take(&mut self.inner.lock().unwrap())
    }
}

#[async_trait]
impl BlobStore for Faulty {
    async fn put(&self, mut blob: Blob) -> Result<(), BackendError> {
        let inner = if self.fault == Fault::KeepsTheLastAlone { MemoryBlobs::new() } else { self.take() };
        let known = inner.get(blob.digest).await?.is_some();
        if self.fault == Fault::CutsTexts {
            blob.text = blob.text.chars().take(1 << 16).collect::<String>().into();
        }
        inner.put(blob).await?;
        *self.inner.lock().unwrap() = inner;
        if known && self.fault == Fault::RefusesRepeats {
            return Err(BackendError::new(ErrorKind::Conflict, "test", "put", "the value is there"));
        }
        Ok(())
    }

    async fn get(&self, digest: Digest) -> Result<Option<Arc<str>>, BackendError> {
        let inner = self.take();
        let found = inner.get(digest).await;
        *self.inner.lock().unwrap() = inner;
        let invented = (self.fault == Fault::InventsValues).then(|| Arc::from("null"));
        found.map(|found| found.or(invented))
    }
}

#[tokio::test]
async fn memory_and_a_folder_conform() {
    blob_store::run_all(&MemoryBlobs::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let blobs = DirectoryBlobs::open(folder.path().join("blobs")).unwrap();
    blob_store::run_all(&blobs).await;
    blob_store::run_all(&blobs).await;
}

#[tokio::test]
async fn every_fault_is_caught_by_its_clause() {
    let wrong = [
        ("C1", Fault::KeepsTheLastAlone),
        ("C1", Fault::CutsTexts),
        ("C2", Fault::RefusesRepeats),
        ("C3", Fault::InventsValues),
    ];
    let ran = blob_store::run_all(&MemoryBlobs::new()).await;
    let suite = |fault| async move { blob_store::run_all(&Faulty { inner: Mutex::default(), fault }).await };
    faults(&ran, wrong, suite).await;
}
