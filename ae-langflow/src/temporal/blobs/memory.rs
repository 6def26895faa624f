//! Large values in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use ae_core::{BackendError, Digest};
use async_trait::async_trait;

use super::BlobStore;
use crate::host::Blob;

/// Keeps values in this process, for tests and for programs that are client and worker in one.
#[derive(Debug, Default)]
pub struct MemoryBlobs(Mutex<BTreeMap<Digest, Arc<str>>>);

impl MemoryBlobs {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many values it keeps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether it keeps nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn put(&self, blob: Blob) -> Result<(), BackendError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(blob.digest, blob.text);
        Ok(())
    }

    async fn get(&self, digest: Digest) -> Result<Option<Arc<str>>, BackendError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned())
    }
}
