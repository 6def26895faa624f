//! The cancellation of a run.

use std::time::Duration;

use ae_core::{Outcome, RunId};
use ae_safety::{ApprovalQuery, ApprovalStatus, AuditEvent};

use super::Installation;
use crate::{error::Result, store::RunStatus};

/// How often a run looks whether it was cancelled.
const POLL: Duration = Duration::from_millis(250);

/// Completes when `run` is cancelled, or with the error that keeps its row from being read: a cancellation may be in
/// it.
///
/// # Errors
///
/// When the row can't be read.
pub async fn cancel_requested(installation: &Installation, run: RunId) -> Result<()> {
    while !installation.runs.get(run)?.cancel_requested {
        installation.runtime.sleeper.sleep(POLL).await;
    }
    Ok(())
}

/// Ends a run that was cancelled: closes its open questions, and records the end in its row and in the audit log.
///
/// # Errors
///
/// When one of them can't be written.
pub async fn finish_cancel(installation: &Installation, run: RunId) -> Result<()> {
    close_questions(installation, run).await?;
    let (reason, now) = (Some("cancelled by a person"), installation.runtime.now());
    installation.runs.set_status(run, RunStatus::Cancelled, Some(Outcome::Cancelled), reason, now)?;
    let event = AuditEvent::new("run_cancelled", "ae").with_run(run);
    installation.keeper.audit().append(&event).await?;
    Ok(())
}

/// Closes the open questions of `run`, so that no decision can follow.
///
/// # Errors
///
/// When the desk can't be read or written.
pub async fn close_questions(installation: &Installation, run: RunId) -> Result<()> {
    let desk = installation.keeper.desk();
    let query = ApprovalQuery::new().with_run(run).with_status(ApprovalStatus::Pending);
    for approval in desk.list(&query).await? {
        desk.cancel(approval.id, "the run was cancelled").await?;
    }
    Ok(())
}
