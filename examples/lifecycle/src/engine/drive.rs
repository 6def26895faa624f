//! Drives one run to its next stop: the end, a question, an interruption.

use std::{future::Future, sync::Arc, time::Duration};

use ae_core::{Digest, ErrorKind, Outcome, RunId};
use ae_langflow::{Answer, App, Cancel, Ending, GraphError, Input, RunConfig};
use ae_safety::{Approval, ApprovalQuery, ApprovalStatus, AuditEvent};

use crate::store::RunStatus;
use crate::{
    error::{Error, Result},
    run::Ports,
    run::lifecycle,
    run::{Life, LifeUpdate, Seed},
    service::{RunReport, Spent, Waiting},
    setup::Lease,
    store::RunRow,
    wiring::Host,
};

/// More steps than the lifecycle has stages, with room for questions that are asked anew.
const STEPS_MAX: u64 = 100;
/// How long a run may take to reach a boundary after it was asked to stop.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// How often the lease is tried, and the pause between.
const LEASE_TRIES: u32 = 10;
const LEASE_PAUSE: Duration = Duration::from_millis(30);
/// How often a run looks whether somebody cancelled it.
const CANCEL_POLL: Duration = Duration::from_millis(250);

/// Drives `run` to its next stop, or until `interrupted` completes.
///
/// # Errors
///
/// When another process runs it, or a part breaks; the run can then be resumed.
pub async fn drive(
    host: &Host,
    ports: &Arc<Ports>,
    run: RunId,
    interrupted: impl Future<Output = ()>,
) -> Result<RunReport> {
    let _lease = match free_lease(host, run).await? {
        Some(lease) => lease,
        None => host.dir.lease(run)?,
    };
    let row = host.runs.get(run)?;
    if row.status.is_final() {
        return report(host, &row).await;
    }
    let app = open(ports)?;
    let cancel = Cancel::new();
    let thread = RunConfig::thread(run.to_string()).with_step_limit(STEPS_MAX).with_cancel(cancel.clone());
    let mut stopping = std::pin::pin!(async {
        tokio::select! {
            () = interrupted => {}
            () = cancel_requested(host, run) => {}
        }
    });
    let input = tokio::select! {
        biased;
        () = &mut stopping => {
            record(host, &row, None).await?;
            return report(host, &host.runs.get(run)?).await;
        }
        input = next_input(ports, &app, &thread, &row) => input?,
    };
    let Some(input) = input else {
        return report(host, &row).await;
    };
    host.runs.set_status(run, RunStatus::Running, None, None, host.runtime.now())?;

    let mut work = std::pin::pin!(app.invoke(input, &thread));
    let ending = tokio::select! {
        ending = &mut work => Some(ending),
        () = stopping => {
            cancel.cancel();
            // What does not reach a boundary in time is dropped; that is no worse than a crash.
            tokio::select! {
                ending = work => Some(ending),
                () = host.runtime.sleeper.sleep(STOP_GRACE) => None,
            }
        }
    };
    record(host, &row, ending).await?;
    ports.progress.done();
    report(host, &host.runs.get(run)?).await
}

/// The lease of `run`, or `None` when another process runs it. A command that only looks holds it for an instant, so
/// that one refusal says nothing yet.
///
/// # Errors
///
/// When the lease can't be opened.
pub async fn free_lease(host: &Host, run: RunId) -> Result<Option<Lease>> {
    for _ in 0..LEASE_TRIES {
        if let Some(lease) = host.dir.try_lease(run)? {
            return Ok(Some(lease));
        }
        host.runtime.sleeper.sleep(LEASE_PAUSE).await;
    }
    Ok(None)
}

/// Writes down how the drive ended.
async fn record(host: &Host, row: &RunRow, ending: Option<Result<Ending<Life>, GraphError>>) -> Result<()> {
    let run = row.run_id;
    let set = |status, outcome, reason: Option<&str>| {
        host.runs.set_status(run, status, outcome, reason, host.runtime.now())
    };
    match ending {
        Some(Ok(Ending::Done(life))) => {
            let end = life
                .end
                .ok_or_else(|| Error::new(ErrorKind::Internal, "the run ended without an outcome"))?;
            set(RunStatus::of(end.outcome), Some(end.outcome), Some(&end.reason))
        }
        Some(Ok(Ending::Asked { .. })) => set(RunStatus::Paused, None, Some("waits for approval")),
        Some(Ok(Ending::StepLimit(_))) => {
            set(RunStatus::Failed, Some(Outcome::Exhausted), Some("the run reached its step limit"))
        }
        Some(Ok(_)) | None => {
            if host.runs.get(run)?.cancel_requested {
                finish_cancel(host, run).await
            } else {
                set(RunStatus::Running, None, Some("interrupted; `ae resume` goes on with it"))
            }
        }
        Some(Err(error)) if host.runs.get(run)?.cancel_requested => {
            finish_cancel(host, run).await.map_err(|_| broken(run, error))
        }
        Some(Err(error)) => {
            // Signals that can't be read are the input of the run, so it is over; anything else can be mended.
            let at_input = matches!(&error, GraphError::Node { node, .. } if node == "discover");
            let failure = broken(run, error);
            if at_input && matches!(failure.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) {
                set(RunStatus::Failed, Some(Outcome::Failed), Some(&failure.to_string()))?;
                return Err(failure.with_hint("the run is over: start a new one with other --signals"));
            }
            let reason = format!("interrupted: {failure}");
            set(RunStatus::Running, None, Some(&reason))?;
            Err(failure)
        }
    }
}

