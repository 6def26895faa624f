//! The events of a thread as data: the outcomes that go into a run, and the changes that come out and are stored.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Next, Turned};
use crate::{Answer, NodeFailure, Question, State, TaskId, json};

/// The outcome of one task.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskOutcome<S: State> {
    /// It finished.
    Finished {
        /// The task.
        task: TaskId,
        /// Its result.
        result: TaskResult<S>,
    },
    /// It asked and waits.
    Asked {
        /// The task.
        task: TaskId,
        /// Its questions.
        questions: Vec<Question>,
    },
    /// Its last try failed, and its node has an error handler.
    Failed {
        /// The task.
        task: TaskId,
        /// Why.
        failure: NodeFailure,
    },
}

impl<S: State> TaskOutcome<S> {
    /// The task.
    #[must_use]
    pub fn task(&self) -> &TaskId {
        match self {
            Self::Finished { task, .. } | Self::Asked { task, .. } | Self::Failed { task, .. } => task,
        }
    }
}

/// The result of a finished task. The labels were computed where it ran.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct TaskResult<S: State> {
    #[serde(default = "none", skip_serializing_if = "Option::is_none", serialize_with = "json::mark_some")]
    pub(crate) update: Option<S::Update>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) goto: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", serialize_with = "json::mark_sends")]
    pub(crate) sends: Vec<(String, Value)>,
    /// It failed, and its error handler takes over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) failed: bool,
}

fn none<T>() -> Option<T> {
    None
}

/// One entry of a thread's log. It holds writes, not the state.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change<S: State> {
    /// The thread began.
    Began,
    /// A superstep ended.
    ///
    /// The writes of its tasks, in the order of folding, and what comes next.
    // The form on disk is short since there is one for each step.
    #[serde(rename = "s")]
    Stepped(Vec<Write<S>>, Next),
    /// A superstep waits for people.
    Parked {
        /// The tasks of the superstep that have finished since the last change.
        finished: Vec<(TaskId, TaskResult<S>)>,
        /// The questions of the tasks that asked since the last change, in place of those that they had asked before.
        questions: Vec<Question>,
    },
    /// Questions were answered.
    Answered {
        /// The answers.
        answers: Vec<Answer>,
    },
    /// The superstep begins again: what its finished tasks noted is void.
    Rewound,
    /// The state was written from outside, and what comes next was perhaps decided again.
    Edited {
        /// The writes of what had finished in the superstep that is abandoned; they come first.
        #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
        kept: Vec<Write<S>>,
        /// The turn that it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<Turned>,
        /// The write.
        #[serde(
            default = "none",
            skip_serializing_if = "Option::is_none",
            serialize_with = "json::mark_some"
        )]
        update: Option<S::Update>,
        /// The node in whose name it was written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
        /// The next tasks, unless they stay as they were.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Next>,
    },
    /// The state was carried over to a new version of its type.
    Migrated,
    /// The thread is a copy of another one, and is about to go its own way.
    Forked {
        /// Its name.
        thread: String,
        /// The name of this incarnation of it.
        incarnation: String,
    },
    /// The thread goes on elsewhere, and only there.
    Moved {
        /// Where.
        to: String,
    },
}

/// The update of one task.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Write<S: State>(
    pub(crate) TaskId,
    #[serde(default = "none", serialize_with = "json::mark_some")] pub(crate) Option<S::Update>,
);

impl<S: State> fmt::Debug for TaskOutcome<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, what): (_, &dyn fmt::Debug) = match self {
            Self::Finished { result, .. } => ("Finished", result),
            Self::Asked { questions, .. } => ("Asked", questions),
            Self::Failed { failure, .. } => ("Failed", failure),
        };
        f.debug_tuple(name).field(self.task()).field(what).finish()
    }
}

impl<S: State> fmt::Debug for TaskResult<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskResult")
            .field("labels", &self.labels)
            .field("goto", &self.goto)
            .field("sends", &self.sends.len())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

impl<S: State> fmt::Debug for Change<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, what): (_, &dyn fmt::Debug) = match self {
            Self::Began => return f.write_str("Began"),
            Self::Stepped(writes, next) => ("Stepped", &(writes, next)),
            Self::Parked { finished, questions } => ("Parked", &(finished, questions)),
            Self::Answered { answers } => ("Answered", answers),
            Self::Rewound => return f.write_str("Rewound"),
            Self::Edited { node, next, .. } => ("Edited", &(node, next)),
            Self::Migrated => return f.write_str("Migrated"),
            Self::Forked { thread, .. } => ("Forked", thread),
            Self::Moved { to } => ("Moved", to),
        };
        f.debug_tuple(name).field(what).finish()
    }
}

impl<S: State> fmt::Debug for Write<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Write").field(&self.0).finish_non_exhaustive()
    }
}
