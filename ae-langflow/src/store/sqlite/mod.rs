//! Threads in a SQLite file.

mod key;
mod read;
mod row;
mod schema;
mod write;

use std::path::Path;

use ae_core::BackendError;
use ae_core_sqlite::{Database, Durability, Options, rusqlite::Connection};
use async_trait::async_trait;

use crate::{
    Checkpointer,
    store::record::{Head, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo},
    store::refused,
};

const BACKEND: &str = "sqlite";

/// A file up to this size is read as a whole when it is opened; of a larger one, damage shows when it is read.
const CHECKED_BYTES_MAX: u64 = 64 << 20;

/// Keeps threads, with their whole logs, in one SQLite file in WAL mode, which several processes may share.
///
/// The room of what was removed is used again; the file does not shrink by itself. A file of up to 64 MiB is checked as
/// a whole when it is opened; of a larger one, damage is noticed when it is read.
///
/// Calls run on a thread of the store, one after another. One waits up to 10 seconds while another process holds the
/// file.
#[derive(Debug)]
pub struct SqliteCheckpointer {
    database: Database,
}

impl SqliteCheckpointer {
    /// Opens the file at `path`, which is made when there is none.
    ///
    /// # Errors
    ///
    /// `Protocol` when the file is damaged, is not a database or belongs to something else, `Unsupported` when a newer
    /// release wrote it: it is left as it is, and the message says what to do. `PermissionDenied` and `StorageFull` when
    /// it can't be written.
    pub fn open(path: impl AsRef<Path>, durability: Durability) -> Result<Self, BackendError> {
        Self::with(path.as_ref(), Options::create().with_durability(durability))
    }

    /// Opens the file at `path` to read its threads, also on a read-only disk: nothing is made, and what changes a thread
    /// is an error.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and `NotFound` when there is no file or it holds no threads.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, BackendError> {
        Self::with(path.as_ref(), Options::read_only())
    }

    fn with(path: &Path, options: Options) -> Result<Self, BackendError> {
        let options = options.with_checked_bytes_max(CHECKED_BYTES_MAX);
        let database = Database::open(path, &schema::SCHEMA, &options)?;
        database.read_blocking("open", schema::check)?;
        Ok(Self { database })
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.database.path()
    }
}

#[async_trait]
impl Checkpointer for SqliteCheckpointer {
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError> {
        refused::check_record(BACKEND, thread, expected.as_ref(), &record)?;
        let thread = thread.to_owned();
        let commit = move |connection: &Connection| {
            let added = match &expected {
                None => write::begin(connection, &thread, &record)?,
                Some(expected) => write::add(connection, &thread, expected, &record)?,
            };
            if added { Ok(()) } else { Err(refused::moved(BACKEND, "commit", &thread).into()) }
        };
        self.database.write("commit", commit).await
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        records: Vec<TaskRecord>,
    ) -> Result<Vec<TaskRecord>, BackendError> {
        refused::check_notes(BACKEND, &head, &records)?;
        let thread = thread.to_owned();
        let append = move |connection: &Connection| match read::thread(connection, &thread)? {
            Some(number) if read::head(connection, number)? == Some(head) => {
                let stored = records.iter().map(|record| write::note(connection, number, record));
                Ok(stored.collect::<Result<_, _>>()?)
            }
            _ => Err(refused::moved(BACKEND, "append_once", &thread).into()),
        };
        self.database.write("append_once", append).await
    }

    async fn notes(&self, thread: &str, head: Head) -> Result<Option<Vec<TaskRecord>>, BackendError> {
        let thread = thread.to_owned();
        let notes = move |connection: &Connection| match read::thread(connection, &thread)? {
            Some(number) if read::head(connection, number)? == Some(head) => {
                Ok(Some(read::notes(connection, number)?))
            }
            _ => Ok(None),
        };
        self.database.read("notes", notes).await
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        let thread = thread.to_owned();
        self.database.read("load", move |connection| Ok(read::load(connection, &thread, up_to)?)).await
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        self.database.read("list", move |connection| Ok(read::list(connection, &page)?)).await
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        refused::check_name(BACKEND, "copy", "thread", to)?;
        let (from, to) = (from.to_owned(), to.to_owned());
        let copy = move |connection: &Connection| {
            let missing = || refused::missing(BACKEND, &from, up_to);
            let thread = read::thread(connection, &from)?.ok_or_else(missing)?;
            let head = match up_to {
                Some(seq) => read::record(connection, thread, seq)?,
                None => read::head(connection, thread)?,
            };
            let head = head.ok_or_else(missing)?;
            let copied = write::copy(connection, thread, head.seq, &to)?;
            if copied { Ok(head) } else { Err(refused::exists(BACKEND, &to).into()) }
        };
        self.database.write("copy", copy).await
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        let thread = thread.to_owned();
        let prune = move |connection: &Connection| match read::thread(connection, &thread)? {
            Some(thread) => Ok(write::prune(connection, thread, prune)?),
            None => Ok(0),
        };
        self.database.write("prune", prune).await
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        let thread = thread.to_owned();
        let delete = move |connection: &Connection| {
            let thread = read::thread(connection, &thread)?;
            thread.map(|thread| write::delete(connection, thread)).transpose()?;
            Ok(thread.is_some())
        };
        self.database.write("delete", delete).await
    }
}
