//! The thin driver: it runs what the machine says and stores what comes of it.

use std::{
    collections::BTreeMap,
    error::Error as StdError,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ae_core::{BackendError, ErrorKind};
use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use serde_json::Value;

use crate::{
    App, Change, Checkpointer, Cx, Ending, ForeignPause, Graph, GraphError, GraphEvent, GraphRun, Input,
    Journal, NextStep, RunConfig, RunError, State, Stop, Superstep, TaskId, TaskOutcome, TaskResult,
    log::{Opened, ThreadLog},
    record::{Head, TaskRecord},
};

type BoxError = Box<dyn StdError + Send + Sync>;

impl<S: State> Graph<S> {
    /// Runs one task and computes the labels of its routers: what a host does with each task of a
    /// [`Superstep`]. The outcome is data.
    ///
    /// # Errors
    ///
    /// What the node failed with.
    pub async fn run_task(&self, task: TaskId, state: Arc<S>, cx: Cx) -> Result<TaskOutcome<S>, BoxError> {
        let Some(node) = self.0.nodes.get(task.node()) else {
            return Err(Box::new(RunError::NotDue { task }));
        };
        let before = self.0.routers.contains_key(task.node()).then(|| Arc::clone(&state));
        let end = node.run_boxed(state, cx.clone()).await;
        let questions = cx.take_questions();
        if !questions.is_empty() {
            return Ok(TaskOutcome::Asked { task, questions });
        }
        let step = end.map_err(|stop| match stop {
            Stop::Failed(error) => error,
            Stop::Paused(_) => Box::new(ForeignPause),
        })?;
        let mut labels = Vec::new();
        if let Some(before) = before {
            let mut after = Arc::unwrap_or_clone(before);
            after.apply(step.update.clone());
            labels = self.labels(task.node(), &after);
        }
        Ok(TaskOutcome::Finished {
            task,
            result: TaskResult { update: step.update, labels, goto: step.goto },
        })
    }
}

/// A call under way.
struct Drive<'a, S: State> {
    graph: &'a Graph<S>,
    config: &'a RunConfig,
    run: GraphRun<S>,
    log: Option<ThreadLog>,
    /// What `once` recorded in the superstep under way, by task.
    recorded: BTreeMap<String, BTreeMap<String, Value>>,
}

/// Keeps the records of `once` in the store, fenced by the head.
#[derive(Debug)]
struct StoreJournal {
    store: Arc<dyn Checkpointer>,
    thread: Arc<str>,
    head: Head,
    /// A note was refused because the head had moved.
    overtaken: AtomicBool,
}

pub(crate) async fn invoke<S: State>(
    app: &App<S>,
    input: Input<S>,
    config: &RunConfig,
) -> Result<Ending<S>, GraphError> {
    let mut drive = enter(app, input, config).await?;
    drive.run.limit_steps(config.step_limit);
    loop {
        match drive.run.next_step() {
            NextStep::Done(state) => return Ok(Ending::Done(state.as_ref().clone())),
            NextStep::Asked(questions) => {
                config.tell(|| GraphEvent::Asked {
                    thread: Arc::clone(&config.thread),
                    questions: questions.clone(),
                });
                return Ok(Ending::Asked { state: drive.state(), questions });
            }
            NextStep::Run(_) if config.cancel.is_cancelled() => return Ok(Ending::Cancelled(drive.state())),
            NextStep::LimitReached => return Ok(Ending::StepLimit(drive.state())),
            NextStep::Run(superstep) => {
                if let Err(error) = drive.superstep(superstep).await {
                    // A node that stops because it was asked to has not failed.
                    let stopped = config.cancel.is_cancelled() && matches!(error, GraphError::Node { .. });
                    return if stopped { Ok(Ending::Cancelled(drive.state())) } else { Err(error) };
                }
            }
        }
    }
}

/// Makes or reads the thread and takes the input in.
async fn enter<'a, S: State>(
    app: &'a App<S>,
    input: Input<S>,
    config: &'a RunConfig,
) -> Result<Drive<'a, S>, GraphError> {
    let thread = || config.thread.to_string();
    if let Input::Start(state) = input {
        let run = GraphRun::start(&app.graph, state)?;
        let log = app.store.as_ref();
        let log = log.map(|store| ThreadLog::new(Arc::clone(store), Arc::clone(&config.thread), &app.graph));
        let mut drive = Drive { graph: &app.graph, config, run, log, recorded: BTreeMap::new() };
        return match drive.commit(&Change::Began).await {
            Err(GraphError::Conflict { thread }) => Err(GraphError::ThreadExists { thread }),
            other => other.map(|()| drive),
        };
    }
    let opened = app.open(config).await?;
    let Some(Opened { log, run, notes }) = opened else {
        return Err(GraphError::ThreadNotFound { thread: thread() });
    };
    let nodes = &app.graph.topology().nodes;
    let lost = run.position.due.iter().map(TaskId::node).filter(|node| !nodes.contains(*node));
    let missing: Vec<_> = lost.map(str::to_owned).collect();
    if !missing.is_empty() {
        return Err(GraphError::GraphChanged { thread: thread(), missing });
    }
    let mut drive = Drive { graph: &app.graph, config, run, log: Some(log), recorded: BTreeMap::new() };
    drive.adopt(notes).await?;
    if let Input::Resume(answers) = input {
        let change = drive.run.answer(answers)?;
        drive.commit(&change).await?;
    }
    Ok(drive)
}

