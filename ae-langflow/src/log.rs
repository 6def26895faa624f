//! A thread's log as the engine writes and reads it.

use std::sync::Arc;

use ae_core::{BackendError, ErrorKind};

use crate::{
    Change, Checkpointer, Graph, GraphError, GraphRun, State, hash,
    position::Position,
    record::{Head, Header, Loaded, Record, TaskRecord},
};

/// A snapshot is due after so many records, once they weigh as much as the last snapshot.
const SNAPSHOT_RECORDS: u64 = 64;

/// States up to this size are hashed in every record; larger ones at snapshots, questions and the end.
const HASHED_BYTES_MAX: usize = 4096;

const FORMAT: u32 = 1;

/// The writing end.
#[derive(Debug)]
pub(crate) struct ThreadLog {
    pub(crate) store: Arc<dyn Checkpointer>,
    pub(crate) thread: Arc<str>,
    pub(crate) head: Option<Head>,
    header: Header,
    records: u64,
    delta_bytes: usize,
    snapshot_bytes: usize,
}

/// A thread as it was read.
pub(crate) struct Opened<S: State> {
    pub(crate) log: ThreadLog,
    pub(crate) run: GraphRun<S>,
    pub(crate) notes: Vec<TaskRecord>,
}

impl ThreadLog {
    /// The log of a thread that does not exist yet.
    pub(crate) fn new<S: State>(store: Arc<dyn Checkpointer>, thread: Arc<str>, graph: &Graph<S>) -> Self {
        let topology = graph.topology();
        let header = Header::new(topology.name(), topology.fingerprint(), S::VERSION);
        Self { store, thread, head: None, header, records: 0, delta_bytes: 0, snapshot_bytes: 0 }
    }

    /// Stores `change`, which led to where `run` is.
    pub(crate) async fn commit<S: State>(
        &mut self,
        run: &GraphRun<S>,
        change: &Change<S>,
    ) -> Result<(), GraphError> {
        let json = serde_json::to_string(change).map_err(|source| self.encode(source))?;
        self.records = self.records.saturating_add(1);
        self.delta_bytes = self.delta_bytes.saturating_add(json.len());
        let boundary = matches!(change, Change::Began | Change::Stepped { .. });
        let due = self.records >= SNAPSHOT_RECORDS && self.delta_bytes >= self.snapshot_bytes;
        let snapshot = self.head.is_none() || (boundary && due);
        let rests = run.is_finished() || !matches!(change, Change::Stepped { .. });
        let at = ae_core::Timestamp::UNIX_EPOCH;
        let before = self.head.as_ref();
        let mut record = if snapshot {
            let position = serde_json::to_string(&run.position).map_err(|source| self.encode(source))?;
            Record::with_snapshot(before, at, run.step(), json, position).with_header(self.header.clone())
        } else {
            Record::new(before, at, run.step(), json)
        }
        .with_finished(run.is_finished());
        if snapshot || rests || self.snapshot_bytes <= HASHED_BYTES_MAX {
            let hash = hash::of_state(run.state().as_ref()).map_err(|source| self.encode(source))?;
            record = record.with_state_hash(hash);
        }
        if snapshot {
            self.records = 0;
            self.delta_bytes = 0;
            self.snapshot_bytes = record.snapshot.as_ref().map_or(0, String::len);
        }
        let head = record.head;
        self.store.commit(&self.thread, self.head, record).await.map_err(|error| self.failed(error))?;
        self.head = Some(head);
        Ok(())
    }

    /// Notes what a task of the superstep under way left, before the superstep ends.
    pub(crate) async fn note(&self, record: TaskRecord) -> Result<(), GraphError> {
        let Some(head) = self.head else { return Ok(()) };
        let stored = self.store.append_once(&self.thread, head, record).await;
        stored.map(drop).map_err(|error| self.failed(error))
    }

    /// The key under which a finished task is noted: bound to the head, so that any commit makes it void.
    pub(crate) fn finished_key(&self) -> String {
        format!("done@{}", self.head.map_or(0, |head| head.seq))
    }

