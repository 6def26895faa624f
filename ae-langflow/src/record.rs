//! What a checkpointer keeps.

use ae_core::{Digest, DigestWriter};
use serde::{Deserialize, Serialize};

/// Where a thread's log ends. It is the fence: a commit names the head it builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Head {
    /// The number of the last record, from 1.
    pub seq: u64,
    /// How many supersteps are complete.
    pub step: u64,
    /// The hash of the last record and of the head before it, so that a log can't lose or change a record unseen.
    pub digest: Digest,
}

impl Head {
    /// A head as it was stored.
    #[must_use]
    pub const fn new(seq: u64, step: u64, digest: Digest) -> Self {
        Self { seq, step, digest }
    }

    /// The head after `record` on top of `before`.
    #[must_use]
    pub fn after(before: Option<&Self>, record: &Record) -> Self {
        Self::chained(before, record.step, &record.change, record.snapshot.as_deref())
    }

    /// The head after a stored delta on top of `before`.
    #[must_use]
    pub fn after_delta(before: &Self, delta: &Delta) -> Self {
        Self::chained(Some(before), delta.step, &delta.change, None)
    }

    /// A snapshot is part of the head, so that a thread that was deleted and started anew from another state has
    /// another head, and a runner of the old one is fenced off.
    fn chained(before: Option<&Self>, step: u64, change: &str, snapshot: Option<&str>) -> Self {
        let seq = before.map_or(0, |head| head.seq).saturating_add(1);
        let mut digest = DigestWriter::new("ae-langflow record 1")
            .field(before.map_or(&[][..], |head| head.digest.as_bytes()))
            .field(&step.to_be_bytes())
            .field(change.as_bytes());
        if let Some(snapshot) = snapshot {
            digest = digest.field(snapshot.as_bytes());
        }
        Self { seq, step, digest: digest.finish() }
    }
}

/// What a thread belongs to, checked when it is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// The version of the records' form.
    pub format: u32,
    /// The graph's name.
    pub graph: String,
    /// The hash of its shape when the last record was written.
    pub fingerprint: Digest,
    /// The version of the state.
    pub state_version: u32,
}

impl Header {
    /// The header of threads of a graph.
    #[must_use]
    pub fn new(graph: impl Into<String>, fingerprint: Digest, state_version: u32) -> Self {
        Self { format: 1, graph: graph.into(), fingerprint, state_version }
    }
}

/// One commit: a change, and now and then the whole position.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// What the thread belongs to.
    pub header: Header,
    /// How many supersteps are complete after it.
    pub step: u64,
    /// Whether the thread has ended.
    pub finished: bool,
    /// The change, as JSON. It holds the writes of the tasks, not the state.
    pub change: String,
    /// The hash of the state after it, when it was taken.
    pub state_hash: Option<Digest>,
    /// The position after it, as JSON. The first record of a thread has one.
    pub snapshot: Option<String>,
}

impl Record {
    /// A change that leads to `step` completed supersteps.
    #[must_use]
    pub fn new(header: Header, step: u64, change: impl Into<String>) -> Self {
        Self { header, step, finished: false, change: change.into(), state_hash: None, snapshot: None }
    }

    /// Says that the thread has ended.
    #[must_use]
    pub fn with_finished(mut self, finished: bool) -> Self {
        self.finished = finished;
        self
    }

    /// Adds the hash of the state.
    #[must_use]
    pub fn with_state_hash(mut self, hash: Digest) -> Self {
        self.state_hash = Some(hash);
        self
    }

    /// Adds a snapshot.
    #[must_use]
    pub fn with_snapshot(mut self, snapshot: impl Into<String>) -> Self {
        self.snapshot = Some(snapshot.into());
        self
    }
}

/// What one task of the superstep under way notes before the superstep ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskRecord {
    /// The supersteps completed when it was noted. It is dropped when that number grows.
    pub step: u64,
    /// The task.
    pub task: String,
    /// What is noted.
    pub key: String,
    /// The note, as JSON.
    pub value: String,
}

impl TaskRecord {
    /// A note of `task`.
    #[must_use]
    pub fn new(step: u64, task: impl Into<String>, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { step, task: task.into(), key: key.into(), value: value.into() }
    }
}

/// A stored change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delta {
    /// How many supersteps are complete after it.
    pub step: u64,
    /// The change, as JSON.
    pub change: String,
    /// The hash of the state after it, when it was taken.
    pub state_hash: Option<Digest>,
}

impl Delta {
    /// A change as it was stored.
    #[must_use]
    pub fn new(step: u64, change: impl Into<String>, state_hash: Option<Digest>) -> Self {
        Self { step, change: change.into(), state_hash }
    }
}

/// A thread as it is read back: the last snapshot, and what came after.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// What the thread belongs to.
    pub header: Header,
    /// Where the log ends.
    pub head: Head,
    /// Where the snapshot was taken.
    pub snapshot_head: Head,
    /// The hash of the state in it.
    pub snapshot_hash: Option<Digest>,
    /// The last snapshot.
    pub snapshot: String,
    /// The changes after it, in order.
    pub deltas: Vec<Delta>,
    /// The notes of the superstep under way, by task and key.
    pub task_records: Vec<TaskRecord>,
}

impl Loaded {
    /// A thread with no changes after its snapshot yet.
    #[must_use]
    pub fn new(header: Header, head: Head, snapshot_head: Head, snapshot: impl Into<String>) -> Self {
        Self {
            header,
            head,
            snapshot_head,
            snapshot_hash: None,
            snapshot: snapshot.into(),
            deltas: Vec::new(),
            task_records: Vec::new(),
        }
    }
}

/// A line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadInfo {
    /// The thread.
    pub thread: String,
    /// The graph it belongs to.
    pub graph: String,
    /// Where its log ends.
    pub head: Head,
    /// Whether it has ended.
    pub finished: bool,
}

impl ThreadInfo {
    /// A line of a listing.
    #[must_use]
    pub fn new(thread: impl Into<String>, graph: impl Into<String>, head: Head, finished: bool) -> Self {
        Self { thread: thread.into(), graph: graph.into(), head, finished }
    }
}

/// Which part of a listing: threads in byte order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// Only threads after this name.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

impl Page {
    /// The first `limit` threads.
    #[must_use]
    pub const fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }

    /// Those after `thread`.
    #[must_use]
    pub fn with_after(mut self, thread: impl Into<String>) -> Self {
        self.after = Some(thread.into());
        self
    }
}
