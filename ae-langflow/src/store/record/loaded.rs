//! A thread as it is read back.

use std::{collections::BTreeMap, sync::Arc};

use ae_core::{Digest, Timestamp};

use super::{Head, Header, TaskRecord};

/// A stored change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delta {
    /// How many supersteps are complete after it.
    pub step: u64,
    /// When it was made.
    pub at: Timestamp,
    /// The change, as JSON.
    pub change: String,
    /// The hash of the state after it, when it was taken.
    pub state_hash: Option<Digest>,
}

impl Delta {
    /// A change as it was stored.
    #[must_use]
    pub fn new(step: u64, at: Timestamp, change: impl Into<String>, state_hash: Option<Digest>) -> Self {
        Self { step, at, change: change.into(), state_hash }
    }
}

/// A thread as it is read back: a snapshot, and what came after.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The header of the thread.
    pub header: Header,
    /// Where what was read ends.
    pub head: Head,
    /// Where the snapshot was taken.
    pub snapshot_head: Head,
    /// When it was taken.
    pub snapshot_at: Timestamp,
    /// The change of the record that holds the snapshot, as JSON.
    pub snapshot_change: String,
    /// Its hash.
    pub snapshot_hash: Option<Digest>,
    /// The snapshot.
    pub snapshot: String,
    /// The changes after it, in order.
    pub deltas: Vec<Delta>,
    /// The large values that the snapshot and the changes refer to.
    pub blobs: BTreeMap<Digest, Arc<str>>,
    /// The notes of the superstep under way, by task and key; none when an earlier record was asked for.
    pub task_records: Vec<TaskRecord>,
}

impl Loaded {
    /// A thread with no changes after its snapshot yet. The snapshot's record was made `at`.
    #[must_use]
    pub fn new(
        header: Header,
        snapshot_head: Head,
        at: Timestamp,
        change: impl Into<String>,
        snapshot: impl Into<String>,
    ) -> Self {
        Self {
            header,
            head: snapshot_head,
            snapshot_head,
            snapshot_at: at,
            snapshot_change: change.into(),
            snapshot_hash: None,
            snapshot: snapshot.into(),
            deltas: Vec::new(),
            blobs: BTreeMap::new(),
            task_records: Vec::new(),
        }
    }
}
