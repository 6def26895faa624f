//! The errors of a call.

use std::error::Error as StdError;

use ae_core::BackendError;

use crate::{RunError, START, node::describe};

/// An error of [`App`](crate::App). The thread stays readable at its last good step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A node failed. [`Input::Continue`](crate::Input::Continue) runs it again.
    #[error("node {node:?} failed in step {step}, try {attempt}")]
    Node {
        /// The node.
        node: String,
        /// The superstep.
        step: u64,
        /// How often it was tried.
        attempt: u32,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The run was refused.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The thread exists already.
    #[error("the thread {thread:?} exists: continue it, or start another one")]
    ThreadExists {
        /// The thread.
        thread: String,
    },
    /// There is no such thread.
    #[error("there is no thread {thread:?}: start it")]
    ThreadNotFound {
        /// The thread.
        thread: String,
    },
    /// The thread goes on elsewhere, and only there.
    #[error("the thread {thread:?} goes on at {to:?}, and only there")]
    Moved {
        /// The thread.
        thread: String,
        /// Where.
        to: String,
    },
    /// A record that was asked for is not there (any more).
    #[error("the thread {thread:?} has no record {seq} that can be read: it was pruned or never was")]
    RecordNotFound {
        /// The thread.
        thread: String,
        /// The record.
        seq: u64,
    },
    /// The call would change what was: records are only added at the end of a log.
    #[error("record {seq} of the thread {thread:?} is past: fork the thread there, and go on with the fork")]
    Past {
        /// The thread.
        thread: String,
        /// The record.
        seq: u64,
    },
    /// The call needs a store, and the app has none.
    #[error("this needs a store: make the app with with_store")]
    NoStore,
    /// Another runner moved the thread on. What this call did since the last committed step was dropped.
    #[error(
        "another runner moved the thread {thread:?} on (input stored: {stored}): read its state before going on"
    )]
    Conflict {
        /// The thread.
        thread: String,
        /// Whether the input of the call is part of the thread.
        stored: bool,
    },
    /// Another call is at work on the thread, and this one does not wait, or was to stop while it waited.
    #[error("the thread {thread:?} is at work (input stored: {stored}): call again later")]
    Busy {
        /// The thread.
        thread: String,
        /// Whether the turn is part of the thread, since an earlier call with its id.
        stored: bool,
    },
    /// The thread belongs to another graph.
    #[error("the thread {thread:?} belongs to the graph {found:?}, not to {expected:?}")]
    OtherGraph {
        /// The thread.
        thread: String,
        /// Its graph.
        found: String,
        /// This graph.
        expected: String,
    },
    /// The graph changed, and nodes or edges that the thread needs are gone: those that are due or deferred, joins that
    /// are half filled, and the ways on from tasks that have finished. Nothing was changed.
    ///
    /// [`App::update_state`](crate::App::update_state) in the name of a node that is there goes on from that one instead,
    /// and so does the next turn from START; what was due and what had arrived is abandoned then.
    #[error(
        "the thread {thread:?} needs {missing:?}, which this version of the graph lacks: add them back, or go on from \
         another node with update_state or a turn"
    )]
    GraphChanged {
        /// The thread.
        thread: String,
        /// The nodes and edges that are missing.
        missing: Vec<String>,
    },
    /// The thread was stored under another version of the state.
    #[error(
        "the thread {thread:?} holds version {found} of the state, this program has {expected}: {reason}"
    )]
    StateVersion {
        /// The thread.
        thread: String,
        /// The stored version.
        found: u32,
        /// The version of this program.
        expected: u32,
        /// Why it can't be read all the same, and what to do.
        reason: String,
    },
    /// The thread was written by a newer release of this crate.
    #[error(
        "the thread {thread:?} has form {found}, which a newer release wrote: use that release or a later one"
    )]
    NewerFormat {
        /// The thread.
        thread: String,
        /// The form.
        found: u32,
    },
    /// The thread was written by a release from before the first that is supported.
    #[error(
        "the thread {thread:?} has form {found}, which this release can't read: finish it with the release that wrote it"
    )]
    OlderFormat {
        /// The thread.
        thread: String,
        /// The form.
        found: u32,
    },
    /// The stored thread can't be right. It was left as it is.
    #[error("the thread {thread:?} is damaged at record {seq}: {reason}; {}", way_out(*sound))]
    Corrupt {
        /// The thread.
        thread: String,
        /// The record.
        seq: u64,
        /// The last record before the damage, at which [`App::fork`](crate::App::fork) makes a thread that goes on; 0 when
        /// there is none.
        sound: u64,
        /// The mistake.
        reason: String,
    },
    /// The replayed state differs from the one that was stored.
    #[error(
        "the thread {thread:?} replays to another state at record {seq}: a reducer changed its meaning, the state \
         does not serialise the same way twice, or the record was changed; raise the state's version or undo the change, \
         or {}", way_out(seq.saturating_sub(1))
    )]
    StateChanged {
        /// The thread.
        thread: String,
        /// The record.
        seq: u64,
    },
    /// A value would not come back from the store as it is: [`State`](crate::State) has the list. Nothing was stored.
    #[error("a value of the thread {thread:?} can't be stored: {reason}")]
    Encode {
        /// The thread.
        thread: String,
        /// The field, and why.
        reason: String,
    },
    /// The store broke.
    #[error("the store of the thread {thread:?} failed")]
    Store {
        /// The thread.
        thread: String,
        /// Why.
        source: BackendError,
    },
}

impl GraphError {
    /// Whether the input of the call is stored: the turn is part of the thread, the answers were taken. Then
    /// [`Input::Continue`](crate::Input::Continue) goes on with it; otherwise the call may be made again. `None` when
    /// that is not known, as after a failure of the store: read the thread, or give the turn an id, with which it may be
    /// sent again in any case.
    #[must_use]
    pub fn input_stored(&self) -> Option<bool> {
        match self {
            Self::Conflict { stored, .. } | Self::Busy { stored, .. } => Some(*stored),
            Self::Node { .. } => Some(true),
            Self::Run(RunError::UnknownQuestion { .. } | RunError::StaleAnswer { .. }) => Some(false),
            Self::Run(RunError::UnknownLabel { node, .. }) => Some(node != START),
            Self::Run(RunError::Panicked { nodes, .. }) => Some(!nodes.iter().any(|node| node == START)),
            Self::Run(_) => Some(true),
            Self::Store { .. } | Self::Encode { .. } => None,
            _ => Some(false),
        }
    }

    /// The error and all of its causes on one line, outermost first; about 4 KiB at most. `Display` gives the error
    /// alone, as is usual for one that has a [`source`](StdError::source).
    #[must_use]
    pub fn report(&self) -> String {
        describe(self)
    }
}

/// The ways to go on from before some damage.
fn way_out(sound: u64) -> String {
    let backup = "restore it from a backup";
    match sound {
        0 => backup.to_owned(),
        seq => format!("fork it at record {seq} and go on with the fork, or {backup}"),
    }
}