    /// Reads a thread and replays it.
    pub(crate) async fn open<S: State>(
        store: &Arc<dyn Checkpointer>,
        thread: &Arc<str>,
        graph: &Graph<S>,
    ) -> Result<Option<Opened<S>>, GraphError> {
        let mut log = Self::new(Arc::clone(store), Arc::clone(thread), graph);
        let Some(loaded) = store.load(thread, None).await.map_err(|error| log.failed(error))? else {
            return Ok(None);
        };
        log.check(&loaded.header)?;
        let run = log.replay(graph, &loaded)?;
        log.head = Some(loaded.head);
        log.records = u64::try_from(loaded.deltas.len()).unwrap_or(u64::MAX);
        log.delta_bytes = loaded.deltas.iter().map(|delta| delta.change.len()).sum();
        log.snapshot_bytes = loaded.snapshot.len();
        Ok(Some(Opened { log, run, notes: loaded.task_records }))
    }

    /// A damaged thread is refused and stays as it is.
    pub(crate) fn corrupt(&self, seq: u64, reason: impl ToString) -> GraphError {
        GraphError::Corrupt { thread: self.thread.to_string(), seq, reason: reason.to_string() }
    }

    fn unreadable(&self, seq: u64, error: &serde_json::Error) -> GraphError {
        self.corrupt(seq, format!("{error} (if the state's type changed: its version was not raised)"))
    }

    pub(crate) fn encode(&self, source: serde_json::Error) -> GraphError {
        GraphError::Encode { thread: self.thread.to_string(), source }
    }

    fn check(&self, found: &Header) -> Result<(), GraphError> {
        let thread = self.thread.to_string();
        if found.format > FORMAT {
            return Err(GraphError::NewerFormat { thread, found: found.format });
        }
        if found.graph != self.header.graph {
            let expected = self.header.graph.clone();
            return Err(GraphError::OtherGraph { thread, found: found.graph.clone(), expected });
        }
        if found.state_version != self.header.state_version {
            let expected = self.header.state_version;
            return Err(GraphError::StateVersion { thread, found: found.state_version, expected });
        }
        Ok(())
    }

    fn replay<S: State>(&self, graph: &Graph<S>, loaded: &Loaded) -> Result<GraphRun<S>, GraphError> {
        let mut head = loaded.snapshot_head;
        let position: Position<S> =
            serde_json::from_str(&loaded.snapshot).map_err(|error| self.unreadable(head.seq, &error))?;
        let mut run = GraphRun::at(Arc::clone(graph.topology()), position);
        self.verify(&run, head.seq, loaded.snapshot_hash)?;
        for delta in &loaded.deltas {
            head = Head::after(Some(&head), delta.step, &delta.change, None);
            let change: Change<S> =
                serde_json::from_str(&delta.change).map_err(|error| self.unreadable(head.seq, &error))?;
            run.fold(change);
            if run.step() != delta.step {
                return Err(self.corrupt(head.seq, "the number of supersteps does not fit"));
            }
            self.verify(&run, head.seq, delta.state_hash)?;
        }
        if head != loaded.head {
            return Err(
                self.corrupt(head.seq, "the records do not lead to the head: one is lost or was changed")
            );
        }
        Ok(run)
    }

    fn verify<S: State>(
        &self,
        run: &GraphRun<S>,
        seq: u64,
        expected: Option<ae_core::Digest>,
    ) -> Result<(), GraphError> {
        let Some(expected) = expected else { return Ok(()) };
        if hash::of_state(run.state().as_ref()).map_err(|source| self.encode(source))? == expected {
            Ok(())
        } else {
            Err(GraphError::StateChanged { thread: self.thread.to_string(), seq })
        }
    }

    fn failed(&self, source: BackendError) -> GraphError {
        let thread = self.thread.to_string();
        match source.kind() {
            ErrorKind::Conflict => GraphError::Conflict { thread },
            _ => GraphError::Store { thread, source },
        }
    }
}
