//! Threads in a SQLite file.

mod errors;
mod schema;
mod statements;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind};
use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior};

use self::errors::{BACKEND, failed, moved};
use crate::{
    Checkpointer,
    record::{Head, Loaded, Page, Record, TaskRecord, ThreadInfo},
};

/// What a commit survives once it has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the process, never a loss of power: the last commits may be missing then, and the file stays whole.
    /// `synchronous = NORMAL`.
    Normal,
    /// A loss of power too, for one flush to the disk per commit. `synchronous = FULL`.
    Full,
}

/// Keeps threads, with their whole logs, in one SQLite file in WAL mode, which several processes may share.
///
/// Calls block for the length of one short transaction, or up to 10 seconds while another process holds the file.
pub struct SqliteCheckpointer {
    connection: Mutex<Connection>,
    path: PathBuf,
}

impl SqliteCheckpointer {
    /// Opens the file at `path`, which is made when there is none.
    ///
    /// # Errors
    ///
    /// `Protocol` when the file is damaged, is no database, belongs to something else or was written by a newer
    /// release: it is left as it is, and the message says what to do. `PermissionDenied` and `QuotaExceeded` when it
    /// can't be written.
    pub fn open(path: impl AsRef<Path>, durability: Durability) -> Result<Self, BackendError> {
        let path = path.as_ref().to_path_buf();
        let mut connection = Connection::open(&path).map_err(|error| failed("open", &path, error))?;
        schema::prepare(&mut connection, &path, durability)?;
        Ok(Self { connection: Mutex::new(connection), path })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic inside a transaction rolls it back, so the connection behind a poisoned lock is sound.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in a transaction that holds the write lock from its start.
    fn write<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| failed(operation, &self.path, error))?;
        let done = work(&transaction)?;
        transaction.commit().map_err(|error| failed(operation, &self.path, error))?;
        Ok(done)
    }
}

impl fmt::Debug for SqliteCheckpointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteCheckpointer").field("path", &self.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl Checkpointer for SqliteCheckpointer {
    async fn commit(
        &self,
        thread: &str,
        expected: Option<Head>,
        record: Record,
    ) -> Result<Head, BackendError> {
        let sql = |error| failed("commit", &self.path, error);
        self.write("commit", |connection| {
            if statements::head(connection, thread).map_err(sql)? != expected {
                return Err(moved("commit", thread));
            }
            if expected.is_none() && record.snapshot.is_none() {
                let message = format!("the first record of the thread {thread:?} has no snapshot");
                return Err(BackendError::new(ErrorKind::InvalidInput, BACKEND, "commit", message));
            }
            let head = Head::after(expected.as_ref(), &record);
            statements::add(connection, thread, expected.as_ref(), &head, &record).map_err(sql)?;
            Ok(head)
        })
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        record: TaskRecord,
    ) -> Result<TaskRecord, BackendError> {
        let sql = |error| failed("append_once", &self.path, error);
        self.write("append_once", |connection| {
            if statements::head(connection, thread).map_err(sql)? != Some(head) {
                return Err(moved("append_once", thread));
            }
            statements::note(connection, thread, record).map_err(sql)
        })
    }

    async fn load(&self, thread: &str) -> Result<Option<Loaded>, BackendError> {
        let mut connection = self.connection();
        let sql = |error| failed("load", &self.path, error);
        // One transaction, so that every row is of the same moment.
        let transaction = connection.transaction().map_err(sql)?;
        let loaded = statements::load(&transaction, thread).map_err(sql)?;
        transaction.finish().map_err(sql)?;
        Ok(loaded)
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        statements::list(&self.connection(), &page).map_err(|error| failed("list", &self.path, error))
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        self.write("delete", |connection| {
            statements::delete(connection, thread).map_err(|error| failed("delete", &self.path, error))
        })
    }
}
