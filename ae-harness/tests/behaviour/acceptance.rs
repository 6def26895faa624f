//! Behaviours as checks of a plan.

use std::fs;

use ae_core::{
    AcceptanceCriterion, Behaviour, Case, CheckKind, Digest, Feature, NicheId, Priority, ProductSpec,
};
use ae_harness::{AcceptancePlan, Assertion, BehaviourRunner, CheckOutcome, SiteContext};
use serde_json::json;

use crate::{launcher, patient};

fn plan() -> AcceptancePlan {
    let case = Case::new("doubles", json!(4), json!(8));
    let behaviour = |id: &str, export: &str| {
        Behaviour::new(id, "tool/modules/sum.js", export).with_cases(vec![case.clone()])
    };
    let mut spec =
        ProductSpec::new(NicheId::from_digest(&Digest::of_bytes("t", b"n")), "Sum", "sum", "Doubles");
    let behaviours = vec![
        behaviour("double", "double"),
        behaviour("wrong", "same"),
        Behaviour::new("empty", "tool/modules/sum.js", "same"),
    ];
    spec.core_features = vec![Feature::new("Double", "Doubles a number").with_behaviours(behaviours)];
    spec.acceptance_criteria = ["double", "wrong", "empty", "unknown"]
        .map(|id| {
            let check = CheckKind::Behaviour { id: id.to_owned() };
            AcceptanceCriterion::new(id, "It works", Priority::P0).with_check(check)
        })
        .to_vec();
    AcceptancePlan::derive(
        &spec,
        &SiteContext::new("http://127.0.0.1:1/", "2026-01-01T00:00:00Z".parse().unwrap()),
    )
}

fn outcomes(plan: &AcceptancePlan, module: Option<&str>, with_runner: bool) -> Vec<CheckOutcome> {
    let workspace = tempfile::tempdir().unwrap();
    let folder = workspace.path().join("site/tool/modules");
    fs::create_dir_all(&folder).unwrap();
    fs::write(workspace.path().join("site/index.html"), "<!doctype html><title>Sum</title>").unwrap();
    if let Some(module) = module {
        fs::write(folder.join("sum.js"), module).unwrap();
    }
    let runner = BehaviourRunner::new(launcher()).with_limits(patient());
    let found = if with_runner {
        plan.run_with(workspace.path(), &plan.seal(), &runner, 5)
    } else {
        plan.run(workspace.path(), &plan.seal())
    };
    found.unwrap().into_iter().filter(|check| check.criterion.is_some()).collect()
}

const RIGHT: &str = "export const double = (n) => 2 * n; export const same = (n) => n;";

#[test]
fn a_behaviour_is_a_check_that_runs() {
    let plan = plan();
    assert!(plan.manual.is_empty());
    assert!(
        matches!(&plan.checks[0].asserts, Assertion::Behaves { behaviour } if behaviour.cases.len() == 1)
    );
    let found = outcomes(&plan, Some(RIGHT), true);
    let passed: Vec<bool> = found.iter().map(|check| check.passed).collect();
    assert_eq!(passed, [true, false, false, false], "{found:?}");
    assert_eq!(found[0].detail, "double: 1 cases and 0 laws hold");
    assert_eq!(
        found[1].detail,
        "site/tool/modules/sum.js, same, case \"doubles\": other_value: the result: expected 8, got 4"
    );
    assert!(found[2].detail.contains("no case and no law"), "{}", found[2].detail);
    assert!(found[3].detail.starts_with("unknown: no case and no law"), "{}", found[3].detail);
}

#[test]
fn a_missing_module_or_runner_never_passes() {
    let plan = plan();
    let missing = outcomes(&plan, None, true);
    assert!(missing.iter().all(|check| !check.passed), "{missing:?}");
    assert!(
        missing[0].detail.contains("no_such_export: there is no module tool/modules/sum.js"),
        "{missing:?}"
    );
    let unrun = outcomes(&plan, Some(RIGHT), false);
    assert!(
        unrun.iter().all(|check| !check.passed && check.detail.contains("needs a behaviour runner")),
        "{unrun:?}"
    );
}

#[test]
fn the_seal_covers_the_cases() {
    let mut plan = plan();
    let seal = plan.seal();
    if let Assertion::Behaves { behaviour } = &mut plan.checks[0].asserts {
        behaviour.cases[0].expect = json!(4);
    }
    let runner = BehaviourRunner::new(launcher());
    let refused = plan.run_with(std::path::Path::new("nowhere"), &seal, &runner, 1).unwrap_err();
    assert_eq!(refused.kind(), ae_core::ErrorKind::Conflict);
}
