//! Rows in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use ae_core::{BackendError, Runtime, Timestamp};

use super::{
    journal::{JournalEntry, JournalHead},
    records::{Find, Records, Row, Store, Table},
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

type Name = (Table, String);
/// A row and the position of its first write.
type Placed = (u64, Row);

#[derive(Debug, Clone, Default)]
struct Books {
    rows: BTreeMap<Name, Placed>,
    journal: Vec<JournalEntry>,
}

impl Books {
    fn head(&self) -> JournalHead {
        self.journal.last().map_or_else(JournalHead::empty, JournalHead::from)
    }

    fn find(&self, table: Table, find: Find<'_>) -> Vec<(u64, Row)> {
        let mut found: Vec<_> = self
            .rows
            .range((table, String::new())..)
            .take_while(|((of, _), _)| *of == table)
            .filter(|(_, (position, row))| find.matches(*position, row))
            .map(|(_, found)| found.clone())
            .collect();
        found.sort_by_key(|(position, _)| *position);
        found.truncate(usize::try_from(find.limit).unwrap_or(usize::MAX));
        found
    }

    fn count(&self, table: Table) -> u64 {
        self.rows.range((table, String::new())..).take_while(|((of, _), _)| *of == table).map(|_| 1).sum()
    }
}

impl Store for MemoryStore {
    fn read<T>(&self, work: impl FnOnce(&dyn Records) -> Result<T, BackendError>) -> Result<T, BackendError> {
        let books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(&Snapshot(&books))
    }

    fn write<T>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut dyn Records) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut change = Change { books: &mut books, undo: Vec::new(), journal_before: 0, now };
        change.journal_before = change.books.journal.len();
        let done = work(&mut change);
        if done.is_err() {
            change.roll_back();
        }
        done
    }

    fn audit<T>(
        &self,
        work: impl FnOnce(Vec<JournalEntry>, &dyn Records) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(books.journal.clone(), &Snapshot(&books))
    }
}

struct Snapshot<'a>(&'a Books);

impl Records for Snapshot<'_> {
    fn get(&self, table: Table, id: &str) -> Result<Option<Row>, BackendError> {
        Ok(self.0.rows.get(&(table, id.to_owned())).map(|(_, row)| row.clone()))
    }

    fn find(&self, table: Table, find: Find<'_>) -> Result<Vec<(u64, Row)>, BackendError> {
        Ok(self.0.find(table, find))
    }

    fn count(&self, table: Table) -> Result<u64, BackendError> {
        Ok(self.0.count(table))
    }

    fn put(&mut self, _: Table, _: Row) -> Result<(), BackendError> {
        Err(super::records::error(ae_core::ErrorKind::Internal, "read", "a snapshot can't be written"))
    }
}

/// A write under way; what it replaced is remembered until it ends.
struct Change<'a> {
    books: &'a mut Books,
    undo: Vec<(Name, Option<Placed>)>,
    journal_before: usize,
    now: Timestamp,
}

impl Change<'_> {
    fn roll_back(&mut self) {
        for (key, before) in self.undo.drain(..).rev() {
            match before {
                Some(row) => self.books.rows.insert(key, row),
                None => self.books.rows.remove(&key),
            };
        }
        self.books.journal.truncate(self.journal_before);
    }
}

impl Records for Change<'_> {
    fn get(&self, table: Table, id: &str) -> Result<Option<Row>, BackendError> {
        Snapshot(self.books).get(table, id)
    }

    fn find(&self, table: Table, find: Find<'_>) -> Result<Vec<(u64, Row)>, BackendError> {
        Ok(self.books.find(table, find))
    }

    fn count(&self, table: Table) -> Result<u64, BackendError> {
        Ok(self.books.count(table))
    }

    fn put(&mut self, table: Table, row: Row) -> Result<(), BackendError> {
        let entry = self.books.head().next(self.now.to_string(), table.name(), row.clone());
        self.books.journal.push(entry);
        let key = (table, row.id.clone());
        let before = self.books.rows.get(&key).cloned();
        let position = before.as_ref().map_or_else(|| self.books.count(table) + 1, |(position, _)| *position);
        self.books.rows.insert(key.clone(), (position, row));
        self.undo.push((key, before));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ae_core::ErrorKind;

    use super::*;

    fn row(id: &str, body: &str) -> Row {
        Row { id: id.into(), run: "r".into(), owner: String::new(), body: body.into() }
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let store = MemoryStore::default();
        store.write(Timestamp::UNIX_EPOCH, |records| records.put(Table::Keys, row("a", "1"))).unwrap();
        let before = store.0.lock().unwrap().clone();
        let failed = store.write(Timestamp::UNIX_EPOCH, |records| {
            records.put(Table::Keys, row("a", "2"))?;
            records.put(Table::Keys, row("b", "3"))?;
            records.put(Table::Keys, row("a", "4"))?;
            Err::<(), _>(super::super::records::error(ErrorKind::Internal, "test", "stop"))
        });
        assert!(failed.is_err());
        let after = store.0.lock().unwrap().clone();
        assert_eq!((after.rows, after.journal), (before.rows, before.journal));
    }
}
