//! Rows in an SQLite file.

mod failure;
mod schema;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ae_core::{BackendError, Effect, Runtime, Timestamp};
use rusqlite::{
    Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, params, types::Value,
};

use super::{
    journal::{JournalEntry, JournalHead},
    records::{Find, Records, Row, Store, Table},
};
use crate::{BillingConfig, OfflineLedger};
use failure::{damaged, store_error};
use schema::{make_tables, refuse_newer};

/// How long a writer waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The offline ledger in an SQLite file. Several processes may share it, and the file may hold other tables: these
/// have names that begin with `billing_`.
///
/// Its calls block for the time of one short transaction, at most 10 s when another process keeps the file.
pub type SqliteBilling = OfflineLedger<SqliteStore>;

impl SqliteBilling {
    /// Opens the ledger in the file at `path`, which is made when it is not there.
    ///
    /// # Errors
    ///
    /// `Protocol` when the file is no database, is damaged or was written by a newer version: nothing is changed then.
    /// `PermissionDenied`, `QuotaExceeded`, `Unavailable` when it can't be opened.
    pub fn open(
        path: impl AsRef<Path>,
        runtime: Runtime,
        config: BillingConfig,
    ) -> Result<Self, BackendError> {
        Ok(Self::on(SqliteStore::open(path.as_ref())?, runtime, config))
    }
}

/// Keeps rows in an SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore(Arc<Mutex<Connection>>);

impl SqliteStore {
    fn open(path: &Path) -> Result<Self, BackendError> {
        let failed = |source| store_error("open", source);
        let mut connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        refuse_newer(&connection)?;
        use_write_ahead_log(&connection)?;
        // Money: a commit is on the disk before it is reported.
        connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        refuse_newer(&transaction)?;
        make_tables(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }
}

/// Switches to the write-ahead log. SQLite does not wait for others here, so two that open a new file at once could
/// refuse each other: whoever is refused waits for the file to be free, then tries again.
fn use_write_ahead_log(connection: &Connection) -> Result<(), BackendError> {
    const TRIES: u32 = 100;
    let mut last = Ok(());
    for _ in 0..TRIES {
        last = connection.pragma_update(None, "journal_mode", "wal");
        if !last.as_ref().is_err_and(is_busy) {
            break;
        }
        connection.execute_batch("BEGIN EXCLUSIVE; COMMIT").map_err(|source| store_error("open", source))?;
    }
    last.map_err(|source| store_error("open", source))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

impl Store for SqliteStore {
    fn read<T>(&self, work: impl FnOnce(&dyn Records) -> Result<T, BackendError>) -> Result<T, BackendError> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| store_error("read", source);
        // One transaction, so that all reads see one moment.
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(failed)?;
        work(&Rows { transaction: &transaction, now: Timestamp::UNIX_EPOCH })
    }

    fn write<T>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut dyn Records) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| store_error("write", source);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let done = work(&mut Rows { transaction: &transaction, now })?;
        transaction.commit().map_err(|source| store_error("commit", source).with_effect(Effect::Unknown))?;
        Ok(done)
    }

    fn audit<T>(
        &self,
        work: impl FnOnce(Vec<JournalEntry>, &dyn Records) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| store_error("audit", source);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(failed)?;
        let entries = journal(&transaction)?;
        work(entries, &Rows { transaction: &transaction, now: Timestamp::UNIX_EPOCH })
    }
}

fn journal(transaction: &Transaction<'_>) -> Result<Vec<JournalEntry>, BackendError> {
    let failed = |source| store_error("audit", source);
    let mut statement = transaction
        .prepare(
            "SELECT position, at, tab, id, run, owner, body, hash FROM billing_journal ORDER BY position",
        )
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let hash: String = row.get(7).map_err(failed)?;
        let position = position(row.get(0).map_err(failed)?)?;
        let hash = hash.parse().map_err(|_| damaged(&format!("entry {position} of the journal")))?;
        let changed = Row {
            id: row.get(3).map_err(failed)?,
            run: row.get(4).map_err(failed)?,
            owner: row.get(5).map_err(failed)?,
            body: row.get(6).map_err(failed)?,
        };
        let (at, table) = (row.get(1).map_err(failed)?, row.get(2).map_err(failed)?);
        entries.push(JournalEntry { position, at, table, row: changed, hash });
    }
    Ok(entries)
}

