//! Records are written.

use super::{ThreadLog, blobs};
use crate::{
    Change, GraphError, GraphRun, State,
    json::hash,
    store::record::{Blob, Record},
};

/// A snapshot is due after this number of records …
const SNAPSHOT_RECORDS: u64 = 64;

/// … once they weigh this many times as much as the last snapshot, and as much as the app says: the bounds on what is
/// stored twice, and on what a reader has to follow.
const SNAPSHOT_WEIGHT: usize = 4;

/// States up to this size, in bytes, are hashed in every fourth record, and all of them at snapshots, questions and the
/// end: often enough to notice a reducer that changed its meaning, seldom enough to cost little.
const HASHED_BYTES_MAX: usize = 4096;
const HASHED_EVERY: u64 = 4;

/// A change as it is stored.
pub(crate) struct Entry {
    text: String,
    bytes: usize,
    blobs: Vec<Blob>,
    /// A superstep ended, and no one waits.
    steps: bool,
    /// A snapshot may come with it.
    boundary: bool,
}

impl ThreadLog {
    /// Writes a change down.
    pub(crate) fn encode<S: State>(&self, change: &Change<S>) -> Result<Entry, GraphError> {
        let steps = matches!(change, Change::Stepped(..));
        let boundary = steps || matches!(change, Change::Began | Change::Edited { .. } | Change::Migrated);
        let mut blobs = Vec::new();
        let (text, bytes) = blobs::write(change, &mut blobs).map_err(|error| self.unwritable(&error))?;
        Ok(Entry { text, bytes, blobs, steps, boundary })
    }

    /// Stores an entry, which led to where `run` is.
    pub(crate) async fn commit<S: State>(
        &mut self,
        run: &GraphRun<S>,
        entry: Entry,
    ) -> Result<(), GraphError> {
        let Entry { text, bytes, mut blobs, steps, boundary } = entry;
        self.records = self.records.saturating_add(1);
        self.delta_bytes = self.delta_bytes.saturating_add(bytes);
        // Records go only in front of a snapshot, so where they are to go it comes as soon as it may.
        let least = if self.retention.is_some() { 0 } else { self.snapshots_after };
        let outweighs = self.delta_bytes >= self.snapshot_bytes.saturating_mul(SNAPSHOT_WEIGHT).max(least);
        let due = self.records >= SNAPSHOT_RECORDS && outweighs;
        let rests = run.is_finished() || !steps && !run.questions().is_empty();
        let with_snapshot = self.needs_snapshot || (boundary && due) || (rests && self.folds_alone);
        let in_turn = self.state_bytes <= HASHED_BYTES_MAX && self.records % HASHED_EVERY == 0;
        let hashed = with_snapshot || !steps || run.is_finished() || in_turn;
        let (before, at) = (self.head, self.runtime.now());
        let mut record = if with_snapshot {
            let written = blobs::write(&run.position, &mut blobs);
            let (json, bytes) = written.map_err(|error| self.unwritable(&error))?;
            self.records = 0;
            self.delta_bytes = 0;
            self.snapshot_bytes = bytes;
            Record::with_snapshot(before.as_ref(), at, run.step(), text, json)
        } else {
            Record::new(before.as_ref(), at, run.step(), text)
        };
        if hashed {
            // A snapshot is not chained to what follows, so its hash is that of all of it.
            let hashed = if with_snapshot {
                hash::of_state_and_size(&run.position)
            } else {
                hash::of_state_and_size(run.state().as_ref())
            };
            let (hash, bytes) = hashed.map_err(|error| self.unwritable(&error))?;
            self.state_bytes = bytes;
            record = record.with_state_hash(hash);
        }
        if self.stale_header {
            record = record.with_header(self.header.clone());
        }
        let record = record.with_finished(run.is_finished()).with_blobs(blobs);
        let head = record.head;
        self.store.commit(&self.thread, before, record).await.map_err(|error| self.failed(error))?;
        self.head = Some(head);
        self.stale_header = false;
        self.needs_snapshot = false;
        if let (true, Some(retention)) = (with_snapshot, self.retention) {
            // What could not be removed now can be at the next snapshot.
            let _ = self.store.prune(&self.thread, retention.prune(at)).await;
        }
        Ok(())
    }
}
