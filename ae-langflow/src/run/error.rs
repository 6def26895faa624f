//! The refusals of a run.

use crate::{TaskId, node::NodePanic};

/// A refusal of a run. It changed nothing.
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
        /// The labels that it may give.
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
    /// An answer to a question that was asked again since.
    #[error(
        "the answer to {id:?} is for an earlier asking: read the thread's state and answer the one that is open"
    )]
    StaleAnswer {
        /// The id.
        id: String,
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
    /// A router or a reducer panicked.
    #[error("a router or a reducer panicked on what {nodes:?} wrote: {message}")]
    Panicked {
        /// The nodes, [`START`](crate::START) for the input.
        nodes: Vec<String>,
        /// The message of the panic.
        message: String,
    },
    /// An outcome of a task that is not to be run.
    #[error("the task {task} is not due")]
    NotDue {
        /// The task.
        task: TaskId,
    },
}

impl RunError {
    pub(crate) fn panicked<'n>(nodes: impl IntoIterator<Item = &'n str>, panic: NodePanic) -> Self {
        let nodes = nodes.into_iter().map(str::to_owned).collect();
        Self::Panicked { nodes, message: panic.message }
    }
}
