//! Records are written.

use super::{ThreadLog, blobs};
use crate::{
    Change, GraphError, GraphRun, State,
    json::hash,
    store::record::{Blob, Record},
};

/// The weight of a record in addition to the bytes of its change.
pub(super) const RECORD_WEIGHT: usize = 16;

/// The additional weight of a question and of the end, so that a small state is hashed there. A hash comes once the changes
/// weigh as much as the state did at the last one: often enough to notice a reducer that changed its meaning, seldom
/// enough to cost no more than writing the changes.
const REST_WEIGHT: usize = 4096;

/// The bytes of changes up to which no snapshot comes where records are to go, which they do only in front of one.
const SNAPSHOTS_AFTER_MAX: usize = 16 * 1024;

/// A change as it is stored.
pub(crate) struct Entry {
    text: String,
    bytes: usize,
    blobs: Vec<Blob>,
    /// A superstep ended, and no one waits.
    steps: bool,
}

impl ThreadLog {
    /// Writes a change down.
    pub(crate) fn encode<S: State>(&self, change: &Change<S>) -> Result<Entry, GraphError> {
        let steps = matches!(change, Change::Stepped(..));
        let mut blobs = Vec::new();
        let (text, bytes) = blobs::write(change, &mut blobs).map_err(|error| self.unwritable(&error))?;
        Ok(Entry { text, bytes, blobs, steps })
    }

    /// Stores an entry, which led to where `run` is.
    pub(crate) async fn commit<S: State>(
        &mut self,
        run: &GraphRun<S>,
        entry: Entry,
    ) -> Result<(), GraphError> {
        let Entry { text, bytes, mut blobs, steps } = entry;
        let rests = run.is_finished() || !steps && !run.questions().is_empty();
        let weight = bytes.saturating_add(RECORD_WEIGHT);
        self.followed = self.followed.saturating_add(weight);
        self.unhashed =
            self.unhashed.saturating_add(weight).saturating_add(if rests { REST_WEIGHT } else { 0 });
        let most = if self.retention.is_some() { SNAPSHOTS_AFTER_MAX } else { usize::MAX };
        // A reader follows no more than it reads anyway, and no more is stored twice than was written.
        let due = self.followed >= self.snapshot_bytes.max(self.snapshots_after.min(most));
        let with_snapshot = self.needs_snapshot || due || (rests && self.folds_alone);
        let hashed = with_snapshot || self.unhashed >= self.state_bytes;
        let (before, at) = (self.head, self.runtime.now());
        let mut record = if with_snapshot {
            let written = blobs::write(&run.position, &mut blobs);
            let (json, bytes) = written.map_err(|error| self.unwritable(&error))?;
            self.followed = 0;
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
            self.unhashed = 0;
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
