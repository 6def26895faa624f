//! Rows in memory, with a journal.

use std::sync::{Arc, Mutex, PoisonError};

use ae_core::{BackendError, Runtime, Timestamp};

use super::{
    journal::{JournalEntry, JournalHead},
    records::{Find, Records, Row, Store, Table},
    rows::Rows,
};
use crate::{BillingConfig, OfflineLedger};

/// The offline ledger in memory: for tests and trials. Clones share the books; they end with the last clone.
pub type MemoryLedger = OfflineLedger<MemoryStore>;

impl MemoryLedger {
    /// An empty ledger whose links are `{base_url}/pay/{link id}`.
    #[must_use]
    pub fn new(runtime: Runtime, base_url: impl Into<String>) -> Self {
        Self::with_config(runtime, BillingConfig::new(base_url))
    }

    /// An empty ledger set up with `config`.
    #[must_use]
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
    fn read<T>(&self, work: impl FnOnce(&dyn Records) -> Result<T, BackendError>) -> Result<T, BackendError> {
        work(&self.0.lock().unwrap_or_else(PoisonError::into_inner).rows)
    }

    fn write<T>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut dyn Records) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Books { rows, journal } = &mut *books;
        let whole = journal.len();
        let done = rows.change(|rows| work(&mut Journaled { rows, journal, now }));
        if done.is_err() {
            journal.truncate(whole);
        }
        done
    }

    fn audit<T>(
        &self,
        work: impl FnOnce(Vec<JournalEntry>, &dyn Records) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(books.journal.clone(), &books.rows)
    }
}

struct Journaled<'a> {
    rows: &'a mut Rows,
    journal: &'a mut Vec<JournalEntry>,
    now: Timestamp,
}

impl Records for Journaled<'_> {
    fn get(&self, table: Table, id: &str) -> Result<Option<Row>, BackendError> {
        self.rows.get(table, id)
    }

    fn find(&self, table: Table, find: Find<'_>) -> Result<Vec<(u64, Row)>, BackendError> {
        self.rows.find(table, find)
    }

    fn count(&self, table: Table) -> Result<u64, BackendError> {
        self.rows.count(table)
    }

    fn put(&mut self, table: Table, row: Row) -> Result<(), BackendError> {
        let head = self.journal.last().map_or_else(JournalHead::empty, JournalHead::from);
        self.journal.push(head.next(self.now.to_string(), table.as_str(), row.clone()));
        self.rows.put(table, row)
    }
}
