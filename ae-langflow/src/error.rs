//! What can go wrong.

use std::error::Error as StdError;

use ae_core::BackendError;

use crate::TaskId;

/// What a run refuses. It changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Two tasks of one superstep wrote a field for which the last value counts.
    #[error(
        "step {step}: {nodes:?} both write {field:?}: give the field a reducer, or let one node write it"
    )]
    TwoWriters {
        /// The superstep.
        step: u64,
        /// The field.
        field: String,
        /// The nodes.
        nodes: Vec<String>,
    },
    /// A router gave a label that is not in its list.
    #[error("the router after {node:?} says {label:?}, which is none of {labels:?}")]
    UnknownLabel {
        /// The node.
        node: String,
        /// The label.
        label: String,
        /// What it may say.
        labels: Vec<String>,
    },
    /// A goto to a target that was not declared.
    #[error("{node:?} goes to {target:?}, which no add_goto({node:?}, …) names")]
    UnknownTarget {
        /// The node.
        node: String,
        /// The target.
        target: String,
    },
    /// A node with nothing but gotos used none.
    #[error("{node:?} has no edge and went nowhere: its Step needs a goto, to END if its path ends there")]
    NoTarget {
        /// The node.
        node: String,
    },
    /// Something was sent to a subgraph, whose nodes have no input of their own.
    #[error(
        "{node:?} sends to the subgraph {target:?}, whose nodes can't read what was sent: write it to the state"
    )]
    SentToSubgraph {
        /// The node.
        node: String,
        /// The subgraph.
        target: String,
    },
    /// More tasks were sent in one superstep than can be numbered.
    #[error("more than 4,294,967,295 tasks were sent in one superstep")]
    TooManySends,
    /// Two open questions have one id.
    #[error("the question {id:?} of {nodes:?} is open twice: ids are unique among open questions")]
    DuplicateQuestion {
        /// The id.
        id: String,
        /// The nodes.
        nodes: Vec<String>,
    },
    /// An answer to a question that is not open.
    #[error("no open question {id:?} (open: {open:?}): read the thread's state and answer one that is open")]
    UnknownQuestion {
        /// The id.
        id: String,
        /// The open ones.
        open: Vec<String>,
    },
    /// A node failed for good, and no error handler takes over.
    #[error("{node:?} failed and has no error handler: {failure}")]
    NoHandler {
        /// The node.
        node: String,
        /// Why.
        failure: String,
    },
    /// A write in the name of a node that the graph lacks.
    #[error("the graph has no node {node:?}")]
    UnknownNode {
        /// The name.
        node: String,
    },
    /// The thread went on elsewhere.
    #[error("it goes on at {to:?}, and only there")]
    Moved {
        /// Where.
        to: String,
    },
    /// An outcome of a task that is not to be run.
    #[error("the task {task} is not due")]
    NotDue {
        /// The task.
        task: TaskId,
    },
}

/// What [`App`](crate::App) returns. The thread stays readable at its last good step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A node broke. [`Input::Continue`](crate::Input::Continue) runs it again.
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
    /// Someone else moved the thread on. What this call did since the last committed step was dropped.
    #[error("another runner moved the thread {thread:?} on: read its state before going on")]
    Conflict {
        /// The thread.
        thread: String,
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
    /// The graph changed, and nodes that the thread needs are gone.
    #[error(
        "the thread {thread:?} is due to run {missing:?}, which this version of the graph lacks: add them back"
    )]
    GraphChanged {
        /// The thread.
        thread: String,
        /// The missing nodes.
        missing: Vec<String>,
    },
    /// The thread was stored under another version of the state.
    #[error(
        "the thread {thread:?} holds version {found} of the state, this program has {expected}: {reason}"
    )]
    StateVersion {
        /// The thread.
        thread: String,
        /// What is stored.
        found: u32,
        /// What is known.
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
    /// What is stored can't be right. It was left as it is.
    #[error("the thread {thread:?} is damaged at record {seq}: {reason}; restore it from a backup")]
    Corrupt {
        /// The thread.
        thread: String,
        /// The record.
        seq: u64,
        /// What is wrong.
        reason: String,
    },
    /// The replayed state differs from the one that was stored.
    #[error(
        "the thread {thread:?} replays to another state at record {seq}: a reducer changed its meaning, the state \
         does not serialise the same way twice, or the record was changed; raise the state's version or undo the change"
    )]
    StateChanged {
        /// The thread.
        thread: String,
        /// The record.
        seq: u64,
    },
    /// A state or an update can't be written as JSON.
    #[error("the state of the thread {thread:?} can't be written as JSON")]
    Encode {
        /// The thread.
        thread: String,
        /// Why.
        source: serde_json::Error,
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

/// A node returned a pause without having asked through its own context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it returned a pause of another run: return Stop::failed when a graph inside a node asks")]
pub struct ForeignPause;

/// A try of a node took longer than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeTimeout {
    /// As a whole.
    #[error("the try took longer than {0:?}")]
    Run(std::time::Duration),
    /// Without a sign of life.
    #[error("the try gave no sign of life for {0:?}")]
    Idle(std::time::Duration),
}
