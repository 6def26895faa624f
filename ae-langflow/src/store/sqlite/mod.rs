//! Threads in a SQLite file.

mod errors;
mod key;
mod read;
mod row;
mod schema;
mod write;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::BackendError;
use async_trait::async_trait;
use rusqlite::Connection;

use self::errors::{BACKEND, failed};
use crate::{
    Checkpointer,
    store::record::{Head, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo},
    store::refused,
};

/// The failures that a commit survives once it has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// A crash of the process, never a loss of power: the last commits may be missing then, and the file stays whole.
    /// `synchronous = NORMAL`.
    Normal,
    /// A loss of power too, for one flush to the disk per commit. `synchronous = FULL`.
    Full,
}

/// Keeps threads, with their whole logs, in one SQLite file in WAL mode, which several processes may share.
///
/// The room of what was removed is used again; the file does not shrink by itself. A file of up to 64 MiB is checked as
/// a whole when it is opened; of a larger one, damage is noticed when it is read.
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
    /// `Protocol` when the file is damaged, is not a database, belongs to something else or was written by a newer
    /// release: it is left as it is, and the message says what to do. `PermissionDenied` and `StorageFull` when it
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
        let connection = self.connection();
        let open = Open::begin(&connection, "BEGIN IMMEDIATE").map_err(self.sql(operation))?;
        let done = work(&connection)?;
        open.commit().map_err(self.sql(operation))?;
        Ok(done)
    }

    /// Runs `work` in a transaction, so that every row it reads is of the same moment.
    fn read<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, BackendError> {
        let connection = self.connection();
        let read = || {
            let open = Open::begin(&connection, "BEGIN")?;
            let read = work(&connection)?;
            open.commit()?;
            Ok(read)
        };
        read().map_err(self.sql(operation))
    }

    fn sql(&self, operation: &'static str) -> impl Fn(rusqlite::Error) -> BackendError {
        move |error| failed(operation, &self.path, error)
    }
}

/// A transaction, rolled back unless it is committed. `rusqlite`'s own prepares its statements each time.
struct Open<'a>(Option<&'a Connection>);

impl<'a> Open<'a> {
    fn begin(connection: &'a Connection, how: &str) -> rusqlite::Result<Self> {
        connection.prepare_cached(how)?.execute([])?;
        Ok(Self(Some(connection)))
    }

    fn commit(mut self) -> rusqlite::Result<()> {
        if let Some(connection) = self.0 {
            connection.prepare_cached("COMMIT")?.execute([])?;
            self.0 = None;
        }
        Ok(())
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        // An error that ended the transaction by itself leaves nothing to roll back.
        if let Some(connection) = self.0.filter(|connection| !connection.is_autocommit()) {
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
}

impl fmt::Debug for SqliteCheckpointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteCheckpointer").field("path", &self.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl Checkpointer for SqliteCheckpointer {
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError> {
        refused::check_record(BACKEND, thread, expected.as_ref(), &record)?;
        self.write("commit", |connection| {
            let added = match &expected {
                None => write::begin(connection, thread, &record),
                Some(expected) => write::add(connection, thread, expected, &record),
            };
            match added.map_err(self.sql("commit"))? {
                true => Ok(()),
                false => Err(refused::moved(BACKEND, "commit", thread)),
            }
        })
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        record: TaskRecord,
    ) -> Result<TaskRecord, BackendError> {
        refused::check_note(BACKEND, &head, &record)?;
        self.write("append_once", |connection| {
            let note = || {
                let Some(thread) = read::thread(connection, thread)? else { return Ok(None) };
                if read::head(connection, thread)? != Some(head) {
                    return Ok(None);
                }
                write::note(connection, thread, &record).map(Some)
            };
            let noted = note().map_err(self.sql("append_once"))?;
            noted.ok_or_else(|| refused::moved(BACKEND, "append_once", thread))
        })
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        self.read("load", |connection| read::load(connection, thread, up_to))
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        self.read("list", |connection| read::list(connection, &page))
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        refused::check_name(BACKEND, "copy", "thread", to)?;
        self.write("copy", |connection| {
            let source = || {
                let Some(thread) = read::thread(connection, from)? else { return Ok(None) };
                let head = match up_to {
                    Some(seq) => read::record(connection, thread, seq)?,
                    None => read::head(connection, thread)?,
                };
                Ok(head.map(|head| (thread, head)))
            };
            let Some((thread, head)) = source().map_err(self.sql("copy"))? else {
                return Err(refused::missing(BACKEND, from, up_to));
            };
            match write::copy(connection, thread, head.seq, to).map_err(self.sql("copy"))? {
                true => Ok(head),
                false => Err(refused::exists(BACKEND, to)),
            }
        })
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        self.write("prune", |connection| {
            let removed = || match read::thread(connection, thread)? {
                Some(thread) => write::prune(connection, thread, prune),
                None => Ok(0),
            };
            removed().map_err(self.sql("prune"))
        })
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        self.write("delete", |connection| {
            let deleted = || match read::thread(connection, thread)? {
                Some(thread) => write::delete(connection, thread).map(|()| true),
                None => Ok(false),
            };
            deleted().map_err(self.sql("delete"))
        })
    }
}
