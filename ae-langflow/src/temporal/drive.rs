//! The loop of the workflow: the steps of the run, as commands.
//!
//! Temporal replays this code over the recorded history after every crash and eviction, so each command must come in
//! the same order each time: there is no clock, no randomness and no I/O here, tasks are started and applied in task
//! order, and what depends on the worker (labels, retries, limits, blobs) is done in the activity and recorded with its
//! result. An activity's id holds the hash of the state that it was given, since a replay compares ids and not inputs:
//! a reducer that changed its meaning fails the replay instead of going on from another state.
//!
//! A problem of this worker (an unknown graph, an older version, an outcome that it can't read) blocks: the workflow
//! task fails and is tried again until a fitting worker comes, and the run loses nothing. A problem of the run itself
//! fails the workflow, with its last state in the details, from which `go_on` continues.

use std::time::Duration;

use temporalio_common::error::{ApplicationFailure, IncomingError};
use temporalio_common::{ActivityDefinition, RetryPolicy};
use temporalio_sdk::{
    ActivityCancellationType, ActivityExecutionError, ActivityOptions, ContinueAsNewOptions,
    WorkflowCancellationToken, WorkflowContext, WorkflowResult, WorkflowTermination, workflows::join_all,
};

use super::{
    activity::UNDO,
    failure,
    wire::{Fields, Records, RunEnd, RunPolicy, TaskCall, TaskReport, WorkflowInput},
    workflow::{Active, GraphWorkflow},
};
use crate::{DueTask, JsonState, NextStep, NodeFailure, NodePolicy, Superstep, TaskId, TaskOutcome};

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

type Ctx = WorkflowContext<GraphWorkflow>;

/// An activity called by its name.
struct ByName(String);

impl ActivityDefinition for ByName {
    type Input = TaskCall;
    type Output = TaskReport;

    fn name(&self) -> &str {
        &self.0
    }
}

pub(crate) async fn run(ctx: &mut Ctx, input: WorkflowInput) -> WorkflowResult<RunEnd> {
    let ended = to_the_end(ctx, input).await;
    if let Ok(end) = &ended {
        ctx.state(|workflow| workflow.registry.tell(end));
    }
    ended
}

async fn to_the_end(ctx: &mut Ctx, mut input: WorkflowInput) -> WorkflowResult<RunEnd> {
    let older = std::mem::take(&mut input.inbox);
    let opened = ctx.state(|workflow| workflow.registry.open(input));
    let active = match opened {
        Ok(active) => active,
        Err(reason) => return block(ctx, reason).await,
    };
    ctx.state_mut(|workflow| {
        workflow.active = Some(active);
        // Signals may have come before the first poll; what was carried over is older.
        let early = std::mem::replace(&mut workflow.inbox, older);
        for answer in early {
            if !workflow.inbox.iter().any(|kept| kept.id == answer.id) {
                workflow.inbox.push(answer);
            }
        }
    });
    loop {
        if let Err(error) = with(ctx, |active, inbox| active.take_answers(inbox)) {
            return block(ctx, error.to_string()).await;
        }
        if let Some(problem) = with(ctx, |active, _| active.run.state().problem().map(str::to_owned)) {
            return block(ctx, format!("the state can't be folded: {problem}")).await;
        }
        if let Some(failure) = too_large(ctx) {
            return Err(failure);
        }
        let finished = with(ctx, |active, _| active.run.is_finished());
        if ctx.cancellation_token().is_cancelled() && !finished {
            return Err(cancelled(ctx).await);
        }
        match with(ctx, |active, _| active.run.next_step()) {
            NextStep::Done(_) => return Ok(with(ctx, |active, _| active.end())),
            NextStep::LimitReached => {
                let end = with(ctx, |active, _| active.end());
                let message = "the run reached its limit of supersteps".to_owned();
                return Err(fatal(failure::STEP_LIMIT, message, Some(end)));
            }
            NextStep::Moved(to) => return block(ctx, format!("the run went on to {to:?}")).await,
            NextStep::Asked(_) => {
                cut_history(ctx, false)?;
                // A cancel ends the wait with an error; the top of the loop looks at it.
                let _ = ctx
                    .wait_condition(|workflow| {
                        workflow.active.as_ref().is_some_and(|active| active.can_go_on(&workflow.inbox))
                    })
                    .await;
            }
            NextStep::Run(due) => {
                cut_history(ctx, true)?;
                superstep(ctx, due).await?;
            }
        }
    }
}

