//! Runs the modules of a site.

use std::path::Path;

use ae_core::{BackendError, Behaviour, Digest};

use super::{AcceptancePlan, Assertion, CheckOutcome, SITE_FOLDER, Verdict, judged};
use crate::{BehaviourOutcome, BehaviourRunner, Modules, text::shown};

impl AcceptancePlan {
    /// Runs every check on `<workspace>/site`, those of behaviours with `runner`. A missing site fails the checks; it is not
    /// an error.
    ///
    /// `seed` decides which other texts the cases are run with. Make it when the checks are run, so that whatever built the
    /// site could not know it. This blocks until all is done.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run), of [`Modules::read`] and of [`BehaviourRunner::run`].
    pub fn run_with(
        &self,
        workspace: &Path,
        seal: &Digest,
        runner: &BehaviourRunner,
        seed: u64,
    ) -> Result<Vec<CheckOutcome>, BackendError> {
        let site = self.site(workspace, seal)?;
        let behaviours: Vec<Behaviour> =
            self.checks.iter().filter_map(|check| behaviour(&check.asserts)).cloned().collect();
        let outcomes = if behaviours.is_empty() {
            Vec::new()
        } else {
            runner.run(&Modules::read(&workspace.join(SITE_FOLDER))?, &behaviours, seed)?
        };
        let mut outcomes = outcomes.iter();
        let checks = self.checks.iter().map(|check| match behaviour(&check.asserts) {
            Some(behaviour) => check.found(verdict(behaviour, outcomes.next())),
            None => check.outcome(&site, self),
        });
        Ok(checks.collect())
    }
}

const fn behaviour(assertion: &Assertion) -> Option<&Behaviour> {
    match assertion {
        Assertion::Behaves { behaviour } => Some(behaviour),
        _ => None,
    }
}

fn verdict(behaviour: &Behaviour, outcome: Option<&BehaviourOutcome>) -> Verdict {
    let id = shown(&behaviour.id, 80);
    let Some(outcome) = outcome.filter(|outcome| !outcome.verdicts.is_empty()) else {
        return Err(format!(
            "{id}: no case and no law proves it: add some to the behaviour of a feature of the spec"
        ));
    };
    let module = shown(&behaviour.module, 200);
    let failed = outcome.verdicts.iter().filter(|case| case.verdict != crate::Verdict::Passed).map(|case| {
        format!(
            "site/{module}, {}, case {:?}: {}: {}",
            shown(&behaviour.export, 80),
            shown(&case.name, 80),
            case.verdict,
            case.detail
        )
    });
    let (cases, laws) = (behaviour.cases.len(), behaviour.properties.len());
    judged(failed.collect(), format!("{id}: {cases} cases and {laws} laws hold"))
}
