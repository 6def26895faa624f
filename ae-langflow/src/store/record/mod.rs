//! The records that a checkpointer keeps.

mod listing;
mod loaded;

use std::{collections::BTreeMap, sync::Arc};

use ae_core::{Digest, DigestWriter, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::{
    listing::{Page, Prune, ThreadInfo},
    loaded::{Delta, Loaded},
};

/// The version of the records' form.
pub(crate) const FORMAT: u32 = 2;

/// How long the name of a thread, of a task and of a note may be.
pub const NAME_BYTES_MAX: usize = 1024;

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

    /// The head after a record with `change` and perhaps a `snapshot`, on top of `before`.
    ///
    /// A snapshot is part of the head, so that a thread that was deleted and started again from another state has
    /// another head, and a runner of the old one is fenced off.
    #[must_use]
    pub fn after(before: Option<&Self>, step: u64, change: &str, snapshot: Option<&str>) -> Self {
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

/// The graph and versions that a thread belongs to, checked when it is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// The version of the records' form.
    pub format: u32,
    /// The graph's name.
    pub graph: String,
    /// The hash of its shape when this header was written.
    pub fingerprint: Digest,
    /// The version of the state.
    pub state_version: u32,
    /// The reducer of each field of the state that has one, by its name: what a log of an old version is read with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reducers: BTreeMap<String, String>,
}

impl Header {
    /// The header of threads of a graph.
    #[must_use]
    pub fn new(graph: impl Into<String>, fingerprint: Digest, state_version: u32) -> Self {
        Self { format: FORMAT, graph: graph.into(), fingerprint, state_version, reducers: BTreeMap::new() }
    }

    /// Names the reducers of the state's fields.
    #[must_use]
    pub fn with_reducers(mut self, reducers: BTreeMap<String, String>) -> Self {
        self.reducers = reducers;
        self
    }
}

/// One commit: a change, and now and then the whole position.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Where the log ends after it.
    pub head: Head,
    /// When it was made, to the millisecond.
    pub at: Timestamp,
    /// The header, when it is new: in the first record of a thread, and whenever it changes.
    pub header: Option<Header>,
    /// Whether the thread has ended.
    pub finished: bool,
    /// The change, as JSON. It holds the writes of the tasks, not the state.
    pub change: String,
    /// The hash of the state after it, or of the whole snapshot, when it was taken.
    pub state_hash: Option<Digest>,
    /// The position after it, as JSON. The first record of a thread has one.
    pub snapshot: Option<String>,
    /// The large values that the change and the snapshot refer to, each once.
    pub blobs: Vec<Blob>,
}

impl Record {
    /// A change made `at` that leads to `step` completed supersteps, on top of `before`.
    #[must_use]
    pub fn new(before: Option<&Head>, at: Timestamp, step: u64, change: impl Into<String>) -> Self {
        let change = change.into();
        Self {
            head: Head::after(before, step, &change, None),
            at,
            header: None,
            finished: false,
            change,
            state_hash: None,
            snapshot: None,
            blobs: Vec::new(),
        }
    }

    /// The same with a snapshot, which is part of the head.
    #[must_use]
    pub fn with_snapshot(
        before: Option<&Head>,
        at: Timestamp,
        step: u64,
        change: impl Into<String>,
        snapshot: impl Into<String>,
    ) -> Self {
        let (change, snapshot) = (change.into(), snapshot.into());
        Self {
            head: Head::after(before, step, &change, Some(&snapshot)),
            at,
            header: None,
            finished: false,
            change,
            state_hash: None,
            snapshot: Some(snapshot),
            blobs: Vec::new(),
        }
    }

    /// Says what the thread belongs to.
    #[must_use]
    pub fn with_header(mut self, header: Header) -> Self {
        self.header = Some(header);
        self
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

    /// Adds the large values that the change and the snapshot refer to.
    #[must_use]
    pub fn with_blobs(mut self, blobs: Vec<Blob>) -> Self {
        self.blobs = blobs;
        self
    }
}

/// A large value that is kept once, however many records refer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blob {
    /// The hash of the text: [`Blob::digest_of`].
    pub digest: Digest,
    /// The value, as JSON.
    pub text: Arc<str>,
}

impl Blob {
    /// The blob of `text`.
    #[must_use]
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self { digest: Self::digest_of(&text), text }
    }

    /// The name of a blob with this text.
    #[must_use]
    pub fn digest_of(text: &str) -> Digest {
        Digest::of_bytes("ae-langflow blob 1", text.as_bytes())
    }
}

/// A note of one task of the superstep under way, before the superstep ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskRecord {
    /// The supersteps completed when it was noted. It is dropped when that number grows.
    pub step: u64,
    /// The task.
    pub task: String,
    /// The key of the note.
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