struct Rows<'a> {
    transaction: &'a Transaction<'a>,
    now: Timestamp,
}

impl Rows<'_> {
    fn head(&self) -> Result<JournalHead, BackendError> {
        let failed = |source| store_error("write", source);
        let last: Option<(i64, String)> = self
            .transaction
            .prepare_cached("SELECT position, hash FROM billing_journal ORDER BY position DESC LIMIT 1")
            .map_err(failed)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(failed)?;
        let Some((entries, hash)) = last else {
            return Ok(JournalHead::empty());
        };
        let hash = hash.parse().map_err(|_| damaged("the end of the journal"))?;
        Ok(JournalHead { entries: position(entries)?, hash })
    }
}

impl Records for Rows<'_> {
    fn get(&self, table: Table, id: &str) -> Result<Option<Row>, BackendError> {
        let failed = |source| store_error("read", source);
        self.transaction
            .prepare_cached(&format!("SELECT id, run, owner, body FROM {} WHERE id = ?1", table.name()))
            .map_err(failed)?
            .query_row([id], |row| {
                Ok(Row { id: row.get(0)?, run: row.get(1)?, owner: row.get(2)?, body: row.get(3)? })
            })
            .optional()
            .map_err(failed)
    }

    fn find(&self, table: Table, find: Find<'_>) -> Result<Vec<(u64, Row)>, BackendError> {
        let failed = |source| store_error("read", source);
        let after = i64::try_from(find.after).unwrap_or(i64::MAX);
        let mut sql =
            format!("SELECT position, id, run, owner, body FROM {} WHERE position > ?", table.name());
        let mut values = vec![Value::from(after)];
        for (column, value) in [("run", find.run), ("owner", find.owner)] {
            if let Some(value) = value {
                sql.push_str(&format!(" AND {column} = ?"));
                values.push(Value::from(value.to_owned()));
            }
        }
        sql.push_str(" ORDER BY position LIMIT ?");
        values.push(Value::from(i64::from(find.limit)));
        let mut statement = self.transaction.prepare_cached(&sql).map_err(failed)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(failed)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let body = Row {
                id: row.get(1).map_err(failed)?,
                run: row.get(2).map_err(failed)?,
                owner: row.get(3).map_err(failed)?,
                body: row.get(4).map_err(failed)?,
            };
            found.push((position(row.get(0).map_err(failed)?)?, body));
        }
        Ok(found)
    }

    fn count(&self, table: Table) -> Result<u64, BackendError> {
        let sql = format!("SELECT count(*) FROM {}", table.name());
        let count = self.transaction.query_row(&sql, [], |row| row.get(0));
        position(count.map_err(|source| store_error("read", source))?)
    }

    fn put(&mut self, table: Table, row: Row) -> Result<(), BackendError> {
        let failed = |source| store_error("write", source);
        let entry = self.head()?.next(self.now.to_string(), table.name(), row);
        let position = i64::try_from(entry.position).map_err(|_| damaged("the end of the journal"))?;
        let row = &entry.row;
        self.transaction
            .prepare_cached("INSERT INTO billing_journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .map_err(failed)?
            .execute(params![
                position,
                entry.at,
                entry.table,
                row.id,
                row.run,
                row.owner,
                row.body,
                entry.hash.to_string()
            ])
            .map_err(failed)?;
        let sql = format!(
            "INSERT INTO {} (id, run, owner, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE
             SET run = excluded.run, owner = excluded.owner, body = excluded.body",
            table.name()
        );
        self.transaction
            .prepare_cached(&sql)
            .map_err(failed)?
            .execute(params![row.id, row.run, row.owner, row.body])
            .map_err(failed)?;
        Ok(())
    }
}

fn position(value: i64) -> Result<u64, BackendError> {
    u64::try_from(value).map_err(|_| damaged("a position"))
}
