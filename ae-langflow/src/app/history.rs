//! The past of a thread.

use ae_core::Timestamp;

use super::ThreadState;
use crate::{
    App, Change, GraphError, RunConfig, State,
    app::log::{Point, ThreadLog},
    run::Turned,
};

/// A thread as it was after one record.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Checkpoint<S> {
    /// When the record was made.
    pub at: Timestamp,
    /// The event that it records.
    pub cause: Cause,
    /// Where the thread stood. Its `seq` is what [`RunConfig::at`] takes.
    pub thread: ThreadState<S>,
}

/// The event that a record stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The thread began.
    Began,
    /// A superstep of these nodes ended.
    Stepped {
        /// The nodes, in task order; one that was sent several inputs is there as often.
        nodes: Vec<String>,
    },
    /// It asked.
    Asked,
    /// It was answered.
    Answered,
    /// A superstep began again, since its writes could not be folded.
    Rewound,
    /// It was written from outside.
    Edited {
        /// In this node's name.
        node: Option<String>,
    },
    /// Its state was carried over to a new version.
    Migrated,
    /// A turn came that took the one before it back.
    RolledBack {
        /// The record whose state it has again; 0 for that before the first one.
        to: u64,
    },
    /// It is a fork, and went its own way from here.
    Forked,
    /// It went elsewhere.
    Moved {
        /// Where.
        to: String,
    },
}

impl Cause {
    pub(crate) fn of<S: State>(change: &Change<S>) -> Self {
        match change {
            Change::Began => Self::Began,
            Change::Stepped(writes, _) => {
                Self::Stepped { nodes: writes.iter().map(|write| write.0.node().to_owned()).collect() }
            }
            Change::Parked { .. } => Self::Asked,
            Change::Answered { .. } => Self::Answered,
            Change::Rewound => Self::Rewound,
            Change::Edited { turn: Some(Turned { back_to: Some(to), .. }), .. } => {
                Self::RolledBack { to: *to }
            }
            Change::Edited { node, .. } => Self::Edited { node: node.clone() },
            Change::Migrated => Self::Migrated,
            Change::Forked { .. } => Self::Forked,
            Change::Moved { to } => Self::Moved { to: to.clone() },
        }
    }
}

impl<S: State> App<S> {
    /// Reads what a thread was, newest first: at most `limit` records, at and before the one that [`RunConfig::at`]
    /// names (the last one without it). Records that were pruned are left out.
    ///
    /// # Errors
    ///
    /// Those of [`get_state`](Self::get_state).
    pub async fn history(&self, config: &RunConfig, limit: usize) -> Result<Vec<Checkpoint<S>>, GraphError> {
        let store = self.store()?;
        let mut found = Vec::new();
        let mut up_to = config.at;
        while found.len() < limit {
            let left = limit.saturating_sub(found.len());
            let (graph, runtime) = (&self.graph, &self.runtime);
            let page = ThreadLog::points(store, &config.thread, graph, runtime, up_to, left).await?;
            let Some(page) = page else { break };
            let points = page.points.into_iter().rev();
            found.extend(points.map(|Point { head, at, run, cause }| Checkpoint {
                at,
                cause,
                thread: ThreadState::of(&run, head.seq),
            }));
            match page.snapshot_seq.checked_sub(1) {
                None | Some(0) => break,
                earlier => up_to = earlier,
            }
        }
        Ok(found)
    }
}
