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

use temporalio_common::error::ApplicationFailure;
use temporalio_sdk::{
    ContinueAsNewOptions, WorkflowCancellationToken, WorkflowContext, WorkflowResult, WorkflowTermination,
};

use super::{
    activity::UNDO,
    failure,
    inbox::Inbox,
    superstep::{ByName, Failure, options, reason, superstep},
    wire::{RunEnd, WorkflowInput},
    workflow::{Active, GraphWorkflow},
};
use crate::{DueTask, NextStep, TaskId};

pub(crate) type Ctx = WorkflowContext<GraphWorkflow>;

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
        // Signals may have come before the first poll; what was carried over is older.
        let early = std::mem::replace(&mut workflow.inbox, older);
        workflow.inbox.open(early, active.run.questions());
        workflow.active = Some(active);
        workflow.stop = Some(ctx.cancellation_token());
    });
    loop {
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
        if let Err(error) = with(ctx, |active, inbox| active.take_answers(inbox)) {
            return block(ctx, error.to_string()).await;
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
                // A cancel ends the wait with an error; the top of the loop looks at it. Signals that answer nothing
                // make the history grow too.
                let _ = ctx
                    .wait_condition(|workflow| {
                        let active = workflow.active.as_ref();
                        active.is_some_and(|active| workflow.inbox.answers_any(active.run.questions()))
                            || ctx.continue_as_new_suggested()
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
pub(crate) async fn block<T>(ctx: &Ctx, reason: String) -> T {
    ctx.force_task_fail(reason);
    std::future::pending().await
}

pub(crate) fn fatal<T>(kind: &str, message: String, details: Option<T>) -> WorkflowTermination
where
    T: serde::Serialize + Send + Sync + 'static,
{
    let failure = ApplicationFailure::builder(message).type_name(kind.to_owned()).non_retryable(true);
    WorkflowTermination::failed_application(match details {
        Some(details) => failure.details(details).build(),
        None => failure.build(),
    })
}

pub(crate) fn with<R>(ctx: &Ctx, read: impl FnOnce(&mut Active, &mut Inbox) -> R) -> R {
    ctx.state_mut(|workflow| {
        let active = workflow.active.as_mut().expect("the loop begins with an opened run");
        read(active, &mut workflow.inbox)
    })
}
