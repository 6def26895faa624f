//! Records are read and replayed.

use std::{cmp::Ordering, sync::Arc};

use ae_core::{Digest, Runtime, Timestamp};
use serde::Serialize;

use super::{ThreadLog, blobs, migrate};
use crate::{
    Cause, Change, Checkpointer, Graph, GraphError, GraphRun, State,
    json::hash,
    run::position::Position,
    store::record::{FORMAT, Head, Header, Loaded, TaskRecord},
};

/// A thread as it was read.
pub(crate) struct Opened<S: State> {
    pub(crate) log: ThreadLog,
    pub(crate) run: GraphRun<S>,
    pub(crate) notes: Vec<TaskRecord>,
}

/// Points of a thread that follow from one snapshot.
pub(crate) struct Points<S: State> {
    /// The record of the snapshot.
    pub(crate) snapshot_seq: u64,
    /// Oldest first.
    pub(crate) points: Vec<Point<S>>,
}

/// Where a thread stood after one record.
pub(crate) struct Point<S: State> {
    pub(crate) head: Head,
    pub(crate) at: Timestamp,
    pub(crate) run: GraphRun<S>,
    pub(crate) cause: Cause,
}

impl ThreadLog {
    /// Reads a thread and replays it, or what it was at record `up_to`.
    pub(crate) async fn open<S: State>(
        store: &Arc<dyn Checkpointer>,
        thread: &Arc<str>,
        graph: &Graph<S>,
        runtime: &Runtime,
        up_to: Option<u64>,
    ) -> Result<Option<Opened<S>>, GraphError> {
        let mut log = Self::new(Arc::clone(store), Arc::clone(thread), graph, runtime.clone());
        let Some(loaded) = store.load(thread, up_to).await.map_err(|error| log.failed(error))? else {
            return Ok(None);
        };
        log.check(&loaded.header)?;
        log.stale_header = loaded.header != log.header;
        log.head = Some(loaded.head);
        log.needs_snapshot = loaded.header.state_version != log.header.state_version;
        log.records = u64::try_from(loaded.deltas.len()).unwrap_or(u64::MAX);
        log.delta_bytes = loaded.deltas.iter().map(|delta| delta.change.len()).sum();
        log.snapshot_bytes = loaded.snapshot.len() + blob_bytes(&loaded);
        if log.needs_snapshot {
            let run = migrate::replay(&log, graph, &loaded)?;
            // What `once` recorded was done, whatever version did it; results are void, as the run counts a rewind.
            return Ok(Some(Opened { log, run, notes: loaded.task_records }));
        }
        let mut last = None;
        let visit = |_, run: &GraphRun<S>, _, _| last = Some(run.clone());
        log.replay(Arc::clone(graph.topology()), &loaded, |_| {}, visit, loaded.deltas.len())?;
        let Some(run) = last else { return Err(log.corrupt(loaded.head.seq, "there is no record")) };
        Ok(Some(Opened { log, run, notes: loaded.task_records }))
    }

    /// Reads the last `limit` points up to record `up_to` that follow from the snapshot before it.
    pub(crate) async fn points<S: State>(
        store: &Arc<dyn Checkpointer>,
        thread: &Arc<str>,
        graph: &Graph<S>,
        runtime: &Runtime,
        up_to: Option<u64>,
        limit: usize,
    ) -> Result<Option<Points<S>>, GraphError> {
        let log = Self::new(Arc::clone(store), Arc::clone(thread), graph, runtime.clone());
        let Some(loaded) = store.load(thread, up_to).await.map_err(|error| log.failed(error))? else {
            return Ok(None);
        };
        log.check(&loaded.header)?;
        let skip = (loaded.deltas.len() + 1).saturating_sub(limit);
        let points = if loaded.header.state_version == S::VERSION {
            let mut points = Vec::new();
            let visit = |head, run: &GraphRun<S>, at, change| {
                points.push(Point { head, at, run: run.clone(), cause: Cause::of(&change) });
            };
            log.replay(Arc::clone(graph.topology()), &loaded, |_| {}, visit, skip)?;
            points
        } else {
            migrate::points(&log, graph, &loaded, skip)?
        };
        Ok(Some(Points { snapshot_seq: loaded.snapshot_head.seq, points }))
    }

