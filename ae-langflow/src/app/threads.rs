//! Operations on threads: read, edit, fork, prune, delete, hand over.

use std::{num::NonZeroU64, sync::Arc, time::Duration};

use ae_core::{ErrorKind, Timestamp};

use crate::{
    App, GraphError, GraphRun, NodeFailure, OpenJoin, Question, RunConfig, RunError, START, State,
    app::drive::{Drive, Noted},
    app::log::Opened,
    app::notes,
    store::record::{Page, Prune, TaskRecord, ThreadInfo},
};

/// Where a thread stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ThreadState<S> {
    /// The state, with the writes of what has finished in the superstep under way, shared with the app.
    pub state: Arc<S>,
    /// The nodes of the superstep under way that have not finished, in order.
    pub next: Vec<String>,
    /// The last failure of each of them that failed for good, until it finishes or asks: the node, the error's own text,
    /// and how often it was tried. [`Input::Continue`](crate::Input::Continue) tries them again.
    pub failures: Vec<NodeFailure>,
    /// The joins at which some sources have arrived and others have not. When the thread is finished, they never
    /// will: the targets were left out. A join in a subgraph is forgotten when the subgraph is left.
    pub open_joins: Vec<OpenJoin>,
    /// The open questions.
    pub questions: Vec<Question>,
    /// How many supersteps are complete.
    pub step: u64,
    /// The number of the last record, from 1.
    pub seq: u64,
    /// Whether nothing is left to run.
    pub finished: bool,
    /// Where the thread goes on, if not here.
    pub moved_to: Option<String>,
}

/// In whose name a write from outside is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteAs<'a> {
    /// No node's: the superstep stays under way. What finished in it stays so, with what [`Cx::once`](crate::Cx::once)
    /// recorded; the other nodes run on the new state, and ask again what they had asked.
    NoNode,
    /// This node's: its edges are followed, and what was due is abandoned; the writes of what had finished are kept. A subgraph is such a node, and so are the
    /// nodes in it, `subgraph/node`.
    Node(&'a str),
    /// The input's: the graph begins again from START.
    Start,
}

/// Which records of a thread stay readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retention {
    /// The last records, this many.
    KeepLast(NonZeroU64),
    /// The last one, and one in every group of this size before it.
    KeepEvery(NonZeroU64),
    /// Those that are not older than this, and the last one.
    MaxAge(Duration),
}

impl Retention {
    /// The same as the store knows it, at the time `now`.
    pub(crate) fn prune(self, now: Timestamp) -> Prune {
        match self {
            Self::KeepLast(records) => Prune::keep_last(records),
            Self::KeepEvery(records) => Prune::keep_every(records),
            Self::MaxAge(age) => {
                let age_ms = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                let since = Timestamp::from_millisecond(now.as_millisecond().saturating_sub(age_ms));
                Prune::keep_since(since.unwrap_or(Timestamp::MIN))
            }
        }
    }
}

impl<S: State> ThreadState<S> {
    /// Where `run` stands, with what its tasks have noted since.
    pub(crate) fn of(run: &GraphRun<S>, notes: &[TaskRecord], seq: u64) -> Result<Self, RunError> {
        let (next, failures) = notes::unfinished(run, notes);
        Ok(Self {
            state: run.state_so_far()?,
            next: next.into_iter().map(|task| task.node().to_owned()).collect(),
            failures,
            open_joins: run.open_joins(),
            questions: run.questions().to_vec(),
            step: run.step(),
            seq,
            finished: run.is_finished(),
            moved_to: run.moved_to().map(str::to_owned),
        })
    }
}

impl<S: State> App<S> {
    /// Reads where a thread stands, or stood at the record that [`RunConfig::at`] names; `None` when there is no
    /// thread. It reads threads of a graph that has lost nodes too.
    ///
    /// # Errors
    ///
    /// When the store fails, the record is not there, or the thread is damaged or belongs to another graph or version
    /// of the state.
    pub async fn get_state(&self, config: &RunConfig) -> Result<Option<ThreadState<S>>, GraphError> {
        let failed = |source| GraphError::Store { thread: config.thread.to_string(), source };
        let known = self.recent.head(&config.thread).filter(|_| config.at.is_none());
        if let (Some(store), Some(head)) = (&self.store, known) {
            if store.notes(&config.thread, head).await.map_err(failed)?.is_some_and(|notes| notes.is_empty())
            {
                let read = self.recent.read(&config.thread, head, |run| ThreadState::of(run, &[], head.seq));
                if let Some(read) = read {
                    return Ok(Some(read?));
                }
            }
        }
        let Some(Opened { mut run, log, notes }) = self.open_at(config, config.at).await? else {
            return Ok(None);
        };
        let is_stored = notes.is_empty();
        // Results that don't go together are refused when the thread goes on.
        let _ = run.take(Noted::read(&log, &run, &notes)?.finished);
        let seq = log.head.map_or(0, |head| head.seq);
        let state = ThreadState::of(&run, &notes, seq)?;
        match config.at {
            // With results that were noted it is ahead of what is stored.
            None if is_stored => self.recent.put(log, run),
            None => {}
            Some(at) if at == seq => {}
            Some(at) => {
                return Err(GraphError::RecordNotFound { thread: config.thread.to_string(), seq: at });
            }
        }
        Ok(Some(state))
    }

