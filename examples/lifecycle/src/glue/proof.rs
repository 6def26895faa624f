//! Joins a spec to the results of its sealed checks: what was proven, and what was not.

use std::fmt;

use ae_core::{AcceptanceCriterion, CheckKind, Deliverable, Feature, Priority, ProductSpec};
use ae_harness::{AcceptancePlan, CheckOutcome};
use serde::Serialize;

/// Something that was proven, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The title of a feature; `None` for the page itself.
    pub feature: Option<String>,
    /// The sealed checks that passed.
    pub checks: Vec<String>,
    /// How many cases were run.
    pub cases: usize,
    /// How many laws were tried.
    pub laws: usize,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.feature {
            Some(feature) => {
                let (cases, laws) = (counted(self.cases, "case"), counted(self.laws, "law"));
                write!(f, "{feature}: {cases} and {laws}, run on its modules")
            }
            None => write!(f, "the page: {} of its files", counted(self.checks.len(), "check")),
        }
    }
}

/// A count with its noun, in English.
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    if count == N::from(1) { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The proof of a product, and the gaps in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The proofs, of the features in their order, then of the page.
    pub proven: Vec<Proof>,
    /// The gaps. The list is never empty: no check proves that anyone buys.
    pub not_proven: Vec<String>,
}

/// The state of the demand.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    /// Whether the evidence was enough.
    pub validated: bool,
    /// Whether someone paid.
    pub paid: bool,
}

/// The account of `spec`, whose sealed plan is `plan`, after checks with the results `checks` and with
/// further `gaps`.
pub fn account(
    spec: &ProductSpec,
    plan: Option<&AcceptancePlan>,
    checks: &[CheckOutcome],
    gaps: &[String],
    demand: Demand,
) -> Account {
    let mut account = Account::default();
    if checks.is_empty() {
        account.not_proven.push("anything: no check has passed yet".to_owned());
    }
    let built = spec.deliverable != Deliverable::PreOrder;
    if built {
        for feature in &spec.core_features {
            match proof(spec, feature, checks) {
                Some(proof) => account.proven.push(proof),
                None => account.not_proven.push(format!("{}: no check of it has passed", feature.title)),
            }
        }
    } else {
        let titles: Vec<_> = spec.core_features.iter().map(|feature| feature.title.as_str()).collect();
        account.not_proven.push(format!("the product, which is not built yet: {}", titles.join(", ")));
    }
    let page = checks.iter().filter(|check| check.passed && behaviour(spec, check).is_none());
    let page: Vec<_> = page.map(|check| check.id.clone()).collect();
    if !page.is_empty() {
        account.proven.push(Proof { feature: None, checks: page, cases: 0, laws: 0 });
    }
    account.not_proven.extend(
        checks.iter().filter(|check| !check.passed).map(|check| format!("{}: {}", check.id, check.detail)),
    );
    if built {
        account.not_proven.push("how the page drives its modules in a browser".to_owned());
    }
    account.not_proven.extend(gaps.iter().cloned());
    let manual = plan.map(|plan| plan.manual.as_slice()).unwrap_or_default();
    account.not_proven.extend(manual.iter().map(|criterion| open(criterion, "a person has to look")));
    let later = spec.acceptance_criteria.iter().filter(|criterion| criterion.priority > Priority::P1);
    account.not_proven.extend(later.map(|criterion| open(criterion, "not checked, it can wait")));
    account.not_proven.extend(about_demand(spec, demand));
    account
}

/// The gaps in what is known of the demand.
fn about_demand(spec: &ProductSpec, demand: Demand) -> Vec<String> {
    let mut gaps = Vec::new();
    if !demand.validated {
        gaps.push("demand: the evidence is too weak, and a person decided to go on".to_owned());
    } else if spec.sample {
        gaps.push("demand: the signals are the bundled sample, not evidence".to_owned());
    }
    if !demand.paid {
        gaps.push("that anyone buys".to_owned());
    }
    gaps
}

/// The proof of a feature, if every behaviour of it was checked and passed.
fn proof(spec: &ProductSpec, feature: &Feature, checks: &[CheckOutcome]) -> Option<Proof> {
    let passed = |id: &str| {
        let mut of_it = checks.iter().filter(|check| behaviour(spec, check) == Some(id)).peekable();
        let first = of_it.peek()?.id.clone();
        of_it.all(|check| check.passed).then_some(first)
    };
    let ids: Option<Vec<_>> = feature.behaviours.iter().map(|behaviour| passed(&behaviour.id)).collect();
    Some(Proof {
        feature: Some(feature.title.clone()),
        checks: ids.filter(|ids| !ids.is_empty())?,
        cases: feature.behaviours.iter().map(|behaviour| behaviour.cases.len()).sum(),
        laws: feature.behaviours.iter().map(|behaviour| behaviour.properties.len()).sum(),
    })
}

/// The behaviour that a check proves.
fn behaviour<'a>(spec: &'a ProductSpec, check: &CheckOutcome) -> Option<&'a str> {
    let id = check.criterion.as_deref()?;
    let criterion = spec.acceptance_criteria.iter().find(|criterion| criterion.id == id)?;
    match &criterion.check {
        CheckKind::Behaviour { id } => Some(id),
        _ => None,
    }
}

fn open(criterion: &AcceptanceCriterion, why: &str) -> String {
    format!("{} {} ({why})", criterion.id, criterion.text)
}
