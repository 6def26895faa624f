//! What happens to a thread, as data: the outcomes that go into a run, and the changes that come out and are stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use crate::{Answer, Question, State, TaskId};

/// What became of one task.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "", rename_all = "snake_case")]
pub enum TaskOutcome<S: State> {
    /// It finished.
    Finished {
        /// The task.
        task: TaskId,
        /// What it gave back.
        result: TaskResult<S>,
    },
    /// It asked and waits.
    Asked {
        /// The task.
        task: TaskId,
        /// Its questions.
        questions: Vec<Question>,
    },
}

impl<S: State> TaskOutcome<S> {
    /// The task.
    #[must_use]
    pub fn task(&self) -> &TaskId {
        match self {
            Self::Finished { task, .. } | Self::Asked { task, .. } => task,
        }
    }
}

/// What a finished task gave back. The labels were computed where it ran.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct TaskResult<S: State> {
    pub(crate) update: S::Update,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) goto: Vec<String>,
}

/// One entry of a thread's log. It holds writes, not the state.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change<S: State> {
    /// The thread began.
    Began,
    /// A superstep ended.
    Stepped {
        /// What its tasks wrote, in the order of folding.
        writes: Vec<Write<S>>,
        /// The tasks of the next superstep.
        next: BTreeSet<TaskId>,
        /// Who has arrived at each waiting edge.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        arrived: BTreeMap<String, BTreeSet<String>>,
    },
    /// A superstep waits for people.
    Parked {
        /// The tasks of the superstep that have finished.
        finished: BTreeMap<TaskId, TaskResult<S>>,
        /// Every open question.
        questions: Vec<Question>,
    },
    /// Questions were answered.
    Answered {
        /// The answers.
        answers: Vec<Answer>,
    },
    /// The superstep begins anew: what its finished tasks noted is void.
    Rewound,
}

/// What one task wrote.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Write<S: State> {
    pub(crate) task: TaskId,
    pub(crate) update: S::Update,
}

impl<S: State> fmt::Debug for TaskOutcome<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished { task, result } => {
                f.debug_struct("Finished").field("task", task).field("result", result).finish()
            }
            Self::Asked { task, questions } => {
                f.debug_struct("Asked").field("task", task).field("questions", questions).finish()
            }
        }
    }
}

impl<S: State> fmt::Debug for TaskResult<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskResult")
            .field("labels", &self.labels)
            .field("goto", &self.goto)
            .finish_non_exhaustive()
    }
}

impl<S: State> fmt::Debug for Change<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began => f.write_str("Began"),
            Self::Stepped { writes, next, arrived } => f
                .debug_struct("Stepped")
                .field("writes", writes)
                .field("next", next)
                .field("arrived", arrived)
                .finish(),
            Self::Parked { finished, questions } => {
                f.debug_struct("Parked").field("finished", finished).field("questions", questions).finish()
            }
            Self::Answered { answers } => f.debug_struct("Answered").field("answers", answers).finish(),
            Self::Rewound => f.write_str("Rewound"),
        }
    }
}

impl<S: State> fmt::Debug for Write<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write").field("task", &self.task).finish_non_exhaustive()
    }
}
