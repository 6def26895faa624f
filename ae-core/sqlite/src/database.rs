//! An open file and its transactions.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, Effect, ErrorKind, Worker};
use rusqlite::Connection;

use crate::{
    Access, Options, Schema,
    error::{Failure, backend_error},
};

/// One store in an open file, with a thread of its own on which [`read`](Self::read) and [`write`](Self::write) run, so
/// that neither the disk nor another process's lock holds up the caller's tasks. No runtime is needed.
///
/// Dropping it waits for the transaction that is running, if any, and closes the file.
pub struct Database {
    file: Arc<File>,
    worker: Worker,
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
        let file = Arc::new(File {
            backend: schema.backend,
            path,
            access: options.access,
            connection: Mutex::new(connection),
        });
        schema.prepare(&file, options)?;
        let worker = Worker::start(schema.backend).map_err(|error| {
            file.refused(ErrorKind::Unavailable, "open", "got no thread").with_source(error)
        })?;
        Ok(Self { file, worker })
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// Runs `work` in one transaction that holds the write lock from its start; an error rolls it back.
    ///
    /// A call that is dropped while it waits for its turn does nothing; one that has begun goes on to its end.
    ///
    /// # Errors
    ///
    /// The failure of `work` or of SQLite. A failed commit has `Effect::Unknown`.
    pub async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, BackendError> {
        let file = Arc::clone(&self.file);
        self.worker.run(move || file.write(operation, work)).await
    }

    /// Runs `work` on one snapshot: every row that it reads is of the same moment.
    ///
    /// # Errors
    ///
    /// The failure of `work` or of SQLite.
    pub async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, BackendError> {
        let file = Arc::clone(&self.file);
        self.worker.run(move || file.read(operation, work)).await
    }

    /// As [`write`](Self::write), on the caller's thread, which it blocks.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn write_blocking<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, BackendError> {
        self.file.write(operation, work)
    }

    /// As [`read`](Self::read), on the caller's thread, which it blocks.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_blocking<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, BackendError> {
        self.file.read(operation, work)
    }

    /// An SQLite error of `operation` as the ports report it.
    #[must_use]
    pub fn error(&self, operation: &'static str, error: rusqlite::Error) -> BackendError {
        self.file.error(operation, error)
    }
}

/// The connection, which the worker and blocking calls use in turn.
pub(crate) struct File {
    backend: &'static str,
    path: PathBuf,
    access: Access,
    connection: Mutex<Connection>,
}

impl File {
    pub(crate) fn write<T>(
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

    pub(crate) fn read<T>(
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

    fn error(&self, operation: &'static str, error: rusqlite::Error) -> BackendError {
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

impl Drop for Database {
    fn drop(&mut self) {
        self.worker.join();
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("backend", &self.file.backend)
            .field("path", &self.file.path)
            .field("access", &self.file.access)
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
