//! Drives runs in the test's own process, over backends of the test's own.

use std::{path::Path, sync::Arc};

use ae_core::{Currency, Intent, Money, ProjectId, RunId, Runtime};
use ae_harness::Launcher;
use lifecycle::{
    engine,
    error::Result,
    glue::{
        approver::{Absent, Approver, Standing},
        progress::Progress,
    },
    service::{self, Installation, RunOptions, RunReport, RunRow, RunSettings},
    setup::DataDir,
    wiring::{self, Backends},
};

pub fn installation(data: &Path) -> Installation {
    let installation = wiring::open(DataDir::open(data).unwrap(), Runtime::system()).unwrap();
    // The program of a test does not run sealed behaviours; the command does.
    Installation { launcher: Launcher::new(env!("CARGO_BIN_EXE_ae")), ..installation }
}

pub fn intent(text: &str, budget: &str) -> Intent {
    Intent::new(text, Money::parse(budget, Currency::USD).unwrap()).unwrap()
}

/// The approval of every question in advance.
pub fn standing() -> Arc<dyn Approver> {
    let otherwise = Arc::new(Absent);
    let decided_by = "person:test".to_owned();
    Arc::new(Standing { decided_by, launches: true, despite_evidence: false, otherwise })
}

/// Records a run of that intent.
pub async fn record(installation: &Installation, run: RunId, intent: Intent, settings: RunSettings) {
    let project = ProjectId::from_uuid(*run.as_uuid());
    let row = RunRow::new(run, project, intent, settings, installation.runtime.now());
    installation.runs.insert(&row).await.unwrap();
}

/// Drives a run over `backends` to its next stop.
pub async fn drive(
    installation: &Installation,
    backends: Backends,
    run: RunId,
    approver: Arc<dyn Approver>,
    progress: Arc<dyn Progress>,
) -> RunReport {
    try_drive(installation, backends, run, approver, progress).await.unwrap()
}

/// As [`drive`], where a part may break.
pub async fn try_drive(
    installation: &Installation,
    backends: Backends,
    run: RunId,
    approver: Arc<dyn Approver>,
    progress: Arc<dyn Progress>,
) -> Result<RunReport> {
    let ports = backends.guard(installation, RunOptions { approver, progress });
    let lease = engine::lease(installation, run).await?;
    let (ready, never) = (std::future::ready(Ok(())), std::future::pending());
    engine::drive(installation, &ports, lease, run, ready, never).await?;
    service::status(installation, run).await
}
