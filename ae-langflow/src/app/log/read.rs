//! Records are read and replayed.

use std::{cmp::Ordering, sync::Arc};

use ae_core::{Digest, Runtime};
use serde::{Serialize, de::DeserializeOwned};

use super::{ThreadLog, blobs, migrate, write::RECORD_WEIGHT};
use crate::{
    Change, Checkpointer, Graph, GraphError, GraphRun, State, Topology,
    json::hash,
    run::position::Position,
    store::record::{Delta, FORMAT, Head, Header, Loaded, TaskRecord},
};

/// A thread as it was read.
pub(crate) struct Opened<S: State> {
    pub(crate) log: ThreadLog,
    pub(crate) run: GraphRun<S>,
    pub(crate) notes: Vec<TaskRecord>,
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
        if log.needs_snapshot {
            let run = migrate::replay(&mut log, graph, &loaded)?;
            // What `once` recorded was done, whatever version did it; results are void, as the run counts a rewind.
            return Ok(Some(Opened { log, run, notes: loaded.task_records }));
        }
        let run = log.replay(graph.topology(), &loaded, |_| {})?;
        Ok(Some(Opened { log, run, notes: loaded.task_records }))
    }

    /// Refuses a thread of another graph, or of a newer format.
    pub(crate) fn check(&self, found: &Header) -> Result<(), GraphError> {
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

    /// The run at the head. Its state, completed by `prepare` at the snapshot, is checked there and at the last record
    /// that has a hash.
    pub(super) fn replay<S: State>(
        &mut self,
        topology: &Arc<Topology>,
        loaded: &Loaded,
        prepare: impl FnOnce(&mut S),
    ) -> Result<GraphRun<S>, GraphError> {
        let mut run = self.begin(topology, loaded)?;
        prepare(Arc::make_mut(&mut run.position.state));
        let size = self.verify(&run.position, loaded.snapshot_head.seq, loaded.snapshot_hash)?;
        let snapshot_bytes = size.unwrap_or(loaded.snapshot.len());
        let hashed = loaded.deltas.iter().rposition(|delta| delta.state_hash.is_some());
        let (mut index, mut state_bytes, mut unhashed) = (0, Ok(Some(snapshot_bytes)), 0);
        self.follow(loaded, &mut run, |run, head, delta, change| {
            run.fold(change)?;
            unhashed += delta.change.len() + RECORD_WEIGHT;
            if Some(index) == hashed {
                state_bytes = self.verify(run.state().as_ref(), head.seq, delta.state_hash);
                unhashed = 0;
            }
            index += 1;
            Ok(())
        })?;
        let read = loaded.blobs.values().map(|text| text.len()).sum::<usize>() + loaded.snapshot.len();
        let changes = loaded.deltas.iter().map(|delta| delta.change.len() + RECORD_WEIGHT).sum::<usize>();
        self.state_bytes = state_bytes?.unwrap_or(snapshot_bytes);
        // The large values that do not belong to the snapshot came with the changes.
        self.followed = changes.saturating_add(read.saturating_sub(snapshot_bytes));
        (self.snapshot_bytes, self.unhashed) = (snapshot_bytes, unhashed);
        Ok(run)
    }

    /// The run at the snapshot.
    pub(crate) fn begin<S: State>(
        &self,
        topology: &Arc<Topology>,
        loaded: &Loaded,
    ) -> Result<GraphRun<S>, GraphError> {
        let position: Position<S> = self.read(loaded, loaded.snapshot_head.seq, &loaded.snapshot)?;
        Ok(GraphRun::at(Arc::clone(topology), position))
    }

    /// Leads a run from the snapshot to the head, change by change, each of which `fold` takes in.
    pub(crate) fn follow<S: State>(
        &self,
        loaded: &Loaded,
        run: &mut GraphRun<S>,
        mut fold: impl FnMut(&mut GraphRun<S>, Head, &Delta, Change<S>) -> Result<(), GraphError>,
    ) -> Result<(), GraphError> {
        let mut head = loaded.snapshot_head;
        for delta in &loaded.deltas {
            head = Head::after(Some(&head), delta.step, &delta.change, None);
            let change = self.read(loaded, head.seq, &delta.change)?;
            fold(run, head, delta, change)?;
            if run.step() != delta.step {
                return Err(self.corrupt(head.seq, "the number of supersteps does not fit"));
            }
        }
        if head != loaded.head {
            // Which one it is can't be seen; the snapshot was read by its own head.
            let reason = "the records do not lead to the head: one is lost or was changed";
            return Err(self.damaged(head.seq, loaded.snapshot_head.seq, reason));
        }
        Ok(())
    }

    /// Reads a change or a position of record `seq`.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        loaded: &Loaded,
        seq: u64,
        text: &str,
    ) -> Result<T, GraphError> {
        blobs::read(text, &loaded.blobs).map_err(|error| {
            self.corrupt(seq, format!("{error} (if the state's type changed: its version was not raised)"))
        })
    }

    /// Checks a hash, if it was taken, and gives back the size of what was hashed.
    fn verify<T: Serialize>(
        &self,
        read: &T,
        seq: u64,
        expected: Option<Digest>,
    ) -> Result<Option<usize>, GraphError> {
        let Some(expected) = expected else { return Ok(None) };
        let (found, bytes) = hash::of_state_and_size(read).map_err(|error| self.unwritable(&error))?;
        if found == expected {
            Ok(Some(bytes))
        } else {
            Err(GraphError::StateChanged { thread: self.thread.to_string(), seq })
        }
    }
}
