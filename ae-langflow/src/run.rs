//! The run of a graph as a pure, serialisable machine: no I/O, no clock, no randomness.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Answer, Change, Graph, Question, RunError, START, State, TaskId, TaskOutcome, TaskResult, Topology,
    Write,
    position::{self, Position},
    route,
};

/// One thread of a graph. [`next_step`](Self::next_step) says what to do; [`apply`](Self::apply) takes what became of
/// it and gives back the [`Change`] to store. Any host can drive it: the in-process [`App`](crate::App) does, and so
/// can a workflow engine.
///
/// A method that fails changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct GraphRun<S: State> {
    #[serde(with = "position::shared")]
    topology: Arc<Topology>,
    pub(crate) position: Position<S>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step_max: Option<u64>,
}

/// What a host does next.
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
}

/// The tasks of one superstep that have not finished.
#[derive(Debug)]
#[non_exhaustive]
pub struct Superstep<S> {
    /// Its number, from 1.
    pub step: u64,
    /// What the tasks read.
    pub state: Arc<S>,
    /// The tasks, in the order in which their writes are folded, each with the answers to its questions by id.
    pub tasks: Vec<(TaskId, BTreeMap<String, Value>)>,
}

impl<S: State> GraphRun<S> {
    /// A thread at its beginning, in `state`.
    ///
    /// # Errors
    ///
    /// [`RunError::UnknownLabel`] when a router after [`START`] gives a label that is not in its list.
    pub fn start(graph: &Graph<S>, state: S) -> Result<Self, RunError> {
        let topology = Arc::clone(graph.topology());
        let labels = graph.start_labels(&state);
        let mut arrived = BTreeMap::new();
        let due = route::targets(&topology, START, &labels, &[], &mut arrived)?;
        let position = Position {
            state: Arc::new(state),
            step: 0,
            due: due.iter().map(|node| TaskId::of_node(node)).collect(),
            finished: BTreeMap::new(),
            questions: Vec::new(),
            answers: BTreeMap::new(),
            woken: BTreeSet::new(),
            arrived,
        };
        Ok(Self { topology, position, step_max: None })
    }

    pub(crate) fn at(topology: Arc<Topology>, position: Position<S>) -> Self {
        Self { topology, position, step_max: None }
    }

    /// Allows `steps` more supersteps from here. Only supersteps of nodes count, and one that is parked and resumed
    /// counts once.
    pub fn limit_steps(&mut self, steps: u64) {
        self.step_max = Some(self.position.step.saturating_add(steps));
    }

    /// What to do next.
    #[must_use]
    pub fn next_step(&self) -> NextStep<S> {
        let at = &self.position;
        if at.due.is_empty() {
            return NextStep::Done(Arc::clone(&at.state));
        }
        let tasks: Vec<_> = self.pending().map(|task| (task.clone(), self.answers_of(task))).collect();
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
    /// one id.
    pub fn apply(&mut self, outcomes: Vec<TaskOutcome<S>>) -> Result<Option<Change<S>>, RunError> {
        let mut pending: BTreeSet<TaskId> = self.pending().cloned().collect();
        let mut finished = BTreeMap::new();
        let mut asked: Vec<Question> = Vec::new();
        let mut asking = BTreeSet::new();
        for outcome in outcomes {
            if !pending.remove(outcome.task()) {
                return Err(RunError::NotDue { task: outcome.task().clone() });
            }
            match outcome {
                TaskOutcome::Finished { task, result } => {
                    finished.insert(task, result);
                }
                TaskOutcome::Asked { task, questions } => {
                    asked.extend(questions);
                    asking.insert(task);
                }
            }
        }
        self.check_writers(&finished)?;
        // A task that ran again says anew what it wants to know.
        let open = |question: &&Question| !asking.iter().any(|task| task.node() == question.node);
        let mut questions: Vec<_> = self.position.questions.iter().filter(open).cloned().collect();
        questions.retain(|question| !finished.keys().any(|task| task.node() == question.node));
        questions.extend(asked);
        check_questions(&questions)?;
        if pending.is_empty() && questions.is_empty() {
            let change = self.close(finished)?;
            self.fold(change.clone());
            return Ok(Some(change));
        }
        self.position.woken.retain(|task| !finished.contains_key(task) && !asking.contains(task));
        self.position.finished.extend(finished);
        self.position.set_questions(questions);
        if !pending.is_empty() {
            return Ok(None);
        }
        let (finished, questions) = (self.position.finished.clone(), self.position.questions.clone());
        Ok(Some(Change::Parked { finished, questions }))
    }

    /// Answers open questions and gives back the change to store. Only the nodes whose question was answered run.
    ///
    /// # Errors
    ///
    /// [`RunError::UnknownQuestion`] when an id is not open (any more), or answered twice in one call.
    pub fn answer(&mut self, answers: Vec<Answer>) -> Result<Change<S>, RunError> {
        let mut open: BTreeSet<&str> =
            self.position.questions.iter().map(|question| question.id.as_str()).collect();
        for answer in &answers {
            if !open.remove(answer.id.as_str()) {
                let open = self.position.questions.iter().map(|question| question.id.clone()).collect();
                return Err(RunError::UnknownQuestion { id: answer.id.clone(), open });
            }
        }
        let change = Change::Answered { answers };
        self.fold(change.clone());
        Ok(change)
    }

    /// Follows a change that was stored, as the replay of a thread does. Edges are not followed again: the change
    /// says where they led.
    pub fn fold(&mut self, change: Change<S>) {
        let at = &mut self.position;
        match change {
            Change::Began => {}
            Change::Rewound => at.finished.clear(),
            Change::Stepped { writes, next, arrived } => {
                let state = Arc::make_mut(&mut at.state);
                for write in writes {
                    state.apply(write.update);
                }
                at.step = at.step.saturating_add(1);
                at.due = next;
                at.arrived = arrived;
                at.finished.clear();
                at.questions.clear();
                at.answers.clear();
                at.woken.clear();
            }
            Change::Parked { finished, questions } => {
                at.finished = finished;
                at.set_questions(questions);
                at.woken.clear();
            }
            Change::Answered { answers } => {
                for answer in answers {
                    let Some(index) = at.questions.iter().position(|question| question.id == answer.id)
                    else {
                        continue;
                    };
                    let question = at.questions.remove(index);
                    let task = TaskId::of_node(&question.node);
                    at.woken.insert(task.clone());
                    at.answers.entry(task).or_default().insert(answer.id, answer.value);
                }
            }
        }
    }

    /// The state as of the last completed superstep.
    #[must_use]
    pub fn state(&self) -> &Arc<S> {
        &self.position.state
    }

    /// How many supersteps are complete.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.position.step
    }

