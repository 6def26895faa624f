//! Rows in memory, with a journal.

use std::sync::{Arc, Mutex, PoisonError};

use ae_core::{BackendError, Runtime, Timestamp};

use super::{
    journal::{JournalEntry, JournalHead},
    records::{Records, Store},
    rows::Rows,
};
use crate::{BillingConfig, OfflineLedger};

/// The offline ledger in memory: for tests and trials. Clones share the books; they end with the last clone.
pub type MemoryLedger = OfflineLedger<MemoryStore>;

impl MemoryLedger {
    /// An empty ledger whose links are `{base_url}/pay/{link id}`.
    pub fn new(runtime: Runtime, base_url: impl Into<String>) -> Self {
        Self::with_config(runtime, BillingConfig::new(base_url))
    }

    /// An empty ledger set up with `config`.
    pub fn with_config(runtime: Runtime, config: BillingConfig) -> Self {
        Self::on(MemoryStore::default(), runtime, config)
    }
}

/// Keeps rows in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Books>>);

#[derive(Debug, Default)]
struct Books {
    rows: Rows,
    journal: Vec<JournalEntry>,
}

impl Store for MemoryStore {
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        work(&self.0.lock().unwrap_or_else(PoisonError::into_inner).rows)
    }

    async fn write<T: Send + 'static>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Books { rows, journal } = &mut *books;
        let done = rows.change(|rows| work(rows))?;
        for (table, row) in rows.changed() {
            let head = journal.last().map_or_else(JournalHead::empty, JournalHead::from);
            journal.push(head.next(now.to_string(), table.as_str(), row.clone()));
        }
        Ok(done)
    }

    async fn audit<T: Send + 'static>(
        &self,
        work: impl FnOnce(Vec<JournalEntry>, &dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(books.journal.clone(), &books.rows)
    }
}
