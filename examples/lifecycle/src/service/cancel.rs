//! Ends a run for good.

use ae_core::{ErrorKind, RunId};

use super::report::{RunReport, report};
use crate::{
    engine::{self, Installation},
    error::{Error, Result},
    glue::approver::close_questions,
};

/// Cancels `run`. `None` when another process runs it, which stops at its next boundary.
///
/// # Errors
///
/// `Conflict` when it has ended.
pub async fn cancel(installation: &Installation, run: RunId) -> Result<Option<RunReport>> {
    let row = installation.runs.get(run).await?;
    if row.status.is_final() {
        let message = format!("run {run} has ended already: {}", row.status);
        return Err(Error::new(ErrorKind::Conflict, message)
            .with_hint("there is nothing to cancel; what it published stays"));
    }
    installation.runs.request_cancel(run).await?;
    if let Some(_lease) = engine::try_lease(installation, run).await? {
        engine::finish_cancel(installation, run).await?;
        return Ok(Some(report(installation, &installation.runs.get(run).await?).await?));
    }
    // A prompt that waits for this run sees that its question is closed.
    close_questions(&installation.keeper.desk, run, engine::CANCELLED).await?;
    Ok(None)
}
