//! The past of a thread.

use std::sync::Arc;

use ae_core::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::{
    App, Change, GraphError, GraphRun, Question, RunConfig, State,
    app::log::ThreadLog,
    run::Turned,
    store::record::{Head, Loaded},
};

/// One record of a thread: the event, and where the thread stood after it. The state is read with
/// [`get_state`](App::get_state) at [`RunConfig::at`] the [`seq`](Self::seq).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The number of the record, from 1.
    pub seq: u64,
    /// When the record was made.
    pub at: Timestamp,
    /// The event that it records.
    pub cause: Cause,
    /// How many supersteps were complete.
    pub step: u64,
    /// The nodes of the superstep under way that had not finished, in order.
    pub next: Vec<String>,
    /// The open questions.
    pub questions: Vec<Question>,
    /// Whether nothing was left to run.
    pub finished: bool,
    /// Where the thread went on, if not here.
    pub moved_to: Option<String>,
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
    fn of(change: &Change<Unread>) -> Self {
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

impl Checkpoint {
    fn of(run: &GraphRun<Unread>, head: Head, at: Timestamp, change: &Change<Unread>) -> Self {
        Self {
            seq: head.seq,
            at,
            cause: Cause::of(change),
            step: run.step(),
            next: run.unfinished().map(|task| task.node().to_owned()).collect(),
            questions: run.questions().to_vec(),
            finished: run.is_finished(),
            moved_to: run.moved_to().map(str::to_owned),
        }
    }
}

/// A state that is passed over, so that threads of any version of it have a history.
#[derive(Clone, Serialize)]
struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl State for Unread {
    type Update = Self;

    const VERSION: u32 = 0;

    fn last_value_writes(&self, _: &Self, _: &mut dyn FnMut(&str)) {}

    fn apply(&mut self, _: Self) {}
}

impl<S: State> App<S> {
    /// Reads what happened to a thread, newest first: at most `limit` records, at and before the one that
    /// [`RunConfig::at`] names (the last one without it). Records that were pruned are left out. No state is read, so
    /// threads of an older version of it have a history too.
    ///
    /// # Errors
    ///
    /// When the store fails, or the thread is damaged or belongs to another graph.
    pub async fn history(&self, config: &RunConfig, limit: usize) -> Result<Vec<Checkpoint>, GraphError> {
        let (store, thread) = (self.store()?, Arc::clone(&config.thread));
        let log = ThreadLog::new(Arc::clone(store), thread, &self.graph, self.runtime.clone());
        let mut found = Vec::new();
        let mut up_to = config.at;
        while found.len() < limit {
            let loaded = store.load(&config.thread, up_to).await.map_err(|error| log.failed(error))?;
            let Some(loaded) = loaded else { break };
            log.check(&loaded.header)?;
            let page = self.page(&log, &loaded)?;
            found.extend(page.into_iter().rev().take(limit - found.len()));
            match loaded.snapshot_head.seq.checked_sub(1) {
                None | Some(0) => break,
                earlier => up_to = earlier,
            }
        }
        Ok(found)
    }

    /// The records from a snapshot on, oldest first.
    fn page(&self, log: &ThreadLog, loaded: &Loaded) -> Result<Vec<Checkpoint>, GraphError> {
        let head = loaded.snapshot_head;
        let mut run = log.begin(self.graph.topology(), loaded)?;
        let change = log.read(loaded, head.seq, &loaded.snapshot_change)?;
        let mut page = vec![Checkpoint::of(&run, head, loaded.snapshot_at, &change)];
        log.follow(loaded, &mut run, |run, head, delta, change| {
            let kept = change.clone();
            run.fold(change)?;
            page.push(Checkpoint::of(run, head, delta.at, &kept));
            Ok(())
        })?;
        Ok(page)
    }
}
