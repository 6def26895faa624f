//! One task: its tries, their limits, and what comes of it.

use std::{error::Error as StdError, sync::Arc};

use super::{limits::in_time, retry::pause_before_next, side_by_side::first};
use crate::{
    Cx, Fatal, ForeignPause, Graph, NodeFailure, NodePolicy, Question, RunError, State, Stop, TaskId,
    TaskOutcome, TaskResult,
    app::{stream::Sink, trace},
    node::{caught, chain, describe, guarded},
};

type BoxError = Box<dyn StdError + Send + Sync>;

/// The end of a task.
pub(crate) enum Ended<S: State> {
    Finished(TaskResult<S>),
    Asked(Vec<Question>),
    Failed(NodeFailure),
}

/// A task that failed for good.
pub(crate) struct TaskError {
    pub(crate) attempt: u32,
    pub(crate) source: BoxError,
}

impl<S: State> Ended<S> {
    pub(crate) fn outcome(self, task: TaskId) -> TaskOutcome<S> {
        match self {
            Self::Finished(result) => TaskOutcome::Finished { task, result },
            Self::Asked(questions) => TaskOutcome::Asked { task, questions },
            Self::Failed(failure) => TaskOutcome::Failed { task, failure },
        }
    }
}

impl<S: State> Graph<S> {
    /// Runs the task of `cx` once and computes the labels of its routers: what a host does with each task of a
    /// [`Superstep`](crate::Superstep). The outcome is data. Repeats and limits in time, which
    /// [`Topology::policy`](crate::Topology::policy) names, are up to the host.
    ///
    /// # Errors
    ///
    /// The error of the node.
    pub async fn run_task(&self, state: Arc<S>, cx: Cx) -> Result<TaskOutcome<S>, BoxError> {
        let task = cx.task().clone();
        Ok(self.try_once(state, cx, None, true).await?.outcome(task))
    }

    /// Runs the task of `cx` once, from the cache if it is there, within the limits that `policy` names: for a host that
    /// sees to repeats.
    #[cfg(feature = "temporal")]
    pub(crate) async fn run_task_in_time(
        &self,
        state: Arc<S>,
        cx: Cx,
        policy: &NodePolicy,
    ) -> Result<TaskOutcome<S>, BoxError> {
        let task = cx.task().clone();
        Ok(self.try_once(state, cx, Some(policy), true).await?.outcome(task))
    }

    /// Runs a task as its policy says; how often, and what came of it. With `labelled` its routers are asked here.
    pub(super) async fn attempt(
        &self,
        state: Arc<S>,
        mut cx: Cx,
        sink: Option<&Sink<S>>,
        labelled: bool,
    ) -> Result<(u32, Ended<S>), TaskError> {
        let task = cx.task().clone();
        let policy = self.topology().policies.get(task.node());
        loop {
            let attempt = cx.attempt();
            let tried = self.try_once(Arc::clone(&state), cx.clone(), policy, labelled);
            let error = match trace::task(&task, attempt, tried).await {
                Ok(ended) => return Ok((attempt, ended)),
                Err(error) => error,
            };
            let pause = policy.and_then(|policy| pause_before_next(policy, &cx, error.as_ref()));
            // What it says to the host is not part of the error itself.
            let source = error.downcast::<Fatal>().map_or_else(|error| error, |fatal| fatal.into_inner());
            match (pause, &cx.host().runtime) {
                (Some(pause), Some(runtime)) if !cx.is_cancelled() => {
                    sink.inspect(|sink| sink.failed(&task, cx.step(), attempt, source.as_ref(), true));
                    first(runtime.sleeper.sleep(pause), std::pin::pin!(cx.cancelled())).await;
                    if cx.is_cancelled() {
                        return Err(TaskError { attempt, source });
                    }
                    cx = cx.next_try();
                }
                _ if policy.is_some_and(|policy| policy.on_error.is_some()) && !cx.is_cancelled() => {
                    let failure = NodeFailure::new(task.node(), describe(source.as_ref()), attempt);
                    return Ok((attempt, Ended::Failed(failure)));
                }
                _ => return Err(TaskError { attempt, source }),
            }
        }
    }

