//! An open file and its transactions.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, Effect, ErrorKind};
use rusqlite::Connection;

use crate::{
    Access, Options, Schema,
    error::{Failure, backend_error},
};

/// One store in an open file.
pub struct Database {
    backend: &'static str,
    path: PathBuf,
    access: Access,
    connection: Mutex<Connection>,
}

impl Database {
    /// Opens the file at `path` and brings the tables of `schema` to their version.
    ///
    /// # Errors
    ///
    /// `NotFound` for a missing file or store that [`Options`] do not let it make, `Unsupported` for a newer version,
    /// `Protocol` for a damaged file or one of another program, `PermissionDenied` and `StorageFull` where it can't be
    /// opened or written. A file that is refused is left as it is.
    pub fn open(
        path: impl AsRef<Path>,
        schema: &Schema<'_>,
        options: &Options,
    ) -> Result<Self, BackendError> {
        let path = path.as_ref().to_path_buf();
        let connection = options
            .connect(&path)
            .map_err(|error| backend_error(schema.backend, "open", &path, options.access, error))?;
        let database = Self {
            backend: schema.backend,
            path,
            access: options.access,
            connection: Mutex::new(connection),
        };
        schema.prepare(&database, options)?;
        Ok(database)
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` in one transaction that holds the write lock from its start; an error rolls it back.
    ///
    /// # Errors
    ///
    /// The failure of `work` or of SQLite. A failed commit has `Effect::Unknown`.
    pub fn write<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, BackendError> {
        let connection = self.lock();
        let open =
            Open::begin(&connection, "BEGIN IMMEDIATE").map_err(|error| self.error(operation, error))?;
        let value = work(&connection).map_err(|failure| self.failed(operation, failure))?;
        // A commit that fails half way may be found done when the file is opened again.
        open.commit().map_err(|error| self.error(operation, error).with_effect(Effect::Unknown))?;
        Ok(value)
    }

    /// Runs `work` on one snapshot: every row that it reads is of the same moment.
    ///
    /// # Errors
    ///
    /// The failure of `work` or of SQLite.
    pub fn read<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, BackendError> {
        let connection = self.lock();
        let read = || {
            let open = Open::begin(&connection, "BEGIN")?;
            let value = work(&connection)?;
            open.commit()?;
            Ok(value)
        };
        read().map_err(|failure| self.failed(operation, failure))
    }

    /// An SQLite error of `operation` as the ports report it.
    #[must_use]
    pub fn error(&self, operation: &'static str, error: rusqlite::Error) -> BackendError {
        backend_error(self.backend, operation, &self.path, self.access, error)
    }

    pub(crate) fn refused(&self, kind: ErrorKind, operation: &'static str, why: &str) -> BackendError {
        BackendError::new(kind, self.backend, operation, format!("{} {why}", self.path.display()))
    }

    pub(crate) fn set_up(&self, options: &Options) -> Result<(), BackendError> {
        options.set_up(&self.lock()).map_err(|error| self.error("open", error))
    }

    fn failed(&self, operation: &'static str, failure: Failure) -> BackendError {
        match failure {
            Failure::Refused(error) => error,
            Failure::Sql(error) => self.error(operation, error),
            Failure::Damaged(part) => {
                let why = format!("is damaged ({part}): restore a copy; it was not changed");
                self.refused(ErrorKind::Protocol, operation, &why)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic inside a transaction rolls it back, so the connection behind a poisoned lock is sound.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("backend", &self.backend)
            .field("path", &self.path)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// A transaction, rolled back unless it is committed. `rusqlite`'s own prepares its statements every time.
struct Open<'a>(&'a Connection);

impl<'a> Open<'a> {
    fn begin(connection: &'a Connection, how: &str) -> rusqlite::Result<Self> {
        connection.prepare_cached(how)?.execute([])?;
        Ok(Self(connection))
    }

    fn commit(self) -> rusqlite::Result<()> {
        self.0.prepare_cached("COMMIT")?.execute([]).map(drop)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        // A commit, or an error that ended the transaction by itself, leaves nothing to roll back.
        if !self.0.is_autocommit() {
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}
