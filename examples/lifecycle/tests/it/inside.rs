//! Drives runs in the test's own process, over backends of the test's own.

use std::{path::Path, sync::Arc};

use ae_core::{Currency, Intent, Money, ProjectId, RunId, Runtime};
use lifecycle::{
    engine,
    glue::{
        approver::{Approver, Standing},
        progress::Progress,
    },
    service::{self, Installation, RunOptions, RunReport, RunRow, RunSettings},
    setup::DataDir,
    wiring::{self, Backends},
};

pub fn installation(data: &Path) -> Installation {
    wiring::open(DataDir::open(data).unwrap(), Runtime::system()).unwrap()
}

pub fn intent(text: &str, budget: &str) -> Intent {
    Intent::new(text, Money::parse(budget, Currency::USD).unwrap()).unwrap()
}

/// The approval of every question in advance.
pub fn standing() -> Arc<dyn Approver> {
    Arc::new(Standing { decided_by: "person:test".to_owned() })
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
    let ports = backends.guard(installation, RunOptions { approver, progress });
    let lease = engine::lease(installation, run).await.unwrap();
    let (ready, never) = (std::future::ready(Ok(())), std::future::pending());
    engine::drive(installation, &ports, lease, run, ready, never).await.unwrap();
    service::status(installation, run).await.unwrap()
}
