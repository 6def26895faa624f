//! Programs that are not the runner's child, or no longer.

use ae_core::{Behaviour, Case, ErrorKind};
use ae_harness::{BehaviourRunner, Launcher, Modules, Verdict};
use serde_json::json;

use crate::patient;

fn behaviours(export: &str) -> Vec<Behaviour> {
    vec![Behaviour::new("f", "m.js", export).with_cases(vec![Case::new("one", json!(1), json!(1))])]
}

fn modules() -> Modules {
    Modules::new().with("m.js", "export const f = (given) => given;").unwrap()
}

#[test]
fn a_program_that_can_not_be_the_child_is_an_error() {
    let failed = |program: &str| {
        let runner = BehaviourRunner::new(Launcher::new(program)).with_limits(patient());
        runner.run(&modules(), &behaviours("f"), 1).unwrap_err()
    };
    for program in ["/nowhere/program", "/bin/cat", "/bin/true", "/bin/echo"] {
        assert_eq!(failed(program).kind(), ErrorKind::Unavailable, "{program}");
    }
    assert!(failed("/bin/true").message().contains("behaviour_child"), "{}", failed("/bin/true"));
}

#[cfg(unix)]
#[test]
fn a_child_that_ends_forges_or_floods_never_passes() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/behaviour/child.sh");
    let runner = BehaviourRunner::new(Launcher::new(script)).with_limits(patient());
    let verdict = |export: &str| {
        let outcome = runner.run(&modules(), &behaviours(export), 1).unwrap().remove(0);
        let case = outcome.verdicts.into_iter().next().unwrap();
        (case.verdict, case.detail)
    };
    // The script answers rightly when it is asked to: so it is the line that makes the difference.
    assert_eq!(verdict("right").0, Verdict::Passed);
    for export in ["exit", "forge", "number", "flood", "passed", "cut"] {
        let (verdict, detail) = verdict(export);
        assert_eq!(verdict, Verdict::Died, "{export}: {detail}");
    }
    assert!(verdict("exit").1.ends_with("it wrote: so long"), "{}", verdict("exit").1);
}

#[test]
fn many_runs_at_the_same_time_do_not_mix() {
    let runner = BehaviourRunner::new(crate::launcher()).with_limits(patient());
    std::thread::scope(|scope| {
        for n in 0..4 {
            let runner = &runner;
            scope.spawn(move || {
                let cases = (0..30).map(|i| Case::new(i.to_string(), json!([n, i]), json!([n, i])));
                let behaviour = Behaviour::new("f", "m.js", "f").with_cases(cases.collect());
                assert!(runner.run(&modules(), &[behaviour], n).unwrap()[0].passed());
            });
        }
    });
}
