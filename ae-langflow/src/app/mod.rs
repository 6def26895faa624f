//! A graph with a place to keep its threads.

mod config;
mod drive;
mod history;
mod input;
mod line;
mod log;
mod notes;
mod recent;
mod stream;
mod threads;
mod trace;

use std::{fmt, sync::Arc, time::Duration};

use ae_core::Runtime;

#[cfg(feature = "temporal")]
pub(crate) use self::drive::{backend_error, describe, pause_before_next};
pub use self::{
    config::{RunConfig, STEP_LIMIT, WhenBusy},
    history::{Cause, Checkpoint},
    input::{Ending, Input, Turn},
    stream::{Event, GraphStream, Modes},
    threads::{Retention, ThreadState, WriteAs},
};
use self::{
    line::Lines,
    log::{Opened, ThreadLog},
    recent::Recent,
};
use crate::{Answer, Cancel, Checkpointer, Graph, GraphError, NodeCache, State};

/// The bytes of changes up to which no snapshot comes: some milliseconds of reading.
const SNAPSHOTS_AFTER: usize = 256 * 1024;

/// The time after which the silent runner of a thread is taken for dead.
const TAKEOVER_AFTER: Duration = Duration::from_secs(60);

/// Runs threads of a graph in this process. Cheap to clone.
#[derive(Clone)]
pub struct App<S: State> {
    pub(crate) graph: Graph<S>,
    pub(crate) store: Option<Arc<dyn Checkpointer>>,
    pub(crate) runtime: Runtime,
    pub(crate) cache: Option<Arc<dyn NodeCache>>,
    pub(crate) retention: Option<Retention>,
    snapshots_after: usize,
    takeover_after: Duration,
    lines: Arc<Lines>,
    recent: Arc<Recent<S>>,
    drain: Cancel,
}

impl<S: State> Graph<S> {
    /// Keeps threads in `store`.
    #[must_use]
    pub fn with_store(&self, store: Arc<dyn Checkpointer>) -> App<S> {
        self.app(Some(store))
    }

    /// Keeps nothing: a thread lives as long as the call that starts it, can't be resumed, and
    /// [`Cx::once`](crate::Cx::once) records nothing.
    #[must_use]
    pub fn without_store(&self) -> App<S> {
        self.app(None)
    }

    fn app(&self, store: Option<Arc<dyn Checkpointer>>) -> App<S> {
        App {
            graph: self.clone(),
            store,
            runtime: Runtime::system(),
            cache: None,
            retention: None,
            snapshots_after: SNAPSHOTS_AFTER,
            takeover_after: TAKEOVER_AFTER,
            lines: Arc::default(),
            recent: Arc::new(Recent::new(recent::THREADS_MAX, recent::BYTES_MAX)),
            drain: Cancel::new(),
        }
    }
}

impl<S: State> App<S> {
    /// Takes time, pauses and jitter from `runtime`. The system's by default.
    #[must_use]
    pub fn with_runtime(mut self, runtime: Runtime) -> Self {
        self.runtime = runtime;
        self
    }

