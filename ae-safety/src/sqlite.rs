//! The common part of the SQLite backends: opening a file, its versions, transactions and errors.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

/// How long a writer waits for the others.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the switch to a write-ahead log is tried when others open the file at the same time.
const WAL_TRIES_MAX: u32 = 100;

/// One of the stores in a database file; several share a file, also with tables of others.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) backend: &'static str,
    /// The name in the table of versions.
    pub(crate) component: &'static str,
    pub(crate) version: i64,
    /// Makes the tables, in an empty store only.
    pub(crate) schema: &'static str,
}

/// An open store.
pub(crate) struct Database {
    store: &'static Store,
    connection: Mutex<Connection>,
}

impl Database {
    pub(crate) fn open(store: &'static Store, path: &Path) -> Result<Self, BackendError> {
        let failed = |error| store.error("open", &format!("can't open {}", path.display()), error);
        let mut connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        use_wal(&connection).map_err(failed)?;
        // FULL: a commit is on the disk when it returns, since approvals and money must not be forgotten.
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;").map_err(failed)?;
        store.prepare(&mut connection, path)?;
        Ok(Self { store, connection: Mutex::new(connection) })
    }

    /// Opens a file that is there, to read it only.
    pub(crate) fn open_read_only(store: &'static Store, path: &Path) -> Result<Self, BackendError> {
        if std::fs::metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            let message = format!("{} is not there", path.display());
            return Err(BackendError::new(ErrorKind::NotFound, store.backend, "open", message));
        }
        let failed = |error| store.error("open", &format!("can't use {}", path.display()), error);
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        let found = store.version(&connection).map_err(failed)?;
        store.check_version(found.unwrap_or_default(), path)?;
        Ok(Self { store, connection: Mutex::new(connection) })
    }

    /// Runs `work` in one transaction that no other writer can get in between.
    pub(crate) fn write<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, BackendError> {
        let mut connection = self.lock();
        let begin = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begin.map_err(|error| self.error(operation, error))?;
        let value = work(&transaction).map_err(|failure| self.failed(operation, failure))?;
        // A commit that fails half way may be found done on the next open.
        transaction.commit().map_err(|error| self.error(operation, error).with_effect(Effect::Unknown))?;
        Ok(value)
    }

    /// Runs `work` on one snapshot.
    pub(crate) fn read<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, BackendError> {
        let mut connection = self.lock();
        let begin = connection.transaction_with_behavior(TransactionBehavior::Deferred);
        let transaction = begin.map_err(|error| self.error(operation, error))?;
        work(&transaction).map_err(|failure| self.failed(operation, failure))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic in between has rolled its transaction back, so the connection is fit for use.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, operation: &'static str, failure: Failure) -> BackendError {
        match failure {
            Failure::Rule(error) => error,
            Failure::Sql(error) => self.error(operation, error),
            Failure::Data(what) => {
                let message = format!("{what}: the database is damaged, restore a copy");
                BackendError::new(ErrorKind::Protocol, self.store.backend, operation, message)
            }
        }
    }

    fn error(&self, operation: &'static str, error: rusqlite::Error) -> BackendError {
        self.store.error(operation, "the database refused", error)
    }
}

/// Switches the file to a write-ahead log, unless it has one.
///
/// The switch does not wait for others that open the file at the same moment, an empty transaction does; so the two
/// take turns.
fn use_wal(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries_left = WAL_TRIES_MAX;
    loop {
        let switched = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match switched {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries_left > 0 => {
                tries_left -= 1;
                connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
            }
            other => return other.map(drop),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("component", &self.store.component).finish_non_exhaustive()
    }
}

/// Why work in a transaction stopped; the transaction is rolled back.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A rule of the port said no.
    Rule(BackendError),
    /// SQLite said no.
    Sql(rusqlite::Error),
    /// The stored data makes no sense.
    Data(&'static str),
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        Self::Rule(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Store {
    /// Checks the store's version, and makes its tables in a file that has none.
    fn prepare(&self, connection: &mut Connection, path: &Path) -> Result<(), BackendError> {
        let failed = |error| self.error("open", &format!("can't use {}", path.display()), error);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        transaction
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS safety_schema (
                    component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT;",
            )
            .map_err(failed)?;
        let found = self.version(&transaction).map_err(failed)?;
        match found {
            None => {
                transaction.execute_batch(self.schema).map_err(failed)?;
                transaction
                    .execute("INSERT INTO safety_schema VALUES (?1, ?2)", (self.component, self.version))
                    .map_err(failed)?;
            }
            Some(version) => self.check_version(version, path)?,
        }
        transaction.commit().map_err(failed)
    }

    fn version(&self, connection: &Connection) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT version FROM safety_schema WHERE component = ?1";
        connection.query_row(sql, [self.component], |row| row.get(0)).optional()
    }

    fn check_version(&self, version: i64, path: &Path) -> Result<(), BackendError> {
        if version == self.version {
            return Ok(());
        }
        let message = format!(
            "{} has version {version} of {}, this program knows {}: use the program that wrote it",
            path.display(),
            self.component,
            self.version
        );
        Err(BackendError::new(ErrorKind::Unsupported, self.backend, "open", message))
    }

    fn error(&self, operation: &'static str, what: &str, error: rusqlite::Error) -> BackendError {
        let (kind, retry, hint) = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                (ErrorKind::Unavailable, Retry::Backoff, "another process is writing, try again")
            }
            Some(ErrorCode::DiskFull) => {
                (ErrorKind::StorageFull, Retry::Never, "the disk is full, make room")
            }
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::AuthorizationForStatementDenied,
            ) => (
                ErrorKind::PermissionDenied,
                Retry::Never,
                "the file can't be written, check its permissions",
            ),
            Some(ErrorCode::CannotOpen) => {
                (ErrorKind::PermissionDenied, Retry::Never, "check that its folder exists and can be written")
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                (ErrorKind::Protocol, Retry::Never, "the file is damaged or no database, restore a copy")
            }
            Some(ErrorCode::SystemIoFailure) => {
                (ErrorKind::Unavailable, Retry::Never, "the disk failed, check it")
            }
            _ if matches!(
                error,
                rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
            ) =>
            {
                (ErrorKind::Protocol, Retry::Never, "a row is damaged, restore a copy")
            }
            _ => (ErrorKind::Internal, Retry::Never, "see the cause"),
        };
        BackendError::new(kind, self.backend, operation, format!("{what}: {hint}"))
            .with_retry(retry)
            .with_source(error)
    }
}
