//! One task: its tries, their limits, and what comes of it.

use std::{error::Error as StdError, future::Future, pin::Pin, sync::Arc, task::Poll, time::Duration};

use ae_core::{BackendError, ErrorKind, Retry, Sleeper};

use super::side_by_side::{First, first};
use crate::{
    Cx, ForeignPause, Graph, NodeFailure, NodePolicy, NodeTimeout, Question, RunError, State, Stop, TaskId,
    TaskOutcome, TaskResult,
    app::{stream::Sink, trace},
};

type BoxError = Box<dyn StdError + Send + Sync>;

/// The most of an error's text that is handed on, in bytes.
const MESSAGE_BYTES_MAX: usize = 4096;

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
        let ended = self.try_task(Arc::clone(&state), cx).await?;
        Ok(self.labelled(ended, &task, state).outcome(task))
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
        let ended = self.try_cached(Arc::clone(&state), cx, Some(policy)).await?;
        Ok(self.labelled(ended, &task, state).outcome(task))
    }

    /// Runs a task as its policy says. With `labelled` its routers are asked here.
    pub(super) async fn attempt(
        &self,
        state: Arc<S>,
        mut cx: Cx,
        sink: Option<&Sink<S>>,
        labelled: bool,
    ) -> Result<Ended<S>, TaskError> {
        let task = cx.task().clone();
        let policy = self.topology().policies.get(task.node());
        loop {
            let attempt = cx.attempt();
            let tried = self.try_cached(Arc::clone(&state), cx.clone(), policy);
            let error = match trace::task(&task, attempt, tried).await {
                Ok(ended) if labelled => return Ok(self.labelled(ended, &task, state)),
                Ok(ended) => return Ok(ended),
                Err(error) => error,
            };
            let pause = policy.and_then(|policy| pause_before_next(policy, &cx, error.as_ref()));
            match (pause, &cx.host().runtime) {
                (Some(pause), Some(runtime)) if !cx.is_cancelled() => {
                    sink.inspect(|sink| sink.failed(&task, cx.step(), attempt, error.as_ref(), true));
                    first(runtime.sleeper.sleep(pause), std::pin::pin!(cx.cancelled())).await;
                    if cx.is_cancelled() {
                        return Err(TaskError { attempt, source: error });
                    }
                    cx = cx.next_try();
                }
                _ if policy.is_some_and(|policy| policy.on_error.is_some()) && !cx.is_cancelled() => {
                    return Ok(Ended::Failed(NodeFailure::new(
                        task.node(),
                        describe(error.as_ref()),
                        attempt,
                    )));
                }
                _ => return Err(TaskError { attempt, source: error }),
            }
        }
    }

    /// One try, unless the cache knows the result.
    async fn try_cached(
        &self,
        state: Arc<S>,
        cx: Cx,
        policy: Option<&NodePolicy>,
    ) -> Result<Ended<S>, BoxError> {
        let Some(slot) = self.cache_slot(&state, &cx) else {
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
        let limits = policy.map(|policy| (policy.timeout(), policy.idle_timeout()));
        let (limits, runtime) = match (limits, &cx.host().runtime) {
            (Some((None, None)) | None, _) | (_, None) => return self.try_task(state, cx).await,
            (Some(limits), Some(runtime)) => (limits, runtime.clone()),
        };
        let beats = cx.clone();
        let work = std::pin::pin!(self.try_task(state, cx));
        let sleeper = runtime.sleeper.as_ref();
        match limits {
            (Some(whole), None) => {
                within(whole, sleeper, work).await.unwrap_or(Err(late(NodeTimeout::Run(whole))))
            }
            (None, Some(idle)) => while_alive(idle, sleeper, &beats, work).await,
            (Some(whole), Some(idle)) => {
                let work = std::pin::pin!(while_alive(idle, sleeper, &beats, work));
                within(whole, sleeper, work).await.unwrap_or(Err(late(NodeTimeout::Run(whole))))
            }
            (None, None) => work.await,
        }
    }

    /// One try of the node itself. Its routers are not asked.
    async fn try_task(&self, state: Arc<S>, cx: Cx) -> Result<Ended<S>, BoxError> {
        let Some(entry) = self.0.nodes.get(cx.node()) else {
            return Err(Box::new(RunError::UnknownNode { node: cx.node().to_owned() }));
        };
        let end = entry.node.run_boxed(state, cx.clone()).await;
        let questions = cx.take_questions();
        if !questions.is_empty() {
            return Ok(Ended::Asked(questions));
        }
        let step = end.map_err(|stop| match stop {
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
    fn labelled(&self, ended: Ended<S>, task: &TaskId, state: Arc<S>) -> Ended<S> {
        match ended {
            Ended::Finished(mut result) if self.0.routers.contains_key(task.node()) => {
                let mut after = Arc::unwrap_or_clone(state);
                if let Some(update) = &result.update {
                    after.apply(update.clone());
                }
                result.labels = self.labels(task.node(), &after);
                Ended::Finished(result)
            }
            other => other,
        }
    }
}

/// The pause before the next try, if there is one.
pub(crate) fn pause_before_next(
    policy: &NodePolicy,
    cx: &Cx,
    error: &(dyn StdError + 'static),
) -> Option<Duration> {
    let jitter = cx.host().runtime.as_ref().map_or(0, |runtime| runtime.ids.jitter());
    match backend_error(error) {
        Some(error) => policy.retry().next_pause(cx.attempt(), error, jitter),
        None => {
            let unknown =
                BackendError::new(ErrorKind::Internal, "node", "run", "it failed").with_retry(Retry::Backoff);
            policy.retry().next_pause(cx.attempt(), &unknown, jitter)
        }
    }
}

/// The first backend error among an error and its causes.
pub(crate) fn backend_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e BackendError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// An error and its causes on one line.
pub(crate) fn describe(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        if text.len() > MESSAGE_BYTES_MAX {
            break;
        }
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    if text.len() > MESSAGE_BYTES_MAX {
        let end = (0..=MESSAGE_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn late(timeout: NodeTimeout) -> BoxError {
    Box::new(timeout)
}

/// The result of `work`, or `None` when `limit` passes first.
async fn within<T>(
    limit: Duration,
    sleeper: &dyn Sleeper,
    work: impl Future<Output = T> + Unpin,
) -> Option<T> {
    match first(work, sleeper.sleep(limit)).await {
        First::One(done) => Some(done),
        First::Other(()) => None,
    }
}

/// The result of `work`, or an error once `idle` has passed without a heartbeat.
async fn while_alive<T>(
    idle: Duration,
    sleeper: &dyn Sleeper,
    cx: &Cx,
    mut work: impl Future<Output = Result<T, BoxError>> + Unpin,
) -> Result<T, BoxError> {
    let mut heard = cx.beats();
    let mut silence = sleeper.sleep(idle);
    std::future::poll_fn(|waker| {
        if let Poll::Ready(done) = Pin::new(&mut work).poll(waker) {
            return Poll::Ready(done);
        }
        loop {
            if cx.beats() != heard {
                heard = cx.beats();
                silence = sleeper.sleep(idle);
            }
            match silence.as_mut().poll(waker) {
                Poll::Pending => return Poll::Pending,
                // Another thread may have sent a heartbeat in between.
                Poll::Ready(()) if cx.beats() != heard => {}
                Poll::Ready(()) => return Poll::Ready(Err(late(NodeTimeout::Idle(idle)))),
            }
        }
    })
    .await
}
