//! Joins the sealed checks to the process in which behaviours run, and to the loop that repairs what they find.

use std::path::{Path, PathBuf};

use ae_core::{BackendError, Digest, ErrorKind, IdSource};
use ae_harness::{AcceptancePlan, BehaviourRunner, Bundle, CheckOutcome};
use ae_langflow::write_test_fix::{CheckResult, TestReport, Verdict};
use serde::{Deserialize, Serialize};

/// The results of the checks, and what they were run on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// The results, in the order of the plan.
    pub outcomes: Vec<CheckOutcome>,
    /// The digest of the very files that the checks saw; `None` without a site, and where its files changed under the
    /// checks.
    pub manifest: Option<Digest>,
    /// Decided which other texts the cases were run with. It is made when the checks are run, so that no builder could
    /// know it.
    pub seed: u64,
}

impl Checked {
    fn report(&self) -> TestReport {
        let result = |check: &CheckOutcome| CheckResult::new(&check.id, check.passed, &check.detail);
        TestReport::new(self.outcomes.iter().map(result).collect())
    }
}

impl Verdict for Checked {
    fn passed(&self) -> bool {
        self.manifest.is_some() && self.report().passed()
    }

    fn failing(&self) -> Vec<String> {
        self.report().failing()
    }

    fn passing(&self) -> Vec<String> {
        self.report().passing()
    }

    fn failure_digest(&self) -> Digest {
        self.report().failure_digest()
    }
}

/// Runs the checks of `plan` on `workspace`, on a thread where blocking is allowed.
pub async fn check(
    plan: &AcceptancePlan,
    seal: Digest,
    workspace: PathBuf,
    runner: &BehaviourRunner,
    ids: &dyn IdSource,
) -> Result<Checked, BackendError> {
    let (plan, runner) = (plan.clone(), runner.clone());
    // Small enough for every reader of JSON.
    let [a, b, c, d, e, f, ..] = *ids.secret_bytes()?.expose();
    let seed = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let work = move || {
        let before = manifest(&workspace);
        let outcomes = plan.run_with(&workspace, &seal, &runner, seed)?;
        let manifest = before.filter(|before| manifest(&workspace) == Some(*before));
        Ok(Checked { outcomes, manifest, seed })
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        BackendError::new(ErrorKind::Internal, "lifecycle", "check", "the checks broke off")
            .with_source(error)
    })?
}

fn manifest(workspace: &Path) -> Option<Digest> {
    Bundle::scan(&workspace.join("site")).ok().map(|bundle| bundle.manifest())
}
