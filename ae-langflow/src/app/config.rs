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
    /// The policy of a turn or an answer that meets another call at work.
    pub when_busy: WhenBusy,
}

/// The policy of [`Input::Turn`](crate::Input::Turn) and [`Input::Resume`](crate::Input::Resume) that meet a thread with
/// work to do, for another call is at it.
///
/// A thread is at rest once nothing is left to run, while it waits for answers, and when the call that ran it has ended
/// in any way: it failed, was cancelled or dropped, or reached its limit. A turn is taken at once then, and what was due
/// or asked is abandoned; the writes of tasks that had finished are kept. Calls of one app and its clones know of each
/// other and wait in line, first come, first served: a node that calls the app on its own thread would wait for itself.
/// A call in another process, or one that was killed, shows only by the records of the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WhenBusy {
    /// It waits until the thread is at rest. A runner in another process whose thread has not moved for
    /// [`App::with_takeover_after`](crate::App::with_takeover_after) is taken for dead: what it was at is done first. The
    /// default.
    #[default]
    Queue,
    /// It is refused with [`GraphError::Busy`](crate::GraphError::Busy), and nothing is stored.
    Reject,
    /// A turn comes first: the call at work fails with [`GraphError::Conflict`](crate::GraphError::Conflict), in this
    /// process at once, and what was due is abandoned as if the thread were at rest. Answers wait.
    Interrupt,
    /// A turn comes first, and what an unfinished turn before it wrote is taken back with that turn, questions included:
    /// it begins with the state before that, which is a new record; what was stays in the history, and the id of the
    /// other turn stays taken. Answers wait.
    RollBack,
}

impl WhenBusy {
    /// Whether a turn does not wait for others.
    pub(crate) const fn is_urgent(self) -> bool {
        matches!(self, Self::Interrupt | Self::RollBack)
    }
}

impl RunConfig {
    /// Runs `thread`, for at most [`STEP_LIMIT`] supersteps.
    #[must_use]
    pub fn thread(thread: impl Into<String>) -> Self {
        let (thread, when_busy) = (thread.into().into(), WhenBusy::default());
        Self { thread, step_limit: STEP_LIMIT, cancel: Cancel::default(), at: None, when_busy }
    }

    /// The same thread as it was after record `seq`: for reading it, for its history, and to fork it there.
    #[must_use]
    pub fn at(&self, seq: u64) -> Self {
        Self { at: Some(seq), ..self.clone() }
    }
}

ae_core::setters! { RunConfig {
    /// Says what a turn or an answer does that meets another call at work: it waits unless said otherwise.
    fn with_when_busy(when_busy: WhenBusy);
    /// Allows this call `step_limit` supersteps. Only supersteps of nodes count, the same in a fresh and in a resumed
    /// call; one that is parked and resumed counts once.
    fn with_step_limit(step_limit: u64);
    /// Stops when `cancel` says so: nodes see it in their context, and the call ends at the next boundary.
    fn with_cancel(cancel: Cancel);
} }