/// Ends a run that somebody cancelled: its open questions are closed, its row says so, the log too.
///
/// # Errors
///
/// When one of them can't be written.
pub async fn finish_cancel(host: &Host, run: RunId) -> Result<()> {
    if let Some(approval) = pending_approval(host, run).await? {
        host.keeper.desk().cancel(approval.id, "the run was cancelled").await?;
    }
    let reason = Some("cancelled by a person");
    host.runs.set_status(run, RunStatus::Cancelled, Some(Outcome::Cancelled), reason, host.runtime.now())?;
    host.keeper.audit().append(&AuditEvent::new("run_cancelled", "ae").with_run(run)).await?;
    Ok(())
}

/// The approval that `run` waits for, if any.
///
/// # Errors
///
/// When the desk can't be read.
pub async fn pending_approval(host: &Host, run: RunId) -> Result<Option<Approval>> {
    let query = ApprovalQuery::new().with_run(run).with_status(ApprovalStatus::Pending);
    Ok(host.keeper.desk().list(&query).await?.into_iter().next())
}

/// What a run is now, from its row, its checkpoint, its ledgers.
///
/// # Errors
///
/// When one of them can't be read.
pub async fn report(host: &Host, row: &RunRow) -> Result<RunReport> {
    let thread = RunConfig::thread(row.run_id.to_string());
    let loaded =
        open(&host.reading()?)?.get_state(&thread).await.map_err(|error| unreadable(row.run_id, error))?;
    let waiting = if row.status.is_final() { None } else { pending_approval(host, row.run_id).await? };
    let waiting = waiting.map(|approval| Waiting {
        approval: approval.id.to_string(),
        title: approval.request.title.clone(),
        rendering: approval.request.rendering.clone(),
        digest: approval.request.subject.to_string(),
    });
    let mut report = RunReport::new(row, loaded.map(|known| known.state).unwrap_or_default(), waiting);
    match host.keeper.budget().status(&ae_safety::Scope::Run(row.run_id)).await {
        Ok(account) => report.spent = Some(Spent { settled: account.settled, reserved: account.reserved }),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    if report.product.is_some() {
        report.revenue = Some(host.billing(&row.settings.base_url)?.revenue(row.run_id).await?);
    }
    Ok(report)
}

fn open(ports: &Arc<Ports>) -> Result<App<Life>> {
    let graph = lifecycle(ports).map_err(|error| {
        Error::new(ErrorKind::Internal, "the lifecycle graph is wrong").with_source(error)
    })?;
    Ok(graph.with_store(Arc::clone(&ports.store)))
}

/// What the graph is told: to start, to go on, or that a question was decided; `None` when nobody has decided yet.
async fn next_input(
    ports: &Arc<Ports>,
    app: &App<Life>,
    thread: &RunConfig,
    row: &RunRow,
) -> Result<Option<Input<Life>>> {
    let known = app.get_state(thread).await.map_err(|error| unreadable(row.run_id, error))?;
    let Some(known) = known else {
        let seed = Seed {
            run: row.run_id,
            project: row.project_id,
            intent: row.intent.clone(),
            settings: row.settings.clone(),
            created_at: row.created_at,
        };
        let update: LifeUpdate = Life::update().seed(Some(seed));
        return Ok(Some(Input::start(update)));
    };
    let Some(question) = known.questions.first() else {
        return Ok(Some(Input::Continue));
    };
    let approval = question.payload.get("approval").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
    let approval: ae_core::ApprovalId =
        approval.ok_or_else(|| Error::new(ErrorKind::Protocol, "the parked question names no approval"))?;
    let desk = ports.keeper.desk();
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

async fn cancel_requested(host: &Host, run: RunId) {
    while !host.runs.get(run).is_ok_and(|row| row.cancel_requested) {
        host.runtime.sleeper.sleep(CANCEL_POLL).await;
    }
}

/// An error of the graph as a person should see it: what broke, and that nothing is lost.
fn broken(run: RunId, error: GraphError) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut backend = None;
    while let Some(present) = cause {
        if let Some(found) = present.downcast_ref::<ae_core::BackendError>() {
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

fn unreadable(run: RunId, error: GraphError) -> Error {
    Error::new(ErrorKind::Protocol, format!("the checkpoint of run {run} can't be read"))
        .with_hint("restore checkpoints.db from a backup, or start a new run; nothing was changed")
        .with_source(error)
}

/// The hash of an intent, by which twins are noticed.
#[must_use]
pub fn intent_digest(text: &str) -> Digest {
    Digest::of_bytes("intent", text.trim().to_lowercase().as_bytes())
}
