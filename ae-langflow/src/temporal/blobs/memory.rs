//! Large values in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use ae_core::{BackendError, Digest};
use async_trait::async_trait;

use super::BlobStore;
use crate::{host::Blob, node::locked};

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
        locked(&self.0).len()
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
        locked(&self.0).insert(blob.digest, blob.text);
        Ok(())
    }

    async fn get(&self, digest: Digest) -> Result<Option<Arc<str>>, BackendError> {
        Ok(locked(&self.0).get(&digest).cloned())
    }
}