    /// Keeps results of nodes that are [`cached`](crate::Configured::cached) in `cache`. Nowhere by default.
    #[must_use]
    pub fn with_cache(mut self, cache: Arc<dyn NodeCache>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Takes a snapshot of a thread once the changes after the last one have as many bytes as it has, and no fewer than
    /// these, 256 KiB unless said otherwise: with more of them in between a thread takes less room, with fewer it is
    /// quicker to read and [`prune`](Self::prune) removes more. Each record counts some bytes more than it has.
    #[must_use]
    pub fn with_snapshots_after(mut self, bytes: usize) -> Self {
        self.snapshots_after = bytes;
        self
    }

    /// Takes the runner of a thread for dead when the thread has not moved for this long, 60 seconds unless said otherwise:
    /// a turn or an answer that waits for it does its work then, and comes next. A node that takes longer than this
    /// between two commits, in another process, is run a second time, and the slower of the two fails at its commit.
    #[must_use]
    pub fn with_takeover_after(mut self, time: Duration) -> Self {
        self.takeover_after = time;
        self
    }

    /// Keeps up to `threads` threads that were used lately in memory, as long as their JSON has no more than `bytes`
    /// together: 1,024 and 64 MiB unless said otherwise, none with 0. A call on such a thread asks the store for its head
    /// instead of reading it, and so costs what it changes, however long the thread is. The clones of an app share them.
    #[must_use]
    pub fn with_recent_threads(mut self, threads: usize, bytes: usize) -> Self {
        self.recent = Arc::new(Recent::new(threads, bytes));
        self
    }

    /// Removes old records of a thread whenever a snapshot lets it, and takes snapshots after 16 KiB of changes at most
    /// where [`with_snapshots_after`](Self::with_snapshots_after) says more. All are kept by default.
    #[must_use]
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Runs a thread until it ends, asks, or is stopped.
    ///
    /// Every superstep is one commit, awaited before the next begins. A commit happens exactly once; a node runs at
    /// least once. Dropping the call loses only what was not committed.
    ///
    /// # Errors
    ///
    /// [`GraphError`]; the thread stays readable at its last good step, and a failed node runs again with
    /// [`Input::Continue`].
    pub async fn invoke(&self, input: Input<S>, config: &RunConfig) -> Result<Ending<S>, GraphError> {
        drive::invoke(self, input, config, None).await
    }

    /// Answers open questions, one or several, and goes on: [`invoke`](Self::invoke) with [`Input::Resume`].
    ///
    /// # Errors
    ///
    /// Those of [`invoke`](Self::invoke); [`RunError::UnknownQuestion`](crate::RunError::UnknownQuestion) when an id is
    /// not open.
    pub async fn resume(
        &self,
        config: &RunConfig,
        answers: impl Into<Vec<Answer>>,
    ) -> Result<Ending<S>, GraphError> {
        self.invoke(Input::Resume(answers.into()), config).await
    }

    /// [`invoke`](Self::invoke) as a stream of what happens. The call runs as the stream is read, and stops when it is
    /// dropped.
    #[must_use]
    pub fn stream(&self, input: Input<S>, config: &RunConfig, modes: Modes) -> GraphStream<S> {
        GraphStream::new(self.clone(), input, config.clone(), modes)
    }

    /// Ends every call of this app and its clones at the next boundary between supersteps, as [`Ending::Drained`]: for
    /// a process that is to go down. Calls that begin later end at once.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Whether [`drain`](Self::drain) was called.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Graph<S> {
        &self.graph
    }

    /// Sets when snapshots come and records go, and by which clock.
    pub(crate) fn pace(&self, log: &mut ThreadLog) {
        log.runtime = self.runtime.clone();
        log.retention = self.retention;
        log.snapshots_after = self.snapshots_after;
    }

    /// A name that no other thread has.
    pub(crate) fn incarnation(&self) -> String {
        self.runtime.ids.new_uuid().to_string()
    }

    pub(crate) fn store(&self) -> Result<&Arc<dyn Checkpointer>, GraphError> {
        self.store.as_ref().ok_or(GraphError::NoStore)
    }

    /// The thread as it is now, out of memory if it has not moved. Without a store there is none.
    pub(crate) async fn open(&self, config: &RunConfig) -> Result<Option<Opened<S>>, GraphError> {
        if let Some(seq) = config.at {
            return Err(GraphError::Past { thread: config.thread.to_string(), seq });
        }
        if let (Some(store), Some((mut log, run))) = (&self.store, self.recent.take(&config.thread)) {
            if let Some(head) = log.head {
                let notes = store.notes(&config.thread, head).await.map_err(|error| log.failed(error))?;
                if let Some(notes) = notes {
                    self.pace(&mut log);
                    return Ok(Some(Opened { log, run, notes }));
                }
            }
        }
        self.open_at(config, None).await
    }

    pub(crate) async fn open_at(
        &self,
        config: &RunConfig,
        up_to: Option<u64>,
    ) -> Result<Option<Opened<S>>, GraphError> {
        let Some(store) = &self.store else { return Ok(None) };
        let opened = ThreadLog::open(store, &config.thread, &self.graph, &self.runtime, up_to).await?;
        Ok(opened.map(|mut opened| {
            self.pace(&mut opened.log);
            opened
        }))
    }
}

impl<S: State> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("graph", &self.graph).field("store", &self.store).finish_non_exhaustive()
    }
}
