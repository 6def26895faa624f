//! Drives one run to its next stop: the end, a question, an interruption.

use std::{future::Future, sync::Arc, time::Duration};

use ae_core::{ApprovalId, BackendError, ErrorKind, Outcome, RunId};
use ae_langflow::{Answer, App, Cancel, Ending, GraphError, Input, RunConfig};
use ae_safety::ApprovalStatus;

use super::{Installation, cancel_requested, finish_cancel};
use crate::{
    error::{Error, Result},
    run::{Ports, RunStart, RunState, lifecycle},
    setup::Lease,
    store::{RunRow, RunStatus},
};

/// More steps than the lifecycle has stages, with room for questions that are asked again.
const STEPS_MAX: u64 = 100;
/// How long a run may take to reach a boundary after it was asked to stop.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// How often the lease is tried, and the pause between.
const LEASE_TRIES: u32 = 10;
const LEASE_PAUSE: Duration = Duration::from_millis(30);

/// The lease of `run`.
///
/// # Errors
///
/// `Conflict` when another process runs it.
pub async fn lease(installation: &Installation, run: RunId) -> Result<Lease> {
    try_lease(installation, run).await?.ok_or_else(|| {
        Error::new(ErrorKind::Conflict, format!("run {run} is being run by another process"))
            .with_hint(format!("look at it with `ae status {run}`, or wait until it parks or ends"))
    })
}

/// The lease of `run`, or `None` when another process runs it. A command that only looks holds it for an instant, so
/// that one refusal says nothing yet.
pub async fn try_lease(installation: &Installation, run: RunId) -> Result<Option<Lease>> {
    for _ in 0..LEASE_TRIES {
        if let Some(lease) = installation.dir.try_lease(run)? {
            return Ok(Some(lease));
        }
        installation.runtime.sleeper.sleep(LEASE_PAUSE).await;
    }
    Ok(None)
}

/// Drives `run` to its next stop, or until `interrupted` completes. `ready` is done first; its failure leaves the run
/// as it is.
///
/// # Errors
///
/// When a part breaks; the run can then be resumed.
pub async fn drive(
    installation: &Installation,
    ports: &Arc<Ports>,
    lease: Lease,
    run: RunId,
    ready: impl Future<Output = Result<()>>,
    interrupted: impl Future<Output = ()>,
) -> Result<()> {
    let row = installation.runs.get(run).await?;
    if row.status.is_final() {
        return Ok(());
    }
    let app = lifecycle(Some(ports)).map_err(wrong_graph)?.with_store(Arc::clone(&ports.store));
    let cancel = Cancel::new();
    let thread = RunConfig::thread(run.to_string()).with_step_limit(STEPS_MAX).with_cancel(cancel.clone());
    let mut stopping = std::pin::pin!(async {
        tokio::select! {
            () = interrupted => Ok(()),
            cancelled = cancel_requested(installation, run) => cancelled,
        }
    });
    let input = tokio::select! {
        biased;
        stopped = &mut stopping => {
            stopped?;
            return record(installation, &row, None).await;
        }
        input = async { ready.await?; next_input(ports, &app, &thread, &row).await } => input?,
    };
    let Some(input) = input else { return Ok(()) };
    installation.runs.set_status(run, RunStatus::Running, None, None, installation.runtime.now()).await?;

    let mut work = std::pin::pin!(app.invoke(input, &thread));
    let (ending, unread) = tokio::select! {
        ending = &mut work => (Some(ending), Ok(())),
        stopped = stopping => {
            cancel.cancel();
            // What does not reach a boundary in time is dropped; that is no worse than a crash.
            let ending = tokio::select! {
                ending = work => Some(ending),
                () = installation.runtime.sleeper.sleep(STOP_GRACE) => None,
            };
            (ending, stopped)
        }
    };
    ports.progress.done();
    let recorded = record(installation, &row, ending).await;
    drop(lease);
    unread.and(recorded)
}

