//! A graph with a place to keep its threads.

use std::{fmt, sync::Arc};

use crate::{
    Answer, Checkpointer, Graph, GraphError, Question, RunConfig, State, drive,
    log::{Opened, ThreadLog},
};

/// Runs threads of a graph in this process. Cheap to clone.
pub struct App<S: State> {
    pub(crate) graph: Graph<S>,
    pub(crate) store: Option<Arc<dyn Checkpointer>>,
}

/// What a call begins with.
#[derive(Debug, Clone)]
pub enum Input<S> {
    /// A new thread in this state.
    Start(S),
    /// Answers to open questions.
    Resume(Vec<Answer>),
    /// Goes on after the last committed superstep, for example after a crash, a failure, a limit or a cancel. What
    /// finished does not run again.
    Continue,
}

/// How a call ended. The thread can go on unless it is done.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Ending<S> {
    /// Nothing is left to run.
    Done(S),
    /// It waits for answers: [`Input::resume`].
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
}

/// Where a thread stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ThreadState<S> {
    /// The state as of the last completed superstep.
    pub state: S,
    /// The nodes of the superstep under way that have not finished, sorted.
    pub next: Vec<String>,
    /// The open questions.
    pub questions: Vec<Question>,
    /// How many supersteps are complete.
    pub step: u64,
    /// Whether nothing is left to run.
    pub finished: bool,
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

    /// Answers to open questions. Some of them are enough: their nodes run, the others wait on.
    #[must_use]
    pub fn resume(answers: Vec<Answer>) -> Self {
        Self::Resume(answers)
    }
}

impl<S: State> Graph<S> {
    /// Keeps threads in `store`.
    #[must_use]
    pub fn with_store(&self, store: Arc<dyn Checkpointer>) -> App<S> {
        App { graph: self.clone(), store: Some(store) }
    }

    /// Keeps nothing: a thread lives as long as the call that starts it, can't be resumed, and
    /// [`Cx::once`](crate::Cx::once) records nothing.
    #[must_use]
    pub fn without_store(&self) -> App<S> {
        App { graph: self.clone(), store: None }
    }
}

impl<S: State> App<S> {
    /// Runs a thread until it ends, asks, or is stopped.
    ///
    /// Every superstep is one commit, awaited before the next begins. A commit happens exactly once; a node runs at
    /// least once. Dropping the call loses only what was not committed.
    ///
    /// # Errors
    ///
    /// [`GraphError`]; the thread stays readable at its last good step, and a failed node runs again with
    /// [`Input::Continue`].
    pub async fn invoke(&self, input: Input<S>, config: &RunConfig) -> Result<Ending<S>, GraphError> {
        drive::invoke(self, input, config).await
    }

    /// Reads where a thread stands; `None` when there is none. It reads threads of a graph that has lost nodes too.
    ///
    /// # Errors
    ///
    /// When the store fails, or the thread is damaged or belongs to another graph or version of the state.
    pub async fn state(&self, config: &RunConfig) -> Result<Option<ThreadState<S>>, GraphError> {
        let opened = self.open(config).await?;
        Ok(opened.map(|Opened { run, .. }| ThreadState {
            state: run.state().as_ref().clone(),
            next: run.next_nodes(),
            questions: run.questions().to_vec(),
            step: run.step(),
            finished: run.is_finished(),
        }))
    }

    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Graph<S> {
        &self.graph
    }

    pub(crate) async fn open(&self, config: &RunConfig) -> Result<Option<Opened<S>>, GraphError> {
        match &self.store {
            Some(store) => ThreadLog::open(store, &config.thread, &self.graph).await,
            None => Ok(None),
        }
    }
}

impl<S: State> Clone for App<S> {
    fn clone(&self) -> Self {
        Self { graph: self.graph.clone(), store: self.store.clone() }
    }
}

impl<S: State> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("graph", &self.graph).field("store", &self.store).finish()
    }
}
