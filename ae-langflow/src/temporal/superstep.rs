//! One superstep of a run, as commands: its tasks as activities, and what became of them.

use std::{future::Future, task::Poll, time::Duration};

use temporalio_common::error::IncomingError;
use temporalio_common::{ActivityDefinition, RetryPolicy};
use temporalio_sdk::{
    ActivityCancellationType, ActivityExecutionError, ActivityOptions, WorkflowCancellationToken,
    WorkflowTermination, workflows::join_all,
};

use super::{
    drive::{Ctx, block, fatal, with},
    failure,
    wire::{Fields, Records, RunPolicy, TaskCall, TaskReport, Tried, json_bytes},
    workflow::Active,
};
use crate::{DueTask, JsonState, NodeFailure, NodePolicy, RunError, Superstep, TaskId, TaskOutcome};

/// The most attempts of an activity, for workers that die or do not know the node yet. What a node's own failures are
/// worth is decided where it runs.
const ATTEMPTS_MAX: u32 = 100;

/// The pause before an activity is attempted again after a worker died; it doubles …
const PAUSE_BASE: Duration = Duration::from_secs(1);

/// … up to this.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// A worker ends a try that takes too long; the server steps in only when that worker does not.
const TIMEOUT_SPARE: Duration = Duration::from_secs(30);

/// The number of tasks of a superstep that run side by side. The server takes 2,000 for one run at most, and between two
/// such groups the history can be cut.
const SIDE_BY_SIDE_MAX: usize = 500;

/// The most bytes of one message of a worker to the server, which takes 4 MiB and ends a run that sends more. The calls
/// of a group of tasks go in one, and the answer to a query may have to, with the whole run.
const MESSAGE_BYTES_MAX: u64 = 4_000_000;

/// The most bytes that tasks may give back side by side. The server ends a run whose history has more than 50 MB, and
/// all of them may be there before a worker looks at the first.
const RETURNED_BYTES_MAX: u64 = 40_000_000;

/// The most bytes of a call in addition to what it carries.
const CALL_BYTES: u64 = 4096;

/// An activity called by its name.
pub(crate) struct ByName(pub(crate) String);

impl ActivityDefinition for ByName {
    type Input = TaskCall;
    type Output = TaskReport;

    fn name(&self) -> &str {
        &self.0
    }
}

/// Runs tasks side by side and applies what became of them in task order, whichever ended first.
pub(crate) async fn superstep(ctx: &Ctx, due: Superstep<JsonState>) -> Result<(), WorkflowTermination> {
    let step = due.step;
    let ended = side_by_side(ctx, due).await?;
    let (mut outcomes, mut failed) = (Vec::new(), None);
    for (task, result) in ended {
        match result {
            Ok(report) => {
                with(ctx, |active, _| active.keep_records(&task.to_string(), report.records));
                match serde_json::from_value(report.outcome) {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(error) => {
                        return block(ctx, format!("the outcome of {task} can't be read: {error}")).await;
                    }
                }
            }
            Err(ActivityExecutionError::Serialization(error)) => {
                return block(ctx, format!("the outcome of {task} can't be read: {error}")).await;
            }
            Err(ActivityExecutionError::Cancelled(_)) => {}
            Err(error) => {
                let Failure { kind, message, tried } = reason(&error);
                let failure = NodeFailure::new(task.node(), message, tried.attempts);
                let handled = with(ctx, |active, _| {
                    active.keep_records(&task.to_string(), tried.records);
                    active.run.topology().policy(task.node()).on_error.is_some()
                });
                if ctx.cancellation_token().is_cancelled() {
                    continue;
                }
                if handled {
                    // The worker died before it could report it.
                    outcomes.push(TaskOutcome::Failed { task, failure });
                } else {
                    with(ctx, |active, _| active.keep_failure(&task, failure.clone()));
                    failed.get_or_insert((kind, failure));
                }
            }
        }
    }
    // Those that finished are kept even when another failed, so that a run that goes on does not repeat them.
    if !outcomes.is_empty() {
        let applied = with(ctx, |active, _| {
            let before = active.run.step();
            let applied = active.run.apply(outcomes);
            if active.run.step() != before {
                active.records.clear();
            }
            applied
        });
        match applied {
            Ok(_) => {}
            // A worker that was mended goes on where this one can't.
            Err(error @ RunError::Panicked { .. }) => return block(ctx, error.to_string()).await,
            Err(error) => return Err(fatal::<()>(failure::RUN_REFUSED, error.to_string(), None)),
        }
    }
    failed.map_or(Ok(()), |(kind, NodeFailure { node, message, .. })| {
        let message = format!("node {node:?} failed in step {step}: {message}");
        Err(fatal::<()>(&kind, message, None))
    })
}

/// A task with what its activity ended with.
type Reported = (TaskId, Result<TaskReport, ActivityExecutionError>);

