//! The cancellation of a run.

use std::time::Duration;

use ae_core::{Outcome, RunId};
use ae_safety::AuditEvent;

use super::Installation;
use crate::{error::Result, glue::approver::close_questions, store::RunStatus};

/// Why the questions of a cancelled run are withdrawn.
pub(crate) const CANCELLED: &str = "the run was cancelled";
/// How often a run looks whether it was cancelled.
const POLL: Duration = Duration::from_millis(250);

/// Completes when `run` is cancelled, or with the error that keeps its row from being read: a cancellation may be in
/// it.
pub async fn cancel_requested(installation: &Installation, run: RunId) -> Result<()> {
    while !installation.runs.get(run).await?.cancel_requested {
        installation.runtime.sleeper.sleep(POLL).await;
    }
    Ok(())
}

/// Ends a run that was cancelled: closes its open questions, and records the end in its row and in the audit log.
pub async fn finish_cancel(installation: &Installation, run: RunId) -> Result<()> {
    close_questions(&installation.keeper.desk, run, CANCELLED).await?;
    let (reason, now) = (Some("cancelled by a person"), installation.runtime.now());
    installation.runs.set_status(run, RunStatus::Cancelled, Some(Outcome::Cancelled), reason, now).await?;
    let event = AuditEvent::new("run_cancelled", "ae").with_run(run);
    installation.keeper.audit.append(&event).await?;
    Ok(())
}
