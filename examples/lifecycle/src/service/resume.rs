//! Goes on with a run.

use std::future::Future;

use ae_core::RunId;

use super::report::{RunReport, report};
use crate::{
    engine::{self, Installation, RunOptions},
    error::Result,
};

/// Goes on with `run` to its next stop, or until `interrupted` completes.
///
/// # Errors
///
/// `Conflict` when another process runs it; when a part breaks, and then it can be resumed again.
pub async fn resume(
    installation: &Installation,
    run: RunId,
    options: RunOptions,
    interrupted: impl Future<Output = ()>,
) -> Result<RunReport> {
    let row = installation.runs.get(run).await?;
    if !row.status.is_final() {
        let lease = engine::lease(installation, run).await?;
        installation.wiring.agent_ready(installation, &row.settings).await?;
        let ports = installation.wiring.ports(installation, &row.settings, None, options)?;
        let ready = std::future::ready(Ok(()));
        engine::drive(installation, &ports, lease, run, ready, interrupted).await?;
    }
    report(installation, &installation.runs.get(run).await?).await
}
