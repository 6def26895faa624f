//! The clauses of [`CliProvider`].
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed check is a panic that names its clause"
)]

use std::path::Path;

use ae_core::ErrorKind;

use super::{AgentRequest, CliProvider, Snapshot};
use crate::conformance::{Ran, held, key, refused};

/// Runs every clause. The workspace of `request` is an existing, empty folder; the provider can serve the request at
/// least once, and changes files when it does.
pub async fn run_all(provider: &dyn CliProvider, request: &AgentRequest) -> Ran {
    c1_check_changes_nothing(provider, &request.workspace).await;
    c2_a_wrong_workspace_is_refused(provider, request).await;
    c3_c4_c5_reports_are_measured(provider, request).await;
    Ran { passed: vec!["C1", "C2", "C3", "C4", "C5"], skipped: vec!["C6"] }
}

/// C1.
pub async fn c1_check_changes_nothing(provider: &dyn CliProvider, workspace: &Path) {
    let before = held("C1", Snapshot::take(workspace));
    held("C1", provider.check().await);
    let after = held("C1", Snapshot::take(workspace));
    assert!(after.changed_since(&before).is_empty(), "C1: check changes nothing");
}

/// C2.
pub async fn c2_a_wrong_workspace_is_refused(provider: &dyn CliProvider, request: &AgentRequest) {
    for wrong in [Path::new("relative").to_path_buf(), request.workspace.join("missing")] {
        let mut wrong_request = request.clone();
        wrong_request.workspace.clone_from(&wrong);
        refused(
            "C2",
            provider.execute(&key("provider-c2", 0), &wrong_request).await,
            ErrorKind::InvalidInput,
        );
        assert!(!wrong.exists(), "C2: {} was made", wrong.display());
    }
}

/// C3, C4 and C5, which need a build.
pub async fn c3_c4_c5_reports_are_measured(provider: &dyn CliProvider, request: &AgentRequest) {
    let before = held("C3", Snapshot::take(&request.workspace));
    let report = held("C3", provider.execute(&key("provider-c3", 0), request).await);
    let after = held("C3", Snapshot::take(&request.workspace));
    assert!(!report.files_changed.is_empty(), "C3: the request changes files");
    assert_eq!(report.files_changed, after.changed_since(&before), "C3: what changed is what is reported");
    if !provider.info().metered {
        assert!(report.cost.is_some_and(|cost| cost.is_zero()), "C4: what is not metered costs zero");
    }
    let again = held("C5", provider.execute(&key("provider-c3", 0), request).await);
    let repeated = held("C5", Snapshot::take(&request.workspace));
    assert!(repeated.changed_since(&after).is_empty(), "C5: a repeat leaves the same files");
    assert_eq!(again.success, report.success, "C5: a repeat says the same");
}
