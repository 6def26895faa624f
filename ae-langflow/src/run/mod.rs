//! The run of a graph as a pure, serialisable machine: no I/O, no clock, no randomness.

mod change;
mod edit;
mod error;
mod fold;
mod json;
mod missing;
mod next;
pub(crate) mod position;
mod route;
mod take;
mod writers;

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    change::{Change, TaskOutcome, TaskResult, Write},
    error::RunError,
    next::{Next, OpenJoin},
    position::Turned,
};
use self::{position::Position, route::Follow};
use crate::{DueTask, Graph, Question, START, State, TaskId, Topology, node::guarded};

/// One thread of a graph. [`next_step`](Self::next_step) says what to do; [`apply`](Self::apply) takes what became of
/// it and gives back the [`Change`] to store. Any host can drive it: the in-process [`App`](crate::App) does, and so
/// can a workflow engine.
///
/// A method that fails changes nothing, unless it is for a reducer that panicked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct GraphRun<S: State> {
    #[serde(with = "position::shared")]
    topology: Arc<Topology>,
    pub(crate) position: Position<S>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step_max: Option<u64>,
    /// The tasks of the superstep under way that were taken in since the last change that holds them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unstored: BTreeSet<TaskId>,
}

/// The next step of a host.
#[derive(Debug)]
#[non_exhaustive]
pub enum NextStep<S> {
    /// Run these tasks, all on the same snapshot, and [`apply`](GraphRun::apply) what became of them.
    Run(Superstep<S>),
    /// The thread has ended.
    Done(Arc<S>),
    /// It waits for answers: [`GraphRun::answer`].
    Asked(Vec<Question>),
    /// The limit was reached: [`GraphRun::limit_steps`] raises it.
    LimitReached,
    /// It goes on elsewhere, and only there.
    Moved(String),
}

/// The tasks of one superstep that have not finished.
#[derive(Debug)]
#[non_exhaustive]
pub struct Superstep<S> {
    /// Its number, from 1.
    pub step: u64,
    /// The state that the tasks read.
    pub state: Arc<S>,
    /// The tasks, in the order in which their writes are folded.
    pub tasks: Vec<DueTask>,
}

impl<S: State> GraphRun<S> {
    /// A thread at its beginning, in `state`.
    ///
    /// # Errors
    ///
    /// [`RunError::UnknownLabel`] when a router after [`START`] gives a label that is not in its list,
    /// [`RunError::Panicked`] when it panics.
    pub fn start(graph: &Graph<S>, state: S) -> Result<Self, RunError> {
        let topology = Arc::clone(graph.topology());
        let labels = guarded(|| graph.labels(START, &state));
        let labels = labels.map_err(|panic| RunError::panicked([START], panic))?;
        let mut follow = Follow::new(&topology, &Next::default());
        follow.leave(START, &labels, &[])?;
        let next = follow.end(std::iter::empty());
        Ok(Self::at(topology, Position::new(Arc::new(state), next)))
    }

    pub(crate) fn at(topology: Arc<Topology>, position: Position<S>) -> Self {
        Self { topology, position, step_max: None, unstored: BTreeSet::new() }
    }

    /// The same run on another form of its position.
    pub(crate) fn moved_onto<T: State>(&self, position: Position<T>) -> GraphRun<T> {
        let (topology, unstored) = (Arc::clone(&self.topology), self.unstored.clone());
        GraphRun { topology, position, step_max: self.step_max, unstored }
    }

    /// Allows `steps` more supersteps from here. Only supersteps of nodes count, and one that is parked and resumed
    /// counts once.
    pub fn limit_steps(&mut self, steps: u64) {
        self.step_max = Some(self.position.step.saturating_add(steps));
    }

    /// Allows any number of supersteps.
    pub(crate) fn forget_limit(&mut self) {
        self.step_max = None;
    }

