//! The behaviour runner, with real child processes and hostile modules.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, unreachable_pub)]

mod acceptance;
mod attacks;
mod data;
mod folders;
mod kits;
mod mutants;
mod processes;
mod rules;
mod survivors;

use std::time::Duration;

use ae_core::{Behaviour, Case};
use ae_harness::{
    BehaviourLimits, BehaviourOutcome, BehaviourRunner, CaseVerdict, Launcher, Modules, Verdict,
};
use serde_json::{Value, json};

/// The example of this package is a program that calls `behaviour_child`; cargo builds it with the tests.
pub fn launcher() -> Launcher {
    let test = std::env::current_exe().unwrap();
    let build = test.parent().and_then(std::path::Path::parent).unwrap();
    let program = build.join("examples").join(format!("behaviour{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} is missing: run `cargo test -p ae-harness --all-features`",
        program.display()
    );
    Launcher::new(program)
}

/// Generous for code that ends, since the machine may be busy.
pub fn patient() -> BehaviourLimits {
    BehaviourLimits::default().with_call(Duration::from_secs(20)).with_total(Duration::from_secs(300))
}

/// For code that never ends.
pub fn hasty() -> BehaviourLimits {
    patient().with_call(Duration::from_millis(300))
}

pub fn run(limits: BehaviourLimits, modules: &Modules, behaviours: &[Behaviour]) -> Vec<BehaviourOutcome> {
    BehaviourRunner::new(launcher()).with_limits(limits).run(modules, behaviours, 7).unwrap()
}

/// Calls the export `f` of each source with 1; `expect` is the right result.
pub fn each(limits: BehaviourLimits, sources: &[&str], expect: &Value) -> Vec<CaseVerdict> {
    let mut modules = Modules::new();
    let mut behaviours = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let path = format!("m{number}.js");
        modules = modules.with(&path, *source).unwrap();
        let case = Case::new("one", json!(1), expect.clone());
        behaviours.push(Behaviour::new(*source, path, "f").with_cases(vec![case]));
    }
    let outcomes = run(limits, &modules, &behaviours);
    assert_eq!(outcomes.len(), sources.len());
    outcomes.into_iter().map(|outcome| outcome.verdicts.into_iter().next().unwrap()).collect()
}

/// Asserts one verdict of each source.
pub fn all_are(limits: BehaviourLimits, verdict: Verdict, sources: &[&str], expect: &Value) {
    for (source, found) in sources.iter().zip(each(limits, sources, expect)) {
        assert_eq!(found.verdict, verdict, "{source}\n{}", found.detail);
        assert!(found.detail.chars().count() < 1_500, "{source}");
        assert!(!found.detail.chars().any(ae_core::is_unseen), "{source}\n{}", found.detail);
    }
}

/// The verdict on one function, written as an expression.
pub fn one(function: &str, given: Value, expect: Value) -> CaseVerdict {
    let modules = Modules::new().with("m.js", format!("export const f = {function};")).unwrap();
    let case = Case::new("one", given, expect);
    let behaviours = [Behaviour::new("f", "m.js", "f").with_cases(vec![case])];
    run(patient(), &modules, &behaviours).remove(0).verdicts.remove(0)
}