    /// One try with everything that belongs to it, for every host. A panic of the graph's code is an error, and one
    /// that is not worth another try is [`Fatal`].
    async fn try_once(
        &self,
        state: Arc<S>,
        cx: Cx,
        policy: Option<&NodePolicy>,
        labelled: bool,
    ) -> Result<Ended<S>, BoxError> {
        let task = cx.task().clone();
        let ended = match self.try_cached(Arc::clone(&state), cx, policy).await {
            Ok(ended) if labelled => self.labelled(ended, &task, state),
            other => other,
        };
        ended.map_err(|error| self.judged(&task, error))
    }

    /// Asks the node's predicate, if it has one, whether an error is worth another try.
    fn judged(&self, task: &TaskId, error: BoxError) -> BoxError {
        let retry_on = self.0.nodes.get(task.node()).and_then(|entry| entry.retry_on.as_ref());
        let is_final = |error: &(dyn StdError + 'static)| chain(error).any(|cause| cause.is::<Fatal>());
        match retry_on {
            Some(retry_on) if !is_final(error.as_ref()) => match guarded(|| retry_on(error.as_ref())) {
                Ok(true) => error,
                Ok(false) => Box::new(Fatal::new(error)),
                Err(panic) => Box::new(Fatal::new(panic)),
            },
            _ => error,
        }
    }

    /// One try, unless the cache knows the result.
    async fn try_cached(
        &self,
        state: Arc<S>,
        cx: Cx,
        policy: Option<&NodePolicy>,
    ) -> Result<Ended<S>, BoxError> {
        let Some(slot) = guarded(|| self.cache_slot(&state, &cx))? else {
            return self.try_in_time(state, cx, policy).await;
        };
        if let Some(result) = slot.get(&cx).await {
            return Ok(Ended::Finished(result));
        }
        let ended = self.try_in_time(state, cx.clone(), policy).await?;
        if let Ended::Finished(result) = &ended {
            slot.put(&cx, result).await;
        }
        Ok(ended)
    }

    async fn try_in_time(
        &self,
        state: Arc<S>,
        cx: Cx,
        policy: Option<&NodePolicy>,
    ) -> Result<Ended<S>, BoxError> {
        match policy.filter(|policy| policy.is_limited()) {
            // A box keeps the futures of all other tries small.
            Some(policy) => Box::pin(in_time(policy, cx.clone(), self.try_task(state, cx))).await,
            None => self.try_task(state, cx).await,
        }
    }

    /// One try of the node itself. Its routers are not asked.
    async fn try_task(&self, state: Arc<S>, cx: Cx) -> Result<Ended<S>, BoxError> {
        let Some(entry) = self.0.nodes.get(cx.node()) else {
            return Err(Box::new(RunError::UnknownNode { node: cx.node().to_owned() }));
        };
        // The part of a node before its future may panic as well.
        let run = caught(async { entry.node.run_boxed(state, cx.clone()).await });
        let end = run.await;
        let questions = cx.take_questions();
        if !questions.is_empty() {
            return Ok(Ended::Asked(questions));
        }
        let step = end?.map_err(|stop| match stop {
            Stop::Failed(error) => error,
            Stop::Paused(_) => Box::new(ForeignPause),
        })?;
        let sends: Result<Vec<_>, _> =
            step.sends.into_iter().map(|(target, input)| input.map(|input| (target, input))).collect();
        Ok(Ended::Finished(TaskResult {
            update: step.update,
            labels: Vec::new(),
            goto: step.goto,
            sends: sends?,
            failed: false,
        }))
    }

    /// Asks the routers of a finished task, which read the state as it is after that task alone has written.
    fn labelled(&self, ended: Ended<S>, task: &TaskId, state: Arc<S>) -> Result<Ended<S>, BoxError> {
        let Ended::Finished(mut result) = ended else { return Ok(ended) };
        if self.0.routers.contains_key(task.node()) {
            result.labels = guarded(|| {
                let mut after = Arc::unwrap_or_clone(state);
                if let Some(update) = &result.update {
                    after.apply(update.clone());
                }
                self.labels(task.node(), &after)
            })?;
        }
        Ok(Ended::Finished(result))
    }
}
