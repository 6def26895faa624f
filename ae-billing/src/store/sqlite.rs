//! Rows in an SQLite file.

use std::{path::Path, sync::Arc};

use ae_core::{BackendError, ErrorKind, Runtime, Timestamp};
use ae_core_sqlite::{
    Database, Options, Schema,
    rusqlite::{self, Connection, OptionalExtension as _, params, types::Value},
};

use super::{
    journal::{JournalEntry, JournalHead},
    records::{BACKEND, Find, Records, Row, Store, Table, error},
};
use crate::{BillingConfig, OfflineLedger};

/// The offline ledger in an SQLite file. Several processes may share it, and the file may hold other tables: these
/// have names that begin with `billing_`.
///
/// Calls run on a thread of the ledger, one after another; one waits at most 10 s while another process holds the file.
pub type SqliteBilling = OfflineLedger<SqliteStore>;

impl SqliteBilling {
    /// Opens the ledger in the file at `path`, which must be there.
    ///
    /// # Errors
    ///
    /// `NotFound`, naming the path, when the file or the ledger in it is missing. `Unsupported` when it was written by a
    /// newer version, `Protocol` when it is damaged or not a database: nothing is changed then. `PermissionDenied`,
    /// `StorageFull`, `Unavailable` when it can't be opened.
    pub fn open(
        path: impl AsRef<Path>,
        runtime: Runtime,
        config: BillingConfig,
    ) -> Result<Self, BackendError> {
        Self::with_options(path, &Options::existing(), runtime, config)
    }

    /// Opens the ledger in the file at `path`, and makes what is missing.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), without `NotFound`.
    pub fn open_or_create(
        path: impl AsRef<Path>,
        runtime: Runtime,
        config: BillingConfig,
    ) -> Result<Self, BackendError> {
        Self::with_options(path, &Options::create(), runtime, config)
    }

    /// Opens the ledger in the file at `path` for reading alone, also on a disk that can't be written; every call that
    /// writes is refused with `PermissionDenied`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_read_only(
        path: impl AsRef<Path>,
        runtime: Runtime,
        config: BillingConfig,
    ) -> Result<Self, BackendError> {
        Self::with_options(path, &Options::read_only(), runtime, config)
    }

    fn with_options(
        path: impl AsRef<Path>,
        options: &Options,
        runtime: Runtime,
        config: BillingConfig,
    ) -> Result<Self, BackendError> {
        let (first, orders, books) = (first_tables(), table_of(Table::Orders), BOOKS.map(table_of).concat());
        let migrations = [first.as_str(), orders.as_str(), books.as_str()];
        let schema = Schema::new(BACKEND, "billing", &migrations);
        let database = Database::open(path, &schema, options)?;
        Ok(Self::on(SqliteStore(Arc::new(database)), runtime, config))
    }
}

/// Keeps rows in an SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore(Arc<Database>);

impl Store for SqliteStore {
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let file = Arc::clone(&self.0);
        let read =
            move |connection: &Connection| Ok(work(&Rows::new(&file, connection, Timestamp::UNIX_EPOCH))?);
        self.0.read("read", read).await
    }

    async fn write<T: Send + 'static>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let file = Arc::clone(&self.0);
        self.0.write("write", move |connection| Ok(work(&mut Rows::new(&file, connection, now))?)).await
    }

    async fn audit<T: Send + 'static>(
        &self,
        work: impl FnOnce(Vec<JournalEntry>, &dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let file = Arc::clone(&self.0);
        let audit = move |connection: &Connection| {
            let rows = Rows::new(&file, connection, Timestamp::UNIX_EPOCH);
            Ok(work(rows.journal()?, &rows)?)
        };
        self.0.read("audit", audit).await
    }
}

struct Rows<'a> {
    database: &'a Database,
    connection: &'a Connection,
    now: Timestamp,
}

impl<'a> Rows<'a> {
    const fn new(database: &'a Database, connection: &'a Connection, now: Timestamp) -> Self {
        Self { database, connection, now }
    }

    fn failed(&self, operation: &'static str) -> impl Fn(rusqlite::Error) -> BackendError {
        move |source| self.database.error(operation, source)
    }

    fn journal(&self) -> Result<Vec<JournalEntry>, BackendError> {
        let failed = self.failed("audit");
        let sql =
            "SELECT id, run, owner, body, position, at, tab, hash FROM billing_journal ORDER BY position";
        let mut statement = self.connection.prepare(sql).map_err(&failed)?;
        let mut rows = statement.query([]).map_err(&failed)?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            let hash: String = row.get(7).map_err(&failed)?;
            let position = position(row.get(4).map_err(&failed)?)?;
            let hash = hash.parse().map_err(|_| damaged(&format!("entry {position} of the journal")))?;
            let (at, table) = (row.get(5).map_err(&failed)?, row.get(6).map_err(&failed)?);
            entries.push(JournalEntry { position, at, table, row: row_of(row).map_err(&failed)?, hash });
        }
        Ok(entries)
    }

    fn head(&self) -> Result<JournalHead, BackendError> {
        let failed = self.failed("write");
        let last: Option<(i64, String)> = self
            .connection
            .prepare_cached("SELECT position, hash FROM billing_journal ORDER BY position DESC LIMIT 1")
            .map_err(&failed)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(&failed)?;
        let Some((entries, hash)) = last else {
            return Ok(JournalHead::empty());
        };
        let hash = hash.parse().map_err(|_| damaged("the end of the journal"))?;
        Ok(JournalHead { entries: position(entries)?, hash })
    }
}