/// Writes down how the drive ended.
async fn record(
    installation: &Installation,
    row: &RunRow,
    ending: Option<Result<Ending<RunState>, GraphError>>,
) -> Result<()> {
    let run = row.run_id;
    let set = async |status, outcome, reason: Option<&str>| {
        installation.runs.set_status(run, status, outcome, reason, installation.runtime.now()).await
    };
    match ending {
        Some(Ok(Ending::Done(state))) => {
            let end = state
                .end
                .as_ref()
                .ok_or_else(|| Error::new(ErrorKind::Internal, "the run ended without an outcome"))?;
            set(RunStatus::of(end.outcome), Some(end.outcome), Some(&end.reason)).await
        }
        Some(Ok(Ending::Asked { .. })) => set(RunStatus::Paused, None, Some("waits for approval")).await,
        Some(Ok(Ending::StepLimit(_))) => {
            set(RunStatus::Failed, Some(Outcome::Exhausted), Some("the run reached its step limit")).await
        }
        Some(Ok(_)) | None => {
            if installation.runs.get(run).await?.cancel_requested {
                finish_cancel(installation, run).await
            } else {
                set(RunStatus::Running, None, Some("interrupted; `ae resume` goes on with it")).await
            }
        }
        Some(Err(error)) => {
            if installation.runs.get(run).await?.cancel_requested {
                return finish_cancel(installation, run).await.map_err(|_| broken(run, error));
            }
            // Signals that can't be read are the input of the run, so it is over; anything else can be mended.
            let at_input = matches!(&error, GraphError::Node { node, .. } if node == "discover");
            let failure = broken(run, error);
            if at_input && matches!(failure.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) {
                set(RunStatus::Failed, Some(Outcome::Failed), Some(&failure.to_string())).await?;
                return Err(failure.with_hint("the run is over: start a new one with other --signals"));
            }
            set(RunStatus::Running, None, Some(&format!("interrupted: {failure}"))).await?;
            Err(failure)
        }
    }
}

/// The checkpointed state of `run`, the default before its first stage.
pub async fn state(installation: &Installation, run: RunId) -> Result<RunState> {
    let app = lifecycle(None).map_err(wrong_graph)?.with_store(Arc::clone(&installation.store));
    let known = app.get_state(&RunConfig::thread(run.to_string())).await;
    Ok(known
        .map_err(|error| unreadable(run, error))?
        .map(|known| Arc::unwrap_or_clone(known.state))
        .unwrap_or_default())
}

/// The graph's next input: to start, to go on, or that a question was decided; `None` while it is open.
async fn next_input(
    ports: &Arc<Ports>,
    app: &App<RunState>,
    thread: &RunConfig,
    row: &RunRow,
) -> Result<Option<Input<RunState>>> {
    let known = app.get_state(thread).await.map_err(|error| unreadable(row.run_id, error))?;
    let Some(known) = known else {
        return Ok(Some(Input::start(RunState::update().start(Some(RunStart::from(row))))));
    };
    let Some(question) = known.questions.first() else {
        return Ok(Some(Input::Continue));
    };
    let approval = question.payload.get("approval").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
    let approval: ApprovalId =
        approval.ok_or_else(|| Error::new(ErrorKind::Protocol, "the parked question names no approval"))?;
    let desk = &ports.keeper.desk;
    let mut present = desk.get(approval).await?;
    if present.status == ApprovalStatus::Pending {
        present = ports.approver.consult(desk.as_ref(), present).await?;
    }
    if present.status == ApprovalStatus::Pending {
        return Ok(None);
    }
    let answer = Answer::new(&question.id, &approval)
        .map_err(|error| Error::new(ErrorKind::Internal, "the answer can't be written").with_source(error))?;
    Ok(Some(Input::resume(vec![answer])))
}

/// An error of the graph for a person: the part that broke, and that nothing is lost.
fn broken(run: RunId, error: GraphError) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut backend = None;
    while let Some(present) = cause {
        if let Some(found) = present.downcast_ref::<BackendError>() {
            backend = Some((found.kind(), found.to_string()));
        } else if let Some(found) = present.downcast_ref::<Error>() {
            backend = Some((found.kind(), found.to_string()));
        }
        cause = present.source();
    }
    let (kind, message) = backend.unwrap_or_else(|| (ErrorKind::Internal, error.to_string()));
    Error::new(kind, message)
        .with_hint(format!("nothing is lost: mend the cause, then `ae resume {run}`"))
        .with_source(error)
}

fn wrong_graph(error: ae_langflow::CompileError) -> Error {
    Error::new(ErrorKind::Internal, "the lifecycle graph is wrong").with_source(error)
}

fn unreadable(run: RunId, error: GraphError) -> Error {
    Error::new(ErrorKind::Protocol, format!("the checkpoint of run {run} can't be read"))
        .with_hint("restore checkpoints.db from a backup, or start a new run; nothing was changed")
        .with_source(error)
}
