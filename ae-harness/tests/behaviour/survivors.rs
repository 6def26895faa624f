//! Defects that are made by a program: good cases notice them, and lines without a case are named.

use ae_core::{Behaviour, Case, ErrorKind};
use ae_harness::{BehaviourRunner, Kit, Modules, MutantRules, mutants};
use serde_json::json;

use crate::{launcher, patient};

const SUM: &str = "import { half } from './half.js';
export function f(list) {
  let sum = 0;
  for (const n of list) {
    if (n > 3) sum += n;
  }
  if (sum === 77) return 'never asked for';
  return half(sum);
}
";

fn modules() -> Modules {
    let modules = Modules::new().with("a/sum.js", SUM).unwrap();
    let modules = modules.with("a/half.js", "export const half = (n) => n / 2;\n").unwrap();
    modules.with("a/page.js", "export const unused = () => 1 + 1;\n").unwrap()
}

fn behaviour(cases: &[(&str, serde_json::Value, serde_json::Value)]) -> Behaviour {
    let case = |(name, given, expect): &(&str, serde_json::Value, serde_json::Value)| {
        Case::new(*name, given.clone(), expect.clone())
    };
    Behaviour::new("sum", "a/sum.js", "f").with_cases(cases.iter().map(case).collect())
}

fn runner() -> BehaviourRunner {
    BehaviourRunner::new(launcher()).with_limits(patient())
}

#[test]
fn the_same_seed_makes_the_same_defects() {
    let all = mutants(&modules(), 1_000, 1);
    assert!(all.len() > 15, "{}", all.len());
    assert_eq!(all, mutants(&modules(), 1_000, 1));
    let few = mutants(&modules(), 5, 1);
    assert_eq!(few.len(), 5);
    assert!(few.iter().all(|mutant| all.contains(mutant)));
    assert_ne!(few, mutants(&modules(), 5, 2));
    for mutant in &all {
        assert_ne!(Some(&*mutant.source), (mutant.module == "a/sum.js").then_some(SUM), "{mutant}");
    }
}

#[test]
fn a_line_that_no_case_reaches_is_named() {
    let cases = [
        ("some", json!([1, 4, 8]), json!(6)),
        ("edge", json!([3, 4]), json!(2)),
        ("none", json!([]), json!(0)),
    ];
    let report = runner().survivors(&modules(), &[behaviour(&cases)], &MutantRules::new(3)).unwrap();
    let named: Vec<String> = report.survivors.iter().map(ToString::to_string).collect();
    assert!(!named.is_empty() && report.caught > 10 && report.untried == 0, "{report:?}");
    assert!(
        report.survivors.iter().all(|mutant| (mutant.module.as_str(), mutant.line) == ("a/sum.js", 7)),
        "{named:?}"
    );
    assert!(named.contains(&"a/sum.js:7: `'never asked for'` → `''`".to_owned()), "{named:?}");

    let asked = [cases.to_vec(), vec![("asked", json!([77]), json!("never asked for"))]].concat();
    let report = runner().survivors(&modules(), &[behaviour(&asked)], &MutantRules::new(3)).unwrap();
    assert!(report.survivors.is_empty(), "{report:?}");
}

#[test]
fn cases_that_fail_anyway_show_nothing() {
    let wrong = behaviour(&[("wrong", json!([4]), json!(3))]);
    let error = runner().survivors(&modules(), &[wrong], &MutantRules::new(3)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn without_time_nothing_is_claimed() {
    let cases = behaviour(&[("some", json!([1, 4, 8]), json!(6))]);
    let rules = MutantRules::new(3).with_total(std::time::Duration::ZERO);
    let report = runner().survivors(&modules(), &[cases], &rules).unwrap();
    assert_eq!((report.tried(), report.survivors.len()), (0, 0));
    assert!(report.untried > 15);
}

#[test]
fn the_cases_of_kits_notice_most_defects() {
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kits/reading-time");
    let kit = Kit::load(&example).unwrap();
    let behaviours: Vec<Behaviour> = kit
        .offer()
        .features
        .into_iter()
        .flat_map(|offered| offered.feature.behaviours)
        .map(|mut behaviour| {
            behaviour.module = behaviour.module.trim_start_matches("tool/").to_owned();
            behaviour
        })
        .collect();
    let modules = Modules::read(&example).unwrap();
    let report = runner().survivors(&modules, &behaviours, &MutantRules::new(1).with_most(60)).unwrap();
    assert!(report.caught * 10 >= report.tried() * 7, "{report:#?}");
}
