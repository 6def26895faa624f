//! The tasks of a superstep, side by side.

use std::sync::Arc;

use super::{Drive, Ended, side_by_side::SideBySide, task::TaskError};
use crate::{
    Change, Cx, DueTask, GraphError, NodeFailure, State, Superstep, TaskId, TaskOutcome,
    app::notes,
    json,
    node::{describe, guarded},
    store::record::TaskRecord,
};

impl<S: State> Drive<'_, S> {
    /// Runs the tasks. The first failure stops the others; those that finished keep what they did.
    pub(super) async fn superstep(&mut self, superstep: Superstep<S>) -> Result<(), GraphError> {
        let Superstep { step, state, mut tasks } = superstep;
        if self.run.width() == 1 {
            match tasks.pop() {
                // Where another node handles a router's panic, the state before the write is still needed.
                Some(due) if self.handles_routers(&due.task) => tasks.push(due),
                Some(due) => return self.alone(step, state, due).await,
                None => {}
            }
        }
        let graph = self.graph;
        let running: Vec<_> = tasks
            .into_iter()
            .map(|due| {
                let task = due.task.clone();
                let cx = self.context(step, due);
                self.started(&task, step);
                let (state, sink) = (Arc::clone(&state), self.sink);
                async move { (task, graph.attempt(state, cx, sink, true).await) }
            })
            .collect();
        let mut running = SideBySide::new(running);
        // Held any longer it would make the fold copy the state.
        drop(state);
        let mut outcomes = Vec::with_capacity(self.run.width());
        while !running.is_empty() {
            let batch = running.next_batch().await;
            let mut failed = Vec::new();
            let from = outcomes.len();
            for (task, ended) in batch {
                match ended {
                    Ok((_, ended)) => {
                        self.sink.inspect(|sink| sink.ended(&task, step, &ended));
                        outcomes.push(ended.outcome(task));
                    }
                    Err(error) => failed.push((task, error)),
                }
            }
            // What is over together with everything else is committed at once, so it needs no note.
            if !failed.is_empty() || !running.is_empty() {
                self.note(outcomes.get(from..).unwrap_or_default()).await?;
            }
            let mut first = None;
            for (task, error) in failed {
                let error = self.failed(step, &task, error).await;
                first.get_or_insert(error);
            }
            if let Some(error) = first {
                // What finished is noted, and part of the state that the caller gets.
                let _ = self.run.take(outcomes);
                return Err(error);
            }
        }
        self.apply(outcomes).await
    }

    /// Runs the only task of a superstep, without a copy of the state.
    async fn alone(&mut self, step: u64, state: Arc<S>, due: DueTask) -> Result<(), GraphError> {
        let task = due.task.clone();
        let cx = self.context(step, due);
        self.started(&task, step);
        let graph = self.graph;
        let (attempt, ended) = match graph.attempt(state, cx, self.sink, false).await {
            Ok(ended) => ended,
            Err(error) => return Err(self.failed(step, &task, error).await),
        };
        self.sink.inspect(|sink| sink.ended(&task, step, &ended));
        let Ended::Finished(result) = ended else {
            return self.apply(vec![ended.outcome(task)]).await;
        };
        let (node, keep) = (task.clone(), self.log.is_some());
        let labels = |state: &S| graph.labels(node.node(), state);
        match guarded(|| self.run.finish_alone(task, result, labels, keep)) {
            Ok(change) => match change? {
                Some(change) => self.commit_folded(&change).await,
                None => {
                    self.committed(true);
                    Ok(())
                }
            },
            // A router or a reducer: the run in memory is spoilt, and the call ends without storing anything of it.
            Err(panic) => {
                let error = TaskError { attempt, source: Box::new(panic) };
                Err(self.failed(step, &node, error).await)
            }
        }
    }

    fn handles_routers(&self, task: &TaskId) -> bool {
        let topology = self.graph.topology();
        topology.branches.contains_key(task.node())
            && topology.policies.get(task.node()).is_some_and(|policy| policy.on_error.is_some())
    }

    fn started(&self, task: &TaskId, step: u64) {
        self.sink.inspect(|sink| sink.started(task, step, self.goes_on));
    }

    /// Gives outcomes to the machine and stores what comes of it.
    pub(super) async fn apply(&mut self, outcomes: Vec<TaskOutcome<S>>) -> Result<(), GraphError> {
        match self.run.take(outcomes) {
            Ok(Some(change)) => self.commit(change).await,
            Ok(None) => Ok(()),
            Err(error) => {
                // Without this the outcomes noted so far would meet the same refusal each time.
                if self.log.is_some() && self.run.width() > 1 {
                    self.commit(Change::Rewound).await?;
                }
                Err(error.into())
            }
        }
    }

    /// Notes finished tasks while others still run, all that are ready at once.
    async fn note(&self, outcomes: &[TaskOutcome<S>]) -> Result<(), GraphError> {
        let Some(log) = &self.log else { return Ok(()) };
        let key = notes::finished_key(&self.run);
        let finished = outcomes.iter().filter(|outcome| !matches!(outcome, TaskOutcome::Asked { .. }));
        let notes = finished.map(|outcome| {
            let json = json::to_string(outcome).map_err(|error| log.unwritable(&error))?;
            Ok(TaskRecord::new(self.run.step(), outcome.task().to_string(), key.clone(), json))
        });
        log.note(notes.collect::<Result<_, GraphError>>()?).await
    }

    /// A failure for good: it ends the call, and is noted so that it is seen later and by other processes.
    async fn failed(&mut self, step: u64, task: &TaskId, error: TaskError) -> GraphError {
        if self.journal.as_ref().is_some_and(|journal| journal.is_overtaken()) {
            return GraphError::Conflict { thread: self.config.thread.to_string(), stored: true };
        }
        let TaskError { attempt, source } = error;
        self.sink.inspect(|sink| sink.failed(task, step, attempt, source.as_ref(), false));
        if !self.config.cancel.is_cancelled() && self.failures < notes::FAILURES_MAX {
            let failure = NodeFailure::new(task.node(), describe(source.as_ref()), attempt);
            let key = notes::failure_key(self.failures);
            self.failures = self.failures.saturating_add(1);
            if let (Some(log), Ok(json)) = (&self.log, serde_json::to_string(&failure)) {
                // The failure counts whether or not it could be noted.
                let note = TaskRecord::new(log.step(), task.to_string(), key, json);
                let _ = log.note(vec![note]).await;
            }
        }
        GraphError::Node { node: task.node().to_owned(), step, attempt, source }
    }

    fn context(&self, step: u64, due: DueTask) -> Cx {
        let recorded = if self.recorded.is_empty() {
            None
        } else {
            self.recorded.get(due.task.to_string().as_str()).cloned()
        };
        Cx::of_due(Arc::clone(&self.host), step, due, recorded.unwrap_or_default())
    }
}
