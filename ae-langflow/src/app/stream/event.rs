//! The events.

use std::{fmt, ops::BitOr, sync::Arc};

use serde_json::Value;

use crate::{Ending, OpenJoin, State, TaskId};

/// Which events a stream has. Combine them with `|`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes(u8);

impl Modes {
    /// [`Event::Values`].
    pub const VALUES: Self = Self(1);
    /// [`Event::Update`].
    pub const UPDATES: Self = Self(2);
    /// [`Event::Custom`] and [`Event::Voided`].
    pub const CUSTOM: Self = Self(4);
    /// [`Event::TaskStarted`], [`Event::TaskEnded`] and [`Event::TaskFailed`].
    pub const TASKS: Self = Self(8);
    /// [`Event::Checkpoint`].
    pub const CHECKPOINTS: Self = Self(16);
    /// All of them.
    pub const ALL: Self = Self(31);

    pub(super) fn has(self, mode: Self) -> bool {
        self.0 & mode.0 != 0
    }
}

impl BitOr for Modes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Something that happened in a call.
#[derive(Clone)]
#[non_exhaustive]
pub enum Event<S: State> {
    /// A superstep is complete, and this is the state. Step 0 is the input.
    Values {
        /// The superstep.
        step: u64,
        /// The state after it.
        state: Arc<S>,
    },
    /// A task finished. What it wrote is not committed yet.
    Update {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
        /// Its update.
        update: S::Update,
    },
    /// A node sent an event with [`Cx::emit`](crate::Cx::emit).
    Custom {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
        /// The event.
        event: Value,
    },
    /// The custom events that the task has sent in this superstep so far are void: the try that sent them failed or
    /// took too long, or the task runs again from its top, after a question or in a call that goes on with its superstep.
    /// Those that follow are of the next try.
    Voided {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
    },
    /// A task begins.
    TaskStarted {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
    },
    /// A task finished, or asked.
    TaskEnded {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
    },
    /// A try of a task failed.
    TaskFailed {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
        /// The number of the try, from 1.
        attempt: u32,
        /// The error and its causes, on one line.
        message: String,
        /// Whether the task is tried again.
        repeated: bool,
    },
    /// A superstep is stored.
    Checkpoint {
        /// The number of the last record.
        seq: u64,
        /// The superstep.
        step: u64,
    },
    /// The thread is done, and these joins never had all of their sources: their targets did not run. It comes whatever
    /// the modes.
    LeftOut {
        /// The joins.
        joins: Vec<OpenJoin>,
    },
    /// How the call ended. It is the last event of a call that did not fail, whatever the modes.
    Ended(Ending<S>),
}

impl<S: State> fmt::Debug for Event<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, step, task) = match self {
            Self::Values { step, .. } => ("Values", Some(*step), None),
            Self::Update { step, task, .. } => ("Update", Some(*step), Some(task)),
            Self::Custom { step, task, .. } => ("Custom", Some(*step), Some(task)),
            Self::Voided { step, task } => ("Voided", Some(*step), Some(task)),
            Self::TaskStarted { step, task } => ("TaskStarted", Some(*step), Some(task)),
            Self::TaskEnded { step, task } => ("TaskEnded", Some(*step), Some(task)),
            Self::TaskFailed { step, task, .. } => ("TaskFailed", Some(*step), Some(task)),
            Self::Checkpoint { step, .. } => ("Checkpoint", Some(*step), None),
            Self::LeftOut { .. } => ("LeftOut", None, None),
            Self::Ended(_) => ("Ended", None, None),
        };
        let mut text = f.debug_struct(name);
        step.map(|step| text.field("step", &step));
        task.map(|task| text.field("task", task));
        text.finish_non_exhaustive()
    }
}