impl Records for Rows<'_> {
    fn get(&self, table: Table, id: &str) -> Result<Option<Row>, BackendError> {
        let failed = self.failed("read");
        self.connection
            .prepare_cached(&format!("SELECT id, run, owner, body FROM {} WHERE id = ?1", table.as_str()))
            .map_err(&failed)?
            .query_row([id], row_of)
            .optional()
            .map_err(failed)
    }

    fn find(&self, table: Table, find: Find<'_>) -> Result<Vec<(u64, Row)>, BackendError> {
        let failed = self.failed("read");
        let (beyond, order) = if find.newest_first { ("<", "DESC") } else { (">", "ASC") };
        let mut sql = format!(
            "SELECT id, run, owner, body, position FROM {} WHERE position {beyond} ?",
            table.as_str()
        );
        let after = if find.newest_first && find.after == 0 { u64::MAX } else { find.after };
        let mut values = vec![Value::from(i64::try_from(after).unwrap_or(i64::MAX))];
        for (column, value) in [("run", find.run), ("owner", find.owner)] {
            if let Some(value) = value {
                sql.push_str(&format!(" AND {column} = ?"));
                values.push(Value::from(value.to_owned()));
            }
        }
        sql.push_str(&format!(" ORDER BY position {order} LIMIT ?"));
        values.push(Value::from(i64::from(find.limit)));
        let mut statement = self.connection.prepare_cached(&sql).map_err(&failed)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(&failed)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            let place = position(row.get(4).map_err(&failed)?)?;
            found.push((place, row_of(row).map_err(&failed)?));
        }
        Ok(found)
    }

    fn count(&self, table: Table) -> Result<u64, BackendError> {
        let sql = format!("SELECT count(*) FROM {}", table.as_str());
        position(self.connection.query_row(&sql, [], |row| row.get(0)).map_err(self.failed("read"))?)
    }

    fn put(&mut self, table: Table, row: Row) -> Result<(), BackendError> {
        let failed = self.failed("write");
        let entry = self.head()?.next(self.now.to_string(), table.as_str(), row);
        let position = i64::try_from(entry.position).map_err(|_| damaged("the end of the journal"))?;
        let (row, hash) = (&entry.row, entry.hash.to_string());
        self.connection
            .prepare_cached("INSERT INTO billing_journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .and_then(|mut insert| {
                insert.execute(params![
                    position,
                    entry.at,
                    entry.table,
                    row.id,
                    row.run,
                    row.owner,
                    row.body,
                    hash
                ])
            })
            .map_err(&failed)?;
        let sql = format!(
            "INSERT INTO {} (id, run, owner, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE
             SET run = excluded.run, owner = excluded.owner, body = excluded.body",
            table.as_str()
        );
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut insert| insert.execute(params![row.id, row.run, row.owner, row.body]))
            .map_err(&failed)?;
        Ok(())
    }
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { id: row.get(0)?, run: row.get(1)?, owner: row.get(2)?, body: row.get(3)? })
}

fn position(value: i64) -> Result<u64, BackendError> {
    u64::try_from(value).map_err(|_| damaged("a position"))
}

fn damaged(what: &str) -> BackendError {
    error(ErrorKind::Protocol, "read", format!("{what} is damaged: restore the ledger from a copy"))
}

/// The tables that version 3 adds: prices known from elsewhere, the names that lead to agreements, other names of payments, disputes.
const BOOKS: [Table; 4] = [Table::Names, Table::Sales, Table::Aliases, Table::Disputes];

/// Version 1: the journal and every table but that of orders, which version 2 adds, and those of [`BOOKS`].
fn first_tables() -> String {
    let mut sql = String::from(
        "CREATE TABLE billing_journal (
            position INTEGER PRIMARY KEY, at TEXT NOT NULL, tab TEXT NOT NULL, id TEXT NOT NULL,
            run TEXT NOT NULL, owner TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
        CREATE TRIGGER billing_journal_no_update BEFORE UPDATE ON billing_journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
        CREATE TRIGGER billing_journal_no_delete BEFORE DELETE ON billing_journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;",
    );
    for table in Table::ALL.iter().filter(|table| **table != Table::Orders && !BOOKS.contains(table)) {
        sql.push_str(&table_of(*table));
    }
    sql
}

fn table_of(name: Table) -> String {
    format!(
        "CREATE TABLE {name} (
            position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
            run TEXT NOT NULL, owner TEXT NOT NULL, body TEXT NOT NULL) STRICT;
        CREATE INDEX {name}_run ON {name} (run, position);
        CREATE INDEX {name}_owner ON {name} (owner, position);"
    )
}