/// Runs tasks side by side and applies what became of them in task order, whichever ended first.
async fn superstep(ctx: &Ctx, due: Superstep<JsonState>) -> Result<(), WorkflowTermination> {
    let Superstep { step, state, mut tasks } = due;
    tasks.truncate(SIDE_BY_SIDE_MAX);
    // A replay compares the names of activities, not their inputs: with the hash in it, a state that is folded in another
    // way than it was is noticed.
    let digest = match crate::state::hash::of_state(state.as_ref()) {
        Ok(digest) => digest.short(16),
        Err(error) => return block(ctx, format!("the state can't be written: {error}")).await,
    };
    let running = tasks.into_iter().map(|due| {
        let task = due.task.clone();
        let call = with(ctx, |active, _| active.call(ctx.workflow_id(), step, due, state.fields().clone()));
        let mut options = options(&call.policy, with(ctx, |active, _| active.policy.heartbeat_ms), None);
        options.activity_id = Some(format!("{step} {task} {digest}"));
        let running = ctx.execute_activity(ByName(task.node().to_owned()), call, options);
        async move { (task, running.await) }
    });
    let ended = join_all(running).await;
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
                let Failure { kind, message, records } = reason(&error);
                with(ctx, |active, _| active.keep_records(&task.to_string(), records));
                let handled =
                    with(ctx, |active, _| active.run.topology().policy(task.node()).on_error.is_some());
                if handled && !ctx.cancellation_token().is_cancelled() {
                    // The worker died before it could report it.
                    let failure = NodeFailure::new(task.node(), message, ATTEMPTS_MAX);
                    outcomes.push(TaskOutcome::Failed { task, failure });
                } else {
                    failed.get_or_insert((task, kind, message));
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
        if let Err(error) = applied {
            return Err(fatal::<()>(failure::RUN_REFUSED, error.to_string(), None));
        }
    }
    match failed {
        Some((task, kind, message)) if !ctx.cancellation_token().is_cancelled() => {
            let message = format!("node {:?} failed in step {step}: {message}", task.node());
            Err(fatal::<()>(&kind, message, None))
        }
        _ => Ok(()),
    }
}

/// Undoes what the registered node undoes, then ends the run as cancelled with its last state.
async fn cancelled(ctx: &Ctx) -> WorkflowTermination {
    let end = with(ctx, |active, _| active.end());
    let step = with(ctx, |active, _| active.run.step().saturating_add(1));
    let due =
        DueTask { task: TaskId::of_node(UNDO), input: None, answers: std::collections::BTreeMap::new() };
    let call = with(ctx, |active, _| active.call(ctx.workflow_id(), step, due, end.state.clone()));
    // The run's own token is cancelled, and would cancel this too.
    let token = WorkflowCancellationToken::new();
    let options = options(&call.policy, with(ctx, |active, _| active.policy.heartbeat_ms), Some(token));
    match ctx.execute_activity(ByName(UNDO.to_owned()), call, options).await {
        Ok(_) => WorkflowTermination::cancelled_with_details(end),
        Err(error) => {
            let Failure { kind, message, .. } = reason(&error);
            let message = format!("the run was cancelled, and undoing it failed: {message}");
            fatal::<()>(&kind, message, None)
        }
    }
}

/// Goes on with a new history when this one has grown. Called between supersteps, when nothing is in flight.
fn cut_history(ctx: &Ctx, runs: bool) -> Result<(), WorkflowTermination> {
    let grown =
        with(ctx, |active, _| active.run.step().saturating_sub(active.from_step) >= active.policy.segment);
    if ctx.continue_as_new_suggested() || (runs && grown) {
        let input = with(ctx, |active, inbox| active.to_input(inbox.clone()));
        ctx.continue_as_new(input, ContinueAsNewOptions::default())?;
    }
    Ok(())
}

/// A payload over the server's limit would be retried without a limit.
fn too_large(ctx: &Ctx) -> Option<WorkflowTermination> {
    let (bytes, max) = with(ctx, |active, inbox| (active.bytes(inbox), active.policy.bytes_max));
    (bytes > max).then(|| {
        let message = format!(
            "the run has {bytes} bytes, {max} are allowed: keep large values outside and their names in the state"
        );
        fatal::<()>(failure::TOO_LARGE, message, None)
    })
}

/// Fails the workflow task, not the run: it is tried again until a worker comes that can go on.
async fn block<T>(ctx: &Ctx, reason: String) -> T {
    ctx.force_task_fail(reason);
    std::future::pending().await
}

fn fatal<T>(kind: &str, message: String, details: Option<T>) -> WorkflowTermination
where
    T: serde::Serialize + Send + Sync + 'static,
{
    let failure = ApplicationFailure::builder(message).type_name(kind.to_owned()).non_retryable(true);
    WorkflowTermination::failed_application(match details {
        Some(details) => failure.details(details).build(),
        None => failure.build(),
    })
}

/// The error of a node, without the wrappers.
struct Failure {
    kind: String,
    message: String,
    records: Records,
}

fn reason(error: &ActivityExecutionError) -> Failure {
    let mut cause = error.cause();
    while let Some(found) = cause {
        match found {
            IncomingError::Application(failed) => {
                return Failure {
                    kind: failed.type_name().unwrap_or(failure::NODE_FAILED).to_owned(),
                    message: failed.to_string(),
                    records: failed.details().ok().flatten().unwrap_or_default(),
                };
            }
            IncomingError::Timeout(timeout) => {
                return Failure {
                    kind: failure::LOST.to_owned(),
                    message: format!("its workers sent no heartbeat ({:?})", timeout.timeout_type()),
                    records: timeout.last_heartbeat_details().ok().flatten().unwrap_or_default(),
                };
            }
            other => cause = other.cause(),
        }
    }
    Failure { kind: failure::NODE_FAILED.to_owned(), message: error.to_string(), records: Records::new() }
}

fn options(
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

fn with<R>(ctx: &Ctx, read: impl FnOnce(&mut Active, &mut Vec<crate::Answer>) -> R) -> R {
    ctx.state_mut(|workflow| {
        let active = workflow.active.as_mut().expect("the loop begins with an opened run");
        read(active, &mut workflow.inbox)
    })
}

impl Active {
    fn call(&self, thread: &str, step: u64, due: DueTask, state: Fields) -> TaskCall {
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
