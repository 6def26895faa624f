//! A journal in memory.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use super::{OrderEntry, OrderJournal};

/// A journal of purchases that is lost when the program ends: for tests.
#[derive(Debug, Default)]
pub struct MemoryOrderJournal {
    entries: Mutex<BTreeMap<IdempotencyKey, OrderEntry>>,
}

impl MemoryOrderJournal {
    fn locked(&self) -> MutexGuard<'_, BTreeMap<IdempotencyKey, OrderEntry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl OrderJournal for MemoryOrderJournal {
    async fn read(&self, key: &IdempotencyKey) -> Result<Option<OrderEntry>, BackendError> {
        Ok(self.locked().get(key).cloned())
    }

    async fn write(&self, key: &IdempotencyKey, entry: &OrderEntry) -> Result<(), BackendError> {
        self.locked().insert(key.clone(), entry.clone());
        Ok(())
    }

    async fn forget(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        self.locked().remove(key);
        Ok(())
    }

    async fn find(&self, order: &str) -> Result<Option<OrderEntry>, BackendError> {
        let is_it = |entry: &&OrderEntry| entry.order.as_ref().is_some_and(|found| found.id == order);
        Ok(self.locked().values().find(is_it).cloned())
    }
}
