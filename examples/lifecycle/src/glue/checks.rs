//! Joins the sealed checks to the process in which behaviours run, and to the loop that repairs what they find.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ae_core::{BackendError, Behaviour, Digest, ErrorKind, IdSource};
use ae_harness::{AcceptancePlan, BehaviourRunner, Bundle, CheckOutcome, Modules, MutantRules};
use ae_langflow::write_test_fix::{CheckResult, TestReport, Verdict};
use serde::{Deserialize, Serialize};

/// The most defects that are tried on the modules of a product, and the time for them.
const DEFECTS_MAX: usize = 100;
const DEFECTS_TIME: Duration = Duration::from_secs(60);

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

/// Defects of the modules below `workspace` that none of `behaviours` notices: what the cases do not prove.
pub async fn unnoticed(
    workspace: &Path,
    runner: &BehaviourRunner,
    behaviours: Vec<Behaviour>,
    seed: u64,
) -> Result<Vec<String>, BackendError> {
    let (site, runner) = (workspace.join("site"), runner.clone());
    let work = move || {
        let rules = MutantRules::new(seed).with_most(DEFECTS_MAX).with_total(DEFECTS_TIME);
        let found = runner.survivors(&Modules::read(&site)?, &behaviours, &rules)?;
        let mut lines: Vec<String> = found.survivors.iter().map(ToString::to_string).collect();
        if found.untried > 0 {
            lines.push(format!("{} more, for which there was no time", found.untried));
        }
        Ok(lines)
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        BackendError::new(ErrorKind::Internal, "lifecycle", "defects", "the trials broke off")
            .with_source(error)
    })?
}

fn manifest(workspace: &Path) -> Option<Digest> {
    Bundle::scan(&workspace.join("site")).ok().map(|bundle| bundle.manifest())
}
