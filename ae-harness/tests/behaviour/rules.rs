//! Exports, imports, variants and laws.

use ae_core::{Behaviour, Case, Law, Property};
use ae_harness::{BehaviourOutcome, BehaviourRunner, CaseVerdict, Modules, Verdict};
use serde_json::{Value, json};

use crate::{all_are, each, launcher, one, patient, run};

fn judged(source: &str, behaviour: Behaviour) -> BehaviourOutcome {
    run(patient(), &Modules::new().with("m.js", source).unwrap(), &[behaviour]).remove(0)
}

#[test]
fn an_export_that_is_not_a_function_of_the_module_is_missing() {
    let sources = [
        "export const g = 1;",
        "export const f = 1;",
        "export const f = null;",
        "export const f = new Proxy(() => 1, {});",
        "export default () => 1;",
        "globalThis.f = () => 1;",
    ];
    all_are(patient(), Verdict::NoSuchExport, &sources, &json!(1));
    let missing =
        judged("", Behaviour::new("f", "other.js", "f").with_cases(vec![Case::new("a", json!(1), json!(1))]));
    assert_eq!(
        missing.verdicts,
        [CaseVerdict::new("a", Verdict::NoSuchExport, "there is no module other.js")]
    );
}

#[test]
fn a_module_that_does_not_load_says_why() {
    let sources = [
        "export const f = ;",
        "throw new Error('at the top');  export const f = (given) => given;",
        "import fs from 'fs'; export const f = (given) => given;",
        "import '/etc/passwd'; export const f = (given) => given;",
        "import './missing.js'; export const f = (given) => given;",
        "import '../../etc/passwd'; export const f = (given) => given;",
        "import { nothing } from './m0.js'; export const f = (given) => given;",
        "export const f = x; const x = 1;",
    ];
    let found = each(patient(), &sources, &json!(1));
    for (source, found) in sources.iter().zip(&found) {
        assert_eq!(found.verdict, Verdict::Threw, "{source}: {}", found.detail);
        assert!(found.detail.starts_with("the module does not load: "), "{source}: {}", found.detail);
    }
    assert!(found[0].detail.contains("SyntaxError"), "{}", found[0].detail);
    assert!(found[1].detail.contains("at the top"), "{}", found[1].detail);
    let dynamic = one("async () => { await import('/etc/passwd'); return 1; }", json!(1), json!(1));
    assert_eq!(dynamic.verdict, Verdict::Threw, "{}", dynamic.detail);
}

#[test]
fn modules_import_each_other_by_relative_paths() {
    let modules = Modules::new()
        .with("tool/a/main.js", "import { two } from '../b/two.js'; export const f = async (n) => n + two + (await import('./late.js')).three;")
        .unwrap()
        .with("tool/b/two.js", "import { f } from '../a/main.js'; export const two = 2; export const back = () => f;")
        .unwrap()
        .with("tool/a/late.js", "export const three = 3;")
        .unwrap()
        .with("broken.js", "export const not = (")
        .unwrap();
    let cases = (0..40).map(|n| Case::new(n.to_string(), json!(n), json!(n + 5)));
    let behaviour = Behaviour::new("f", "tool/a/main.js", "f").with_cases(cases.collect());
    let outcome = run(patient(), &modules, &[behaviour]).remove(0);
    assert!(outcome.passed() && outcome.verdicts.len() == 40, "{outcome:?}");
}

#[test]
fn answers_stay_with_their_cases() {
    let cases: Vec<Case> = (0..150).map(|n| Case::new(n.to_string(), json!(n), json!(n * n))).collect();
    let source = "export const f = (n) => { if (n === 40) for (;;); if (n === 41) throw new Error('41'); return n * n; };";
    let modules = Modules::new().with("m.js", source).unwrap();
    let limits = patient().with_call(std::time::Duration::from_secs(2)).with_processes(3);
    let outcome = run(limits, &modules, &[Behaviour::new("f", "m.js", "f").with_cases(cases)]).remove(0);
    for (n, case) in outcome.verdicts.iter().enumerate() {
        let wanted = match n {
            40 => Verdict::TimedOut,
            41 => Verdict::Threw,
            _ => Verdict::Passed,
        };
        assert_eq!((case.name.as_str(), case.verdict), (n.to_string().as_str(), wanted), "{}", case.detail);
    }
}

