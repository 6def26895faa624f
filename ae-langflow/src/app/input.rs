//! How a call begins, and how it ends.

use std::fmt;

use crate::{Answer, Question, State};

/// The input of a call.
#[derive(Clone)]
#[non_exhaustive]
pub enum Input<S: State> {
    /// A new thread in this state.
    Start(S),
    /// The next turn of a thread: the update goes through the reducers onto the state that is there, or onto the one
    /// that the function makes when there is no thread yet, and the graph begins again from START. What was due is
    /// abandoned.
    Turn(S::Update, fn() -> S),
    /// Answers to open questions.
    Resume(Vec<Answer>),
    /// Goes on after the last committed superstep, for example after a crash, a failure, a limit or a cancel. What
    /// finished does not run again.
    Continue,
}

impl<S: State> Input<S> {
    /// A new thread: `update` goes through the reducers onto the default state.
    #[must_use]
    pub fn start(update: S::Update) -> Self
    where
        S: Default,
    {
        let mut state = S::default();
        state.apply(update);
        Self::Start(state)
    }

    /// The next turn of a thread, or the first one, of the default state.
    #[must_use]
    pub fn turn(update: S::Update) -> Self
    where
        S: Default,
    {
        Self::Turn(update, S::default)
    }

    /// Answers to open questions. Some of them are enough: their nodes run, the others wait on.
    #[must_use]
    pub fn resume(answers: Vec<Answer>) -> Self {
        Self::Resume(answers)
    }
}

impl<S: State> fmt::Debug for Input<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(_) => f.write_str("Start"),
            Self::Turn(..) => f.write_str("Turn"),
            Self::Resume(answers) => f.debug_tuple("Resume").field(answers).finish(),
            Self::Continue => f.write_str("Continue"),
        }
    }
}

/// How a call ended. The thread can go on unless it is done.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Ending<S> {
    /// Nothing is left to run.
    Done(S),
    /// It waits for answers: [`App::resume`](crate::App::resume).
    Asked {
        /// The state as of the last completed superstep.
        state: S,
        /// Every open question.
        questions: Vec<Question>,
    },
    /// The step limit of the call was reached: [`Input::Continue`] goes on.
    StepLimit(S),
    /// It was cancelled: [`Input::Continue`] goes on.
    Cancelled(S),
    /// The app is [draining](crate::App::drain): [`Input::Continue`] goes on, elsewhere or later.
    Drained(S),
}