    /// The nodes of the superstep under way that have not finished, sorted.
    #[must_use]
    pub fn next_nodes(&self) -> Vec<String> {
        let unfinished = self.position.due.iter().filter(|task| !self.position.finished.contains_key(*task));
        unfinished.map(|task| task.node().to_owned()).collect()
    }

    /// The open questions.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.position.questions
    }

    /// Whether nothing is left to run.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.position.due.is_empty()
    }

    /// How many tasks the superstep under way has, finished ones included.
    pub(crate) fn width(&self) -> usize {
        self.position.due.len()
    }

    /// Tasks that can run: not finished, and not waiting for an answer without any.
    fn pending(&self) -> impl Iterator<Item = &TaskId> {
        let at = &self.position;
        at.due.iter().filter(|task| {
            let asks = at.questions.iter().any(|question| question.node == task.node());
            !at.finished.contains_key(*task) && (!asks || at.woken.contains(*task))
        })
    }

    fn answers_of(&self, task: &TaskId) -> BTreeMap<String, Value> {
        self.position.answers.get(task).cloned().unwrap_or_default()
    }

    /// Two tasks of one superstep may not write one last-value field.
    fn check_writers(&self, finished: &BTreeMap<TaskId, TaskResult<S>>) -> Result<(), RunError> {
        if self.position.due.len() < 2 {
            return Ok(());
        }
        let mut writers: BTreeMap<&'static str, &TaskId> = BTreeMap::new();
        let mut clash = None;
        for (task, result) in self.position.finished.iter().chain(finished) {
            S::last_value_writes(&result.update, &mut |field| {
                if let Some(first) = writers.insert(field, task) {
                    clash.get_or_insert_with(|| (field, first.clone(), task.clone()));
                }
            });
        }
        clash.map_or(Ok(()), |(field, first, second)| {
            let mut nodes = vec![first.node().to_owned(), second.node().to_owned()];
            nodes.sort();
            Err(RunError::TwoWriters { step: self.position.step.saturating_add(1), field, nodes })
        })
    }

    /// The change that ends the superstep.
    fn close(&self, mut finished: BTreeMap<TaskId, TaskResult<S>>) -> Result<Change<S>, RunError> {
        finished.extend(self.position.finished.iter().map(|(task, result)| (task.clone(), result.clone())));
        let mut arrived = self.position.arrived.clone();
        let mut next = BTreeSet::new();
        let mut writes = Vec::with_capacity(finished.len());
        for (task, result) in finished {
            let targets =
                route::targets(&self.topology, task.node(), &result.labels, &result.goto, &mut arrived)?;
            next.extend(targets.iter().map(|node| TaskId::of_node(node)));
            writes.push(Write { task, update: result.update });
        }
        Ok(Change::Stepped { writes, next, arrived })
    }
}

/// Ids are unique among open questions: an answer names nothing else.
fn check_questions(questions: &[Question]) -> Result<(), RunError> {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for question in questions {
        if let Some(node) = known.insert(&question.id, &question.node) {
            let nodes = vec![node.to_owned(), question.node.clone()];
            return Err(RunError::DuplicateQuestion { id: question.id.clone(), nodes });
        }
    }
    Ok(())
}
