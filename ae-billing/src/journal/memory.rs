//! A journal in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use crate::{RequestJournal, StoredRequest};

type Requests = BTreeMap<(String, IdempotencyKey), StoredRequest>;

/// A journal in memory, shared by its clones. It does not survive a restart: what was on its way then is found again by the
/// vendor's natural keys alone.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal(Arc<Mutex<Requests>>);

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(request: &StoredRequest) -> (String, IdempotencyKey) {
    (request.scope.clone(), request.key.clone())
}

#[async_trait]
impl RequestJournal for MemoryJournal {
    async fn begin(&self, request: &StoredRequest) -> Result<StoredRequest, BackendError> {
        Ok(self.lock().entry(name(request)).or_insert_with(|| request.clone()).clone())
    }

    async fn get(&self, scope: &str, key: &IdempotencyKey) -> Result<Option<StoredRequest>, BackendError> {
        Ok(self.lock().get(&(scope.to_owned(), key.clone())).cloned())
    }

    async fn put(&self, request: &StoredRequest) -> Result<(), BackendError> {
        self.lock().insert(name(request), request.clone());
        Ok(())
    }

    async fn remove(&self, scope: &str, key: &IdempotencyKey) -> Result<(), BackendError> {
        self.lock().remove(&(scope.to_owned(), key.clone()));
        Ok(())
    }
}
