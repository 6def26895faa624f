//! The port that keeps threads.

use std::fmt;

use ae_core::BackendError;
use async_trait::async_trait;

use crate::store::record::{Head, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo};

/// Keeps the log of each thread of a graph. It knows nothing of states: changes and snapshots are text to it.
///
/// No call takes an idempotency key: the expected head is the durable name of a commit, and (thread, step, task, key)
/// that of a note.
///
/// # Contract
///
/// - C1. What was committed comes back as it was: the last snapshot, every change after it in order with its time, the
///   head, the header, and every blob that they refer to.
/// - C2. A commit whose expected head is not the thread's head is refused with `Conflict` and changes nothing. `None`
///   expects that there is no such thread. Of several commits on one head exactly one succeeds.
/// - C3. A commit is in the store as a whole, or not at all. The first record of a thread needs a header and a
///   snapshot (`InvalidInput`).
/// - C4. The record's head becomes the thread's. Its number is one more than that of the expected head, 1 for the
///   first record; another one is `InvalidInput` and changes nothing.
/// - C5. A note is stored once per (thread, step, task, key): a second one is ignored, and the first is returned. The
///   notes of one call, each under a task and key of its own, are stored together or not at all.
/// - C6. A note is refused with `Conflict` when the head has moved. Its step is that of the head (`InvalidInput`).
/// - C7. Notes stay while the number of completed supersteps does, and are gone when it grows.
/// - C8. Threads do not see each other. `delete` removes a thread with all its records and notes, and says whether
///   there was one.
/// - C9. `list` gives threads in byte order of their names, after `after`, at most `limit`.
/// - C10. `load` with `up_to` reads the thread as of the newest record with at most that number that can still be read,
///   without notes. `None` when there is no such record.
/// - C11. `copy` makes a new thread of the records up to and with `up_to` (all of them when that is `None`), without
///   notes; both threads go their own way from then on. It is one transaction. A `to` that exists is `Conflict`, a
///   `from` or a record that is not there is `NotFound`, and nothing changes.
/// - C12. `prune` removes records as [`Prune`] says and nothing else, and returns how many. What stays reads as before.
/// - C13. A blob stays as long as a record refers to it, and is gone when the last one is. It is stored once, whatever
///   threads and records refer to it: while one of its name is there, the text that is handed over is ignored.
/// - C14. Names of threads, tasks and keys are 1 to [`NAME_BYTES_MAX`](crate::host::NAME_BYTES_MAX) bytes long and
///   hold no NUL character, nor does the name of a graph; others are `InvalidInput` where they would be stored. All
///   other text is JSON.
/// - C15. `notes` gives the notes of the superstep under way, as `load` does, while the head is the one that the caller
///   names; `None` once it has moved, or when there is no such thread.
///
/// # Notes
///
/// Digests are names to a store: it compares them and gives them back, and never computes one, because a decorator may
/// hand over others than the engine does.
///
/// # Errors
///
/// `Conflict` (C2, C6, C11), `InvalidInput` (C3, C4, C6, C14), `NotFound` (C11), `Protocol` when stored data is damaged
/// or of another version, `StorageFull` when the disk is full, `PermissionDenied` when it can't be written,
/// `Unavailable` when the store can't be reached or is busy for too long, `Timeout` when it does not answer,
/// `Unauthenticated` when it refuses the credentials or a key is missing. Nothing was stored unless the error's effect
/// is `Unknown`.
///
/// # Cancel safety
///
/// A call that is dropped has its whole effect or none, with a server perhaps a moment later. Load the thread to know;
/// the head fences off a caller that was too early.
///
/// # Example
///
/// ```
/// use ae_core::{Digest, Timestamp};
/// use ae_langflow::{Checkpointer, MemoryCheckpointer, host::{Header, Record}};
///
/// # async fn example() -> Result<(), ae_core::BackendError> {
/// let (store, at) = (MemoryCheckpointer::new(), Timestamp::UNIX_EPOCH);
/// let header = Header::new("demo", Digest::of_bytes("shape", b""), 1);
/// let first = Record::with_snapshot(None, at, 0, "{}", "{}").with_header(header);
/// let head = first.head;
/// store.commit("t", None, first).await?;
/// store.commit("t", Some(head), Record::new(Some(&head), at, 1, "{}")).await?;
/// assert_eq!(store.load("t", None).await?.map(|thread| thread.deltas.len()), Some(1));
/// # Ok(())
/// # }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Checkpointer: fmt::Debug + Send + Sync + 'static {
    /// Adds `record` to the log of `thread`, if its head is `expected`.
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError>;

    /// Adds notes to the superstep under way, if the head is `head`, and returns those that are stored, in the same order.
    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        records: Vec<TaskRecord>,
    ) -> Result<Vec<TaskRecord>, BackendError>;

    /// Reads the notes of the superstep under way, in the order of task and key, if the head is `head`: what a caller
    /// that remembers the thread asks instead of loading it.
    async fn notes(&self, thread: &str, head: Head) -> Result<Option<Vec<TaskRecord>>, BackendError>;

    /// Reads a thread, or how it was at an earlier record; `None` when there is none.
    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError>;

    /// Lists threads.
    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError>;

    /// Copies a thread, or its records up to one of them, and returns the head of the copy.
    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError>;

    /// Removes old records of a thread; how many. A thread that is not there has none.
    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError>;

    /// Removes a thread; whether there was one.
    async fn delete(&self, thread: &str) -> Result<bool, BackendError>;
}

ae_core::forward! { Checkpointer {
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError>;
    async fn append_once(&self, thread: &str, head: Head, records: Vec<TaskRecord>) -> Result<Vec<TaskRecord>, BackendError>;
    async fn notes(&self, thread: &str, head: Head) -> Result<Option<Vec<TaskRecord>>, BackendError>;
    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError>;
    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError>;
    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError>;
    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError>;
    async fn delete(&self, thread: &str) -> Result<bool, BackendError>;
} }