    /// The next step.
    #[must_use]
    pub fn next_step(&self) -> NextStep<S> {
        let at = &self.position;
        if let Some(to) = &at.moved_to {
            return NextStep::Moved(to.clone());
        }
        if at.next.due.is_empty() {
            return NextStep::Done(Arc::clone(&at.state));
        }
        let tasks: Vec<_> = self
            .pending()
            .map(|(task, input)| DueTask {
                task: task.clone(),
                input: input.cloned(),
                answers: at.answers.get(task).cloned().unwrap_or_default(),
            })
            .collect();
        if tasks.is_empty() {
            return NextStep::Asked(at.questions.clone());
        }
        if self.step_max.is_some_and(|max| at.step >= max) {
            return NextStep::LimitReached;
        }
        NextStep::Run(Superstep { step: at.step.saturating_add(1), state: Arc::clone(&at.state), tasks })
    }

    /// Takes what became of tasks of this superstep and gives back the change to store.
    ///
    /// The superstep ends when all of its tasks have finished: their writes are folded in task order and the edges
    /// are followed. It parks when the rest of them ask. Until then the outcomes are kept and the change is `None`.
    ///
    /// # Errors
    ///
    /// [`RunError`]: two writers of one field, an unknown label or target, a task that is not due, two questions with
    /// one id, a failure of a node that has no error handler; a reducer that panics, after which the run is of no use.
    pub fn apply(&mut self, outcomes: Vec<TaskOutcome<S>>) -> Result<Option<Change<S>>, RunError> {
        let Some(change) = self.take(outcomes)? else { return Ok(None) };
        self.fold(change.clone())?;
        Ok(Some(change))
    }

    /// The shape of the graph that it follows.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// The state as of the last completed superstep.
    #[must_use]
    pub fn state(&self) -> &Arc<S> {
        &self.position.state
    }

    /// The state with the writes of what has finished in the superstep under way, in task order. The tasks that are
    /// still to run do not see those writes.
    ///
    /// # Errors
    ///
    /// [`RunError::Panicked`] when a reducer panics.
    pub fn state_so_far(&self) -> Result<Arc<S>, RunError> {
        let finished = &self.position.finished;
        let folded = guarded(|| {
            let mut state = Arc::clone(&self.position.state);
            for update in finished.values().filter_map(|result| result.update.clone()) {
                Arc::make_mut(&mut state).apply(update);
            }
            state
        });
        folded.map_err(|panic| RunError::panicked(finished.keys().map(TaskId::node), panic))
    }

    /// How many supersteps are complete.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.position.step
    }

    /// The tasks of the superstep under way that have not finished, in order.
    pub fn unfinished(&self) -> impl Iterator<Item = &TaskId> {
        self.position.next.due.tasks().filter(|task| !self.position.finished.contains_key(*task))
    }

    /// The open questions.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.position.questions
    }

    /// The joins at which some sources have arrived and others have not. When nothing is left to run, they never will:
    /// the targets of these joins were left out.
    #[must_use]
    pub fn open_joins(&self) -> Vec<OpenJoin> {
        self.position.next.open_joins().collect()
    }

    /// Whether nothing is left to run.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.position.next.due.is_empty()
    }

    /// Where the thread goes on, if not here.
    #[must_use]
    pub fn moved_to(&self) -> Option<&str> {
        self.position.moved_to.as_deref()
    }

    /// Whether nothing can run: it has ended, or waits for answers.
    pub(crate) fn rests(&self) -> bool {
        self.pending().next().is_none()
    }

    /// How many tasks the superstep under way has, finished ones included.
    pub(crate) fn width(&self) -> usize {
        self.position.next.due.len()
    }

    /// Tasks that can run, with what was sent to them: not finished, and not waiting for an answer without any.
    fn pending(&self) -> impl Iterator<Item = (&TaskId, Option<&Value>)> {
        let asking = self.asking();
        self.position.next.due.entries().filter(move |(task, _)| self.is_pending(task, &asking))
    }

    /// The tasks with open questions, by node and number.
    fn asking(&self) -> BTreeSet<(&str, Option<u32>)> {
        let questions = self.position.questions.iter();
        questions.map(|question| (question.node.as_str(), question.send_index)).collect()
    }

    fn is_pending(&self, task: &TaskId, asking: &BTreeSet<(&str, Option<u32>)>) -> bool {
        let at = &self.position;
        let asks = asking.contains(&(task.node(), task.send_index()));
        !at.finished.contains_key(task) && (!asks || at.woken.contains(task))
    }

    /// Goes to the superstep after this one.
    fn advance(&mut self, next: Next) {
        self.unstored.clear();
        self.position.advance(next);
    }
}