    /// Writes to a thread from outside, through the reducers, as one commit. In a node's name it counts as a superstep.
    /// Nothing runs until the thread goes on. To change the past, [`fork`](Self::fork) it first.
    ///
    /// # Errors
    ///
    /// Those of [`get_state`](Self::get_state); a node that is unknown; a conflict with a runner.
    pub async fn update_state(
        &self,
        config: &RunConfig,
        update: S::Update,
        by: WriteAs<'_>,
    ) -> Result<ThreadState<S>, GraphError> {
        self.store()?;
        let (mut drive, notes) = Drive::open(self, config, None).await?;
        drive.refuse_moved()?;
        let node = match by {
            WriteAs::NoNode => None,
            WriteAs::Node(node) => Some(node),
            WriteAs::Start => Some(START),
        };
        if node.is_some() {
            drive.part().await?;
            drive.adopt_what_fits(notes).await?;
        }
        drive.edit(Some(update), node, None).await?;
        drive.leave().await;
        let state = drive.thread_state()?;
        drive.remember();
        Ok(state)
    }

    /// Makes a new thread, `to`, of this one up to the record that [`RunConfig::at`] names (all of it without one):
    /// time travel. Both go their own way from then on. Large fields are shared, not copied.
    ///
    /// # Errors
    ///
    /// [`GraphError::ThreadExists`] when there is a thread `to`, [`GraphError::RecordNotFound`] when the record is not
    /// there, and those of the store.
    pub async fn fork(&self, config: &RunConfig, to: &str) -> Result<(), GraphError> {
        let copied = self.store()?.copy(&config.thread, config.at, to).await;
        copied.map(drop).map_err(|source| match (source.kind(), config.at) {
            (ErrorKind::Conflict, _) => GraphError::ThreadExists { thread: to.to_owned() },
            (ErrorKind::NotFound, Some(seq)) => {
                GraphError::RecordNotFound { thread: config.thread.to_string(), seq }
            }
            (ErrorKind::NotFound, None) => GraphError::ThreadNotFound { thread: config.thread.to_string() },
            _ => GraphError::Store { thread: config.thread.to_string(), source },
        })
    }

    /// Removes records that need not stay readable; how many. They go only in front of a snapshot: see
    /// [`with_snapshots_after`](Self::with_snapshots_after).
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn prune(&self, config: &RunConfig, retention: Retention) -> Result<u64, GraphError> {
        let pruned = self.store()?.prune(&config.thread, retention.prune(self.runtime.now())).await;
        pruned.map_err(|source| GraphError::Store { thread: config.thread.to_string(), source })
    }

    /// Removes a thread with everything that was kept of it; whether there was one.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn delete(&self, config: &RunConfig) -> Result<bool, GraphError> {
        drop(self.recent.take(&config.thread));
        let deleted = self.store()?.delete(&config.thread).await;
        deleted.map_err(|source| GraphError::Store { thread: config.thread.to_string(), source })
    }

    /// Lists the threads of the store, those of other graphs too.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn threads(&self, page: Page) -> Result<Vec<ThreadInfo>, GraphError> {
        let listed = self.store()?.list(page).await;
        listed.map_err(|source| GraphError::Store { thread: String::new(), source })
    }

    /// Ends the thread's time in this store and gives it out to go on at `to`, and only there. It is one commit, which
    /// no runner of the thread can overlook; giving it out again for the same place is not an error.
    ///
    /// # Errors
    ///
    /// [`GraphError::Moved`] when it went to another place, [`GraphError::Conflict`] when another runner has it.
    pub async fn hand_over(&self, config: &RunConfig, to: &str) -> Result<GraphRun<S>, GraphError> {
        let mut leaving = self.leaving(config, to).await?;
        leaving.leave().await?;
        Ok(leaving.run())
    }
}