/// Runs those tasks that go into one message to the server.
async fn side_by_side(ctx: &Ctx, due: Superstep<JsonState>) -> Result<Vec<Reported>, WorkflowTermination> {
    let Superstep { step, state, mut tasks } = due;
    let group = with(ctx, |active, _| active.group(state.fields(), &tasks));
    tasks.truncate(group);
    // A replay compares the names of activities, not their inputs: with the hash in it, a state that is folded in another
    // way than it was is noticed.
    let digest = match crate::json::hash::of_state(state.as_ref()) {
        Ok(digest) => digest.short(16),
        Err(error) => return block(ctx, format!("the state can't be written: {error}")).await,
    };
    let running = tasks.into_iter().map(|due| {
        let task = due.task.clone();
        let call = with(ctx, |active, _| active.call(ctx.workflow_id(), step, due, state.fields().clone()));
        let mut options = options(&call.policy, with(ctx, |active, _| active.policy.heartbeat_ms), None);
        options.activity_id = Some(format!("{step} {task} {digest}"));
        let running = ctx.execute_activity(ByName(task.node().to_owned()), call, options);
        async move {
            let ended = running.await;
            if let Ok(report) = &ended {
                with(ctx, |active, _| active.returned(report));
            }
            (task, ended)
        }
    });
    with(ctx, |active, _| active.returned = 0);
    all_unless_too_large(ctx, join_all(running)).await.ok_or_else(|| {
        let (bytes, max) = with(ctx, |active, _| (active.returned, active.policy.bytes_max));
        let message = format!(
            "the nodes of step {step} gave back {bytes} bytes and more, {max} are allowed: keep large values outside \
             and their names in the state"
        );
        fatal::<()>(failure::TOO_LARGE, message, None)
    })
}

/// The output of `all`, or none as soon as what tasks gave back can't fit into the run any more: the server ends a run whose
/// history is too large.
async fn all_unless_too_large<F: Future>(ctx: &Ctx, all: F) -> Option<F::Output> {
    let mut all = std::pin::pin!(all);
    let is_over = || {
        ctx.state(|workflow| {
            workflow.active.as_ref().is_some_and(|active| active.returned > active.policy.bytes_max)
        })
    };
    std::future::poll_fn(|waker| match all.as_mut().poll(waker) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if is_over() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// The little that is known of a node whose last worker did not report.
fn unreported(records: Records) -> Tried {
    Tried { attempts: ATTEMPTS_MAX, records }
}

/// The error of a node, without the wrappers.
pub(crate) struct Failure {
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) tried: Tried,
}

pub(crate) fn reason(error: &ActivityExecutionError) -> Failure {
    let mut cause = error.cause();
    while let Some(found) = cause {
        match found {
            IncomingError::Application(failed) => {
                return Failure {
                    kind: failed.type_name().unwrap_or(failure::NODE_FAILED).to_owned(),
                    message: failed.to_string(),
                    tried: failed.details().ok().flatten().unwrap_or_else(|| unreported(Records::new())),
                };
            }
            IncomingError::Timeout(timeout) => {
                let records = timeout.last_heartbeat_details().ok().flatten().unwrap_or_default();
                return Failure {
                    kind: failure::LOST.to_owned(),
                    message: format!("its workers sent no heartbeat ({:?})", timeout.timeout_type()),
                    tried: unreported(records),
                };
            }
            other => cause = other.cause(),
        }
    }
    Failure {
        kind: failure::NODE_FAILED.to_owned(),
        message: error.to_string(),
        tried: unreported(Records::new()),
    }
}

pub(crate) fn options(
    policy: &NodePolicy,
    heartbeat_ms: u64,
    token: Option<WorkflowCancellationToken>,
) -> ActivityOptions {
    let retry = RetryPolicy::builder()
        .initial_interval(PAUSE_BASE)
        .maximum_interval(PAUSE_MAX)
        .maximum_attempts(ATTEMPTS_MAX)
        .build();
    let timeout = policy.timeout().unwrap_or_default().saturating_add(TIMEOUT_SPARE);
    ActivityOptions::with_start_to_close_timeout(timeout)
        .heartbeat_timeout(Duration::from_millis(heartbeat_ms))
        // A cancelled run ends when its nodes have stopped, not before.
        .cancellation_type(ActivityCancellationType::WaitCancellationCompleted)
        .maybe_cancellation_token(token)
        .retry_policy(retry)
        .build()
}

impl Active {
    /// How many of `tasks`, from the first on, run side by side: as many as go into one message, and one at least.
    fn group(&self, state: &Fields, tasks: &[DueTask]) -> usize {
        let size = |value: Result<u64, serde_json::Error>| value.unwrap_or(u64::MAX);
        let shared = size(json_bytes(state)).saturating_add(CALL_BYTES);
        let mut room = MESSAGE_BYTES_MAX.saturating_sub(self.policy.bytes_max);
        let most = RETURNED_BYTES_MAX / self.policy.bytes_max.max(1);
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(SIDE_BY_SIDE_MAX);
        let fit = tasks.iter().take(most).take_while(|due| {
            let records = self.records.get(&due.task.to_string());
            let own = [json_bytes(&due.input), json_bytes(&due.answers), json_bytes(&records)].map(size);
            match room.checked_sub(own.into_iter().fold(shared, u64::saturating_add)) {
                Some(left) => {
                    room = left;
                    true
                }
                None => false,
            }
        });
        fit.count().max(1)
    }

    /// Counts what a task gave back.
    fn returned(&mut self, report: &TaskReport) {
        let bytes = json_bytes(report).unwrap_or(u64::MAX);
        self.returned = self.returned.saturating_add(bytes);
    }

    pub(crate) fn call(&self, thread: &str, step: u64, due: DueTask, state: Fields) -> TaskCall {
        let DueTask { task, input, answers } = due;
        TaskCall {
            graph: self.graph.clone(),
            state_version: self.state_version,
            thread: thread.to_owned(),
            incarnation: self.run.incarnation().to_owned(),
            step,
            state,
            input,
            answers,
            records: self.records.get(&task.to_string()).cloned().unwrap_or_default(),
            policy: limited(self.run.topology().policy(task.node()), &self.policy),
            task,
            by_reference: self.by_reference,
            bytes_max: self.policy.bytes_max,
        }
    }
}

/// Every try has a limit here: the server asks for one.
fn limited(mut node: NodePolicy, run: &RunPolicy) -> NodePolicy {
    node.timeout_ms.get_or_insert(run.timeout_ms);
    node
}
