//! How a call begins, and how it ends.

use std::{fmt, sync::Arc};

use ae_core::Digest;

use crate::{Answer, Question, State};

/// The input of a call.
#[derive(Clone)]
#[non_exhaustive]
pub enum Input<S: State> {
    /// A new thread in this state.
    Start(S),
    /// The next turn of a thread: the update goes through the reducers onto the state that is there, or onto the one
    /// that the turn makes when there is no thread yet, and the graph begins again from START. A thread that is at work
    /// is waited for, unless [`RunConfig::with_when_busy`](crate::RunConfig::with_when_busy) says otherwise. What is due
    /// or asked on a thread at rest is abandoned; the writes of what had finished are kept.
    Turn(Turn<S>),
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
        Self::Turn(Turn::new(update, S::default))
    }

    /// [`turn`](Self::turn) that is taken once, however often it is sent with this id: for callers that try again.
    #[must_use]
    pub fn turn_once(id: impl Into<String>, update: S::Update) -> Self
    where
        S: Default,
    {
        Self::Turn(Turn::new(update, S::default).with_id(id))
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
            Self::Turn(turn) => turn.fmt(f),
            Self::Resume(answers) => f.debug_tuple("Resume").field(answers).finish(),
            Self::Continue => f.write_str("Continue"),
        }
    }
}

/// One turn of a conversation.
#[derive(Clone)]
#[non_exhaustive]
pub struct Turn<S: State> {
    /// The write that it begins with.
    pub update: S::Update,
    /// Makes the state of a thread that does not exist yet.
    pub start: fn() -> S,
    /// Its name, when it is to be taken once.
    pub id: Option<String>,
}

impl<S: State> Turn<S> {
    /// A turn that begins with `update`, on the state that is there or on a new one.
    #[must_use]
    pub fn new(update: S::Update, start: fn() -> S) -> Self {
        Self { update, start, id: None }
    }

    /// Lets it be taken once: a call with an id that the thread has taken goes on with what is due, and ends as the first
    /// one would. A thread remembers the last 128 turns that had an id; a message's own id is a good one. Without an id
    /// every call is a turn of its own.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The name that the thread remembers it by.
    pub(crate) fn name(&self) -> Option<String> {
        self.id.as_ref().map(|id| Digest::of_bytes("ae-langflow turn", id.as_bytes()).short(16))
    }
}

impl<S: State> fmt::Debug for Turn<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How a call ended. The thread can go on unless it is done.
///
/// The state is shared with the app, not copied. One that is still held when the thread goes on is copied then, once.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Ending<S> {
    /// Nothing is left to run. A join that never had all of its sources was left out:
    /// [`ThreadState::open_joins`](crate::ThreadState::open_joins) names it.
    Done(Arc<S>),
    /// It waits for answers: [`App::resume`](crate::App::resume).
    Asked {
        /// The state, with the writes of what has finished in the superstep under way.
        state: Arc<S>,
        /// Every open question.
        questions: Vec<Question>,
    },
    /// The step limit of the call was reached: [`Input::Continue`] goes on.
    StepLimit(Arc<S>),
    /// It was cancelled: [`Input::Continue`] goes on. The state has the writes of what had finished in the superstep under
    /// way.
    Cancelled(Arc<S>),
    /// The app is [draining](crate::App::drain): [`Input::Continue`] goes on, elsewhere or later.
    Drained(Arc<S>),
}