    fn check(&self, found: &Header) -> Result<(), GraphError> {
        let thread = self.thread.to_string();
        match found.format.cmp(&FORMAT) {
            Ordering::Less => return Err(GraphError::OlderFormat { thread, found: found.format }),
            Ordering::Greater => return Err(GraphError::NewerFormat { thread, found: found.format }),
            Ordering::Equal => {}
        }
        if found.graph != self.header.graph {
            let expected = self.header.graph.clone();
            return Err(GraphError::OtherGraph { thread, found: found.graph.clone(), expected });
        }
        Ok(())
    }

    /// Follows the records from the snapshot on, whose state `prepare` completes. `visit` sees
    /// every point but the first `skip`.
    pub(super) fn replay<S: State>(
        &self,
        topology: Arc<crate::Topology>,
        loaded: &Loaded,
        prepare: impl FnOnce(&mut S),
        mut visit: impl FnMut(Head, &GraphRun<S>, Timestamp, Change<S>),
        skip: usize,
    ) -> Result<(), GraphError> {
        let mut head = loaded.snapshot_head;
        let position: Position<S> = blobs::read(&loaded.snapshot, &loaded.blobs)
            .map_err(|error| self.unreadable(head.seq, &error))?;
        let mut run = GraphRun::at(topology, position);
        prepare(Arc::make_mut(&mut run.position.state));
        self.verify(&run.position, head.seq, loaded.snapshot_hash)?;
        if skip == 0 {
            let change = blobs::read(&loaded.snapshot_change, &loaded.blobs)
                .map_err(|error| self.unreadable(head.seq, &error))?;
            visit(head, &run, loaded.snapshot_at, change);
        }
        for (index, delta) in (1..).zip(&loaded.deltas) {
            head = Head::after(Some(&head), delta.step, &delta.change, None);
            let change: Change<S> = blobs::read(&delta.change, &loaded.blobs)
                .map_err(|error| self.unreadable(head.seq, &error))?;
            let seen = (index >= skip).then(|| change.clone());
            run.fold(change);
            if run.step() != delta.step {
                return Err(self.corrupt(head.seq, "the number of supersteps does not fit"));
            }
            self.verify(run.state().as_ref(), head.seq, delta.state_hash)?;
            if let Some(change) = seen {
                visit(head, &run, delta.at, change);
            }
        }
        if head != loaded.head {
            // Which one it is can't be seen; the snapshot was read by its own head.
            return Err(GraphError::Corrupt {
                thread: self.thread.to_string(),
                seq: head.seq,
                sound: loaded.snapshot_head.seq,
                reason: "the records do not lead to the head: one is lost or was changed".to_owned(),
            });
        }
        Ok(())
    }

    fn verify<T: Serialize>(&self, read: &T, seq: u64, expected: Option<Digest>) -> Result<(), GraphError> {
        let Some(expected) = expected else { return Ok(()) };
        if hash::of_state(read).map_err(|error| self.unwritable(&error))? == expected {
            Ok(())
        } else {
            Err(GraphError::StateChanged { thread: self.thread.to_string(), seq })
        }
    }

    fn unreadable(&self, seq: u64, error: &serde_json::Error) -> GraphError {
        self.corrupt(seq, format!("{error} (if the state's type changed: its version was not raised)"))
    }
}

fn blob_bytes(loaded: &Loaded) -> usize {
    // An upper bound: changes refer to blobs as well. A snapshot comes later than it might, never too often.
    loaded.blobs.values().map(|text| text.len()).sum()
}
