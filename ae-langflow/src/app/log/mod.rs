//! A thread's log as the engine writes and reads it.

mod blobs;
mod migrate;
mod read;
mod write;

use std::sync::Arc;

use ae_core::{BackendError, ErrorKind, Runtime};

pub(crate) use self::read::Opened;
use crate::{
    Checkpointer, Graph, GraphError, Retention, State,
    state::Reducers,
    store::record::{Head, Header, TaskRecord},
};

/// The writing end.
#[derive(Debug)]
pub(crate) struct ThreadLog {
    pub(crate) store: Arc<dyn Checkpointer>,
    pub(crate) thread: Arc<str>,
    pub(crate) head: Option<Head>,
    pub(crate) retention: Option<Retention>,
    pub(crate) snapshots_after: usize,
    pub(crate) runtime: Runtime,
    header: Header,
    /// The header in the store differs.
    stale_header: bool,
    /// A snapshot has to come with the next record.
    pub(crate) needs_snapshot: bool,
    /// Only this program can follow the changes, so that a later version needs a snapshot to begin with: one comes
    /// with every question and at the end.
    folds_alone: bool,
    /// The bytes that a reader has to follow: those of the changes after the last snapshot, and those of the snapshot.
    followed: usize,
    snapshot_bytes: usize,
    /// The bytes of the changes since the state was hashed last, and its own then.
    unhashed: usize,
    state_bytes: usize,
}

impl ThreadLog {
    /// The log of a thread that does not exist yet.
    pub(crate) fn new<S: State>(
        store: Arc<dyn Checkpointer>,
        thread: Arc<str>,
        graph: &Graph<S>,
        runtime: Runtime,
    ) -> Self {
        let topology = graph.topology();
        let header = Header::new(topology.name(), topology.fingerprint(), S::VERSION)
            .with_reducers(Reducers::names::<S>());
        let folds_alone = header.reducers.values().any(|name| Reducers::is_foreign(name));
        Self {
            store,
            thread,
            head: None,
            retention: None,
            snapshots_after: 0,
            runtime,
            header,
            stale_header: true,
            needs_snapshot: true,
            folds_alone,
            followed: 0,
            snapshot_bytes: 0,
            unhashed: 0,
            state_bytes: 0,
        }
    }

    /// About as many bytes as the thread has as JSON.
    pub(crate) fn weight(&self) -> usize {
        self.snapshot_bytes.saturating_add(self.followed)
    }

    /// Whether another version of the graph or of its state wrote the thread last.
    pub(crate) fn graph_changed(&self) -> bool {
        self.stale_header
    }

    /// The supersteps that are complete in the store.
    pub(crate) fn step(&self) -> u64 {
        self.head.map_or(0, |head| head.step)
    }

    /// Notes what tasks of the superstep under way left, before the superstep ends.
    pub(crate) async fn note(&self, records: Vec<TaskRecord>) -> Result<(), GraphError> {
        let Some(head) = self.head.filter(|_| !records.is_empty()) else { return Ok(()) };
        let stored = self.store.append_once(&self.thread, head, records).await;
        stored.map(drop).map_err(|error| self.failed(error))
    }

    /// A damaged thread is refused and stays as it is.
    pub(crate) fn corrupt(&self, seq: u64, reason: impl ToString) -> GraphError {
        self.damaged(seq, seq.saturating_sub(1), reason)
    }

    /// A note on top of record `seq` is damaged. A fork has none.
    pub(crate) fn damaged_note(&self, seq: u64, error: &serde_json::Error) -> GraphError {
        self.damaged(seq, seq, format!("a note of a task can't be read: {error}"))
    }

    fn damaged(&self, seq: u64, sound: u64, reason: impl ToString) -> GraphError {
        GraphError::Corrupt { thread: self.thread.to_string(), seq, sound, reason: reason.to_string() }
    }

    pub(crate) fn unwritable(&self, error: &serde_json::Error) -> GraphError {
        GraphError::Encode { thread: self.thread.to_string(), reason: error.to_string() }
    }

    pub(crate) fn failed(&self, source: BackendError) -> GraphError {
        let thread = self.thread.to_string();
        match source.kind() {
            ErrorKind::Conflict => GraphError::Conflict { thread, stored: false },
            _ => GraphError::Store { thread, source },
        }
    }
}
