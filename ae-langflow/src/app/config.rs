//! How one call runs a thread.

use std::sync::Arc;

use crate::Cancel;

/// The step limit of a call that names none.
pub const STEP_LIMIT: u64 = 10_000;

/// How one call runs a thread.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunConfig {
    /// The thread.
    pub thread: Arc<str>,
    /// How many supersteps this call may complete.
    pub step_limit: u64,
    /// The token that stops it.
    pub cancel: Cancel,
    /// The record to read the thread at, instead of the last one.
    pub at: Option<u64>,
}

impl RunConfig {
    /// Runs `thread`, for at most [`STEP_LIMIT`] supersteps.
    #[must_use]
    pub fn thread(thread: impl Into<String>) -> Self {
        Self { thread: thread.into().into(), step_limit: STEP_LIMIT, cancel: Cancel::default(), at: None }
    }

    /// Allows this call `steps` supersteps. Only supersteps of nodes count, the same in a fresh and in a resumed call;
    /// one that is parked and resumed counts once.
    #[must_use]
    pub fn with_step_limit(mut self, steps: u64) -> Self {
        self.step_limit = steps;
        self
    }

    /// Stops when `cancel` says so: nodes see it in their context, and the call ends at the next boundary.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// The same thread as it was after record `seq`: for reading it, for its history, and to fork it there.
    #[must_use]
    pub fn at(&self, seq: u64) -> Self {
        Self { at: Some(seq), ..self.clone() }
    }
}
