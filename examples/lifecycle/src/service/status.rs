//! Shows one run.

use ae_core::RunId;

use super::report::{RunReport, report};
use crate::{engine::Installation, error::Result, store::RunStatus};

/// The run as it stands.
pub async fn status(installation: &Installation, run: RunId) -> Result<RunReport> {
    let row = installation.runs.get(run).await?;
    let mut report = report(installation, &row).await?;
    let open = matches!(row.status, RunStatus::Pending | RunStatus::Running);
    if open && installation.dir.is_leased(run)? {
        "running".clone_into(&mut report.outcome);
    }
    Ok(report)
}