#[test]
fn a_module_that_knows_the_case_by_heart_fails() {
    let case = || {
        vec![
            Case::new("greets", json!({"name": "Ann"}), json!({"Ann": "Hello Ann!"}))
                .with_vary(vec!["Ann".to_owned()]),
        ]
    };
    let behaviour = || Behaviour::new("greet", "m.js", "f").with_cases(case());
    let honest = judged("export const f = ({ name }) => ({ [name]: `Hello ${name}!` });", behaviour());
    assert!(honest.passed(), "{honest:?}");
    let cheat = judged("export const f = () => ({ Ann: 'Hello Ann!' });", behaviour());
    assert_eq!(cheat.verdicts[0].verdict, Verdict::OtherValue);
    assert!(cheat.verdicts[0].detail.starts_with("with other texts in their place: /"), "{cheat:?}");
    // The seed decides which: another seed gives other texts, the same one the same.
    let modules = Modules::new().with("m.js", "export const f = () => ({ Ann: 'Hello Ann!' });").unwrap();
    let runner = BehaviourRunner::new(launcher()).with_limits(patient());
    let detail = |seed| runner.run(&modules, &[behaviour()], seed).unwrap()[0].verdicts[0].detail.clone();
    assert_eq!(detail(7), cheat.verdicts[0].detail);
    assert_ne!(detail(8), detail(7));
}

#[test]
fn a_case_or_law_that_proves_nothing_is_unusable() {
    let vary = vec!["Bob".to_owned()];
    let no_array = Law::KeepsOrder { from: "/rows".to_owned(), to: String::new() };
    let behaviour = Behaviour::new("f", "m.js", "f")
        .with_cases(vec![Case::new("a", json!("Ann"), json!("Ann")).with_vary(vary.clone())])
        .with_properties(vec![
            Property::new("b", Law::Idempotent, vec![]),
            Property::new("c", Law::Idempotent, vec![json!("Ann")]).with_vary(vary),
            Property::new("d", no_array, vec![json!([])]),
        ]);
    let outcome = judged("export const f = (given) => given;", behaviour);
    assert!(outcome.verdicts.iter().all(|case| case.verdict == Verdict::Unusable), "{outcome:?}");
    assert_eq!(outcome.verdicts[0].detail, "\"Bob\" is to vary, but does not occur");
    let nothing = judged("export const f = (given) => given;", Behaviour::new("f", "m.js", "f"));
    assert!(nothing.verdicts.is_empty() && !nothing.passed());
}

/// The outcome of one law on a module, with a text that varies.
fn law(source: &str, law: Law, given: Value) -> CaseVerdict {
    let property = Property::new("law", law, vec![given]).with_vary(vec!["north".to_owned()]);
    judged(source, Behaviour::new("f", "m.js", "f").with_properties(vec![property])).verdicts.remove(0)
}

#[test]
fn each_law_holds_of_right_code_and_fails_of_wrong_code() {
    let given = || json!({"rows": [["b", "north"], ["a", "2"], ["b", "north"]]});
    let back = || Law::RoundTrip { back: "back".to_owned() };
    let order = || Law::KeepsOrder { from: "/rows".to_owned(), to: "/rows".to_owned() };
    let keeps = || Law::LosesNothing {
        from: vec!["/rows".to_owned()],
        to: vec!["/rows".to_owned(), "/rest".to_owned()],
    };
    for (source, law_of, holds) in [
        (
            "export const f = (t) => JSON.stringify(t); export const back = (s) => JSON.parse(s);",
            back(),
            true,
        ),
        (
            "export const f = (t) => JSON.stringify(t).replace('b', 'c'); export const back = (s) => JSON.parse(s);",
            back(),
            false,
        ),
        (
            "export const f = () => 1; export const back = () => ({ rows: [['b', 'north'], ['a', '2'], ['b', 'north']] });",
            back(),
            false,
        ),
        ("export const f = (t) => t;", back(), false),
        ("export const f = (t) => ({ rows: t.rows.toSorted() });", Law::Idempotent, true),
        ("export const f = (t) => ({ rows: [...t.rows, ['x']] });", Law::Idempotent, false),
        ("let n = 0; export const f = (t) => ({ ...t, n: t.n ?? ++n });", Law::Idempotent, true),
        ("export const f = (t) => ({ rows: t.rows.filter((row) => row[0] === 'b') });", order(), true),
        ("export const f = (t) => ({ rows: t.rows.toSorted() });", order(), false),
        ("export const f = () => ({ rows: [['b', 'north']] });", order(), false),
        ("export const f = (t) => ({ rows: t.rows.slice(1), rest: t.rows.slice(0, 1) });", keeps(), true),
        ("export const f = (t) => ({ rows: t.rows.slice(1), rest: [] });", keeps(), false),
        (
            "export const f = () => ({ rows: [['b', 'north'], ['a', '2'], ['b', 'north']], rest: [] });",
            keeps(),
            false,
        ),
    ] {
        let found = law(source, law_of, given());
        assert_eq!(found.verdict == Verdict::Passed, holds, "{source}: {} {}", found.verdict, found.detail);
    }
    let found = law("export const f = (t) => t;", back(), given());
    assert_eq!(
        (found.verdict, found.detail.as_str()),
        (Verdict::NoSuchExport, "the second call: m.js does not export a function back")
    );
}