impl<S: State> Drive<'_, S> {
    fn state(&self) -> S {
        self.run.state().as_ref().clone()
    }

    /// Stores where the run has come to, then tells of it.
    async fn commit(&mut self, change: &Change<S>) -> Result<(), GraphError> {
        if let Some(log) = &mut self.log {
            log.commit(&self.run, change).await?;
        }
        if matches!(change, Change::Began | Change::Stepped { .. }) {
            self.recorded.clear();
            let step = self.run.step();
            self.config.tell(|| GraphEvent::Committed { thread: Arc::clone(&self.config.thread), step });
        }
        Ok(())
    }

    /// Takes in what the tasks of the superstep under way had noted when the last call ended.
    async fn adopt(&mut self, notes: Vec<TaskRecord>) -> Result<(), GraphError> {
        let Some(log) = &self.log else { return Ok(()) };
        let seq = log.head.map_or(0, |head| head.seq);
        let finished = log.finished_key();
        let mut outcomes = Vec::new();
        for note in notes {
            if note.key == finished {
                outcomes.push(serde_json::from_str(&note.value).map_err(|error| log.corrupt(seq, error))?);
            } else if let Some(key) = note.key.strip_prefix("once:") {
                let value = serde_json::from_str(&note.value).map_err(|error| log.corrupt(seq, error))?;
                self.recorded.entry(note.task).or_default().insert(key.to_owned(), value);
            }
        }
        if outcomes.is_empty() { Ok(()) } else { self.apply(outcomes).await }
    }

    /// Runs the tasks side by side. The first failure stops the others; those that finished keep what they did.
    async fn superstep(&mut self, superstep: Superstep<S>) -> Result<(), GraphError> {
        let step = superstep.step;
        let journal = self.log.as_ref().and_then(|log| {
            let (store, thread) = (Arc::clone(&log.store), Arc::clone(&log.thread));
            log.head
                .map(|head| Arc::new(StoreJournal { store, thread, head, overtaken: AtomicBool::new(false) }))
        });
        let graph = self.graph;
        let mut running = FuturesUnordered::new();
        for (task, answers) in superstep.tasks {
            let cx = self.context(step, &task, answers, journal.as_ref());
            let (state, node) = (Arc::clone(&superstep.state), task.node().to_owned());
            self.tell_node(step, &node, true);
            running.push(async move { (node, graph.run_task(task, state, cx).await) });
        }
        // Held any longer it would make the fold copy the state.
        drop(superstep.state);
        let mut collected = Vec::new();
        while let Some((node, outcome)) = running.next().await {
            let outcome = outcome.map_err(|source| {
                if journal.as_ref().is_some_and(|journal| journal.overtaken.load(Ordering::SeqCst)) {
                    GraphError::Conflict { thread: self.config.thread.to_string() }
                } else {
                    GraphError::Node { node: node.clone(), step, source }
                }
            })?;
            self.tell_node(step, &node, false);
            if self.log.is_none() || (running.is_empty() && collected.is_empty()) {
                collected.push(outcome);
            } else {
                self.apply(vec![outcome]).await?;
            }
        }
        if collected.is_empty() { Ok(()) } else { self.apply(collected).await }
    }

    /// Gives outcomes to the machine, then stores the change, or a note while other tasks still run.
    async fn apply(&mut self, outcomes: Vec<TaskOutcome<S>>) -> Result<(), GraphError> {
        let mut note = None;
        if let (Some(log), [outcome @ TaskOutcome::Finished { task, .. }]) = (&self.log, outcomes.as_slice())
        {
            if self.run.width() > 1 {
                let json = serde_json::to_string(outcome).map_err(|source| log.encode(source))?;
                note = Some(TaskRecord::new(self.run.step(), task.as_str(), log.finished_key(), json));
            }
        }
        match self.run.apply(outcomes) {
            Ok(Some(change)) => self.commit(&change).await,
            Ok(None) => match (&self.log, note) {
                (Some(log), Some(note)) => log.note(note).await,
                _ => Ok(()),
            },
            Err(error) => {
                // Without this the outcomes noted so far would meet the same refusal for ever.
                if self.log.is_some() && self.run.width() > 1 {
                    self.run.fold(Change::Rewound);
                    self.commit(&Change::Rewound).await?;
                }
                Err(error.into())
            }
        }
    }

    fn context(
        &self,
        step: u64,
        task: &TaskId,
        answers: BTreeMap<String, Value>,
        journal: Option<&Arc<StoreJournal>>,
    ) -> Cx {
        let cx = Cx::new(Arc::clone(&self.config.thread), step, task.clone())
            .with_answers(answers)
            .with_cancel(self.config.cancel.clone());
        match journal {
            Some(journal) => {
                let recorded = self.recorded.get(task.as_str()).cloned().unwrap_or_default();
                cx.with_journal(Arc::clone(journal) as Arc<dyn Journal>, recorded)
            }
            None => cx,
        }
    }

    fn tell_node(&self, step: u64, node: &str, started: bool) {
        self.config.tell(|| {
            let (thread, node) = (Arc::clone(&self.config.thread), node.to_owned());
            if started {
                GraphEvent::NodeStarted { thread, node, step }
            } else {
                GraphEvent::NodeFinished { thread, node, step }
            }
        });
    }
}

#[async_trait]
impl Journal for StoreJournal {
    async fn record(&self, task: &TaskId, key: &str, value: Value) -> Result<Value, BackendError> {
        let record = TaskRecord::new(self.head.step, task.as_str(), format!("once:{key}"), value.to_string());
        let stored = self.store.append_once(&self.thread, self.head, record).await.inspect_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                self.overtaken.store(true, Ordering::SeqCst);
            }
        })?;
        serde_json::from_str(&stored.value).map_err(|error| {
            let message = format!("the record of {key:?} of {task} is damaged: {error}");
            BackendError::new(ErrorKind::Protocol, "graph", "once", message)
        })
    }
}
