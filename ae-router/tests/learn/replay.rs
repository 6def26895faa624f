use ae_router::{LearnError, Policy, Replay};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::{read, usd};

/// Four prompts under three models; a fifth lacks one of them.
const LOG: &str = r#"
{"prompt":"a","model":"small","outcome":1,"cost":"0.01"}
{"prompt":"a","model":"middle","outcome":1,"cost":"0.1"}
{"prompt":"a","model":"large","outcome":1,"cost":"1"}
{"prompt":"bb","model":"small","outcome":0,"cost":"0.02"}
{"prompt":"bb","model":"middle","outcome":1,"cost":"0.2"}
{"prompt":"bb","model":"large","outcome":0,"cost":"2"}
{"prompt":"ccc","model":"small","outcome":0,"cost":"0.03"}
{"prompt":"ccc","model":"middle","outcome":0,"cost":"0.3"}
{"prompt":"ccc","model":"large","outcome":1,"cost":"3"}
{"prompt":"dddd","model":"small","outcome":0,"cost":"0.04"}
{"prompt":"dddd","model":"middle","outcome":0,"cost":"0.4"}
{"prompt":"dddd","model":"large","outcome":1,"cost":"4"}
{"prompt":"eeeee","model":"small","outcome":1,"cost":"0.05"}
{"prompt":"eeeee","model":"middle","outcome":1,"cost":"0.5"}
"#;
const MODELS: [&str; 3] = ["small", "middle", "large"];

#[track_caller]
fn check(policy: Policy, solved: f64, calls: f64, cost: &str) {
    let log = read(LOG);
    let replay = Replay::over(&log, MODELS)
        .unwrap()
        .with_scores(|prompt| f64::from(u8::try_from(prompt.len()).unwrap()));
    let found = replay.unwrap().run(&policy).unwrap();
    assert_eq!((found.solved, found.calls, found.cost), (solved, calls, Some(usd(cost))), "{policy:?}");
}

#[test]
fn policies_solve_and_cost_what_was_computed_by_hand() {
    check(Policy::always("small"), 0.25, 1.0, "0.1");
    check(Policy::always("large"), 0.75, 1.0, "10");
    // a by the small model, the others by the large one.
    check(Policy::threshold("large", "small", 2.0), 0.75, 1.0, "9.01");
    check(Policy::threshold("large", "small", f64::INFINITY), 0.25, 1.0, "0.1");
    // a small, bb middle, ccc and dddd large.
    check(Policy::oracle(MODELS), 1.0, 1.0, "7.21");
    // a: 0.01; bb: 0.02 + 0.2; ccc: 3.33; dddd: 4.44.
    check(Policy::escalate(MODELS), 1.0, 9.0 / 4.0, "8");
    check(Policy::escalate(["small", "large"]), 0.75, 7.0 / 4.0, "9.1");
    check(Policy::escalate(["large"]), 0.75, 1.0, "10");
}

#[test]
fn a_check_that_errs_misses_and_alarms() {
    let right: Decimal = "0.9".parse().unwrap();
    // a: solved at once with 0.9, else by the large model. bb: never. ccc, dddd: with 0.9.
    // Cost: 0.1 for the small model, then 0.1 × 1 + 0.9 × (2 + 3 + 4).
    check(Policy::escalate_with_check(["small", "large"], right), (1.0 + 0.9 + 0.9) / 4.0, 1.7, "8.3");
    // A check that is always wrong keeps every bad answer.
    check(Policy::escalate_with_check(["small", "large"], Decimal::ZERO), 0.25, 1.25, "1.1");
}

#[test]
fn policies_are_compared_on_the_same_prompts_and_with_the_strongest() {
    let log = read(LOG);
    let replay = Replay::over(&log, MODELS).unwrap();
    assert_eq!((replay.prompts(), replay.left_out(), replay.strongest()), (4, 1, "large"));
    let (all, some) =
        (replay.run(&Policy::always("large")).unwrap(), replay.run(&Policy::escalate(MODELS)).unwrap());
    assert_eq!(some.cost_share(&all), Some(0.8));
    let two = Replay::over(&log, ["small", "middle"]).unwrap();
    assert_eq!((two.prompts(), two.left_out(), two.strongest()), (5, 0, "middle"));
}

#[test]
fn a_missing_cost_is_not_measured_unless_no_call_has_it() {
    let log = read(concat!(
        r#"{"prompt":"a","model":"small","outcome":1,"cost":"0.01"}"#,
        "\n",
        r#"{"prompt":"a","model":"large","outcome":1}"#,
    ));
    let replay = Replay::over(&log, ["small", "large"]).unwrap();
    assert_eq!(replay.run(&Policy::always("large")).unwrap().cost, None);
    assert_eq!(replay.run(&Policy::escalate(["small", "large"])).unwrap().cost, Some(usd("0.01")));
    assert_eq!(replay.run(&Policy::escalate(["large", "small"])).unwrap().cost, None);
}

#[test]
fn wrong_policies_are_refused() {
    let log = read(LOG);
    assert!(matches!(Replay::over(&log, ["small", "tiny"]), Err(LearnError::UnknownModel { .. })));
    assert!(matches!(Replay::over(&log, [""; 0]), Err(LearnError::NothingShared { .. })));
    let replay = Replay::over(&log, ["small", "middle"]).unwrap();
    for (policy, part) in [
        (Policy::always("large"), "no outcome of the model \"large\""),
        (Policy::escalate([""; 0]), "one model or more"),
        (Policy::threshold("middle", "small", 1.0), "needs a score"),
        (Policy::escalate_with_check(["small"], Decimal::TWO), "from 0 to 1"),
    ] {
        let error = replay.run(&policy).unwrap_err().to_string();
        assert!(error.contains(part), "{policy:?}: {error}");
    }
    let without = read(r#"{"id":"1","model":"m","outcome":1}"#);
    let replay = Replay::over(&without, ["m"]).unwrap();
    assert!(matches!(replay.with_scores(|_| 0.0), Err(LearnError::NoScore { .. })));
}

proptest! {
    #[test]
    fn bounds_hold(rows in proptest::collection::vec((0_u8..=2, 0_u8..=2, 0_u8..=2, 0_u8..50, 0_u8..50, 0_u8..50), 1..30), right in 0_u32..=100) {
        let mut text = String::new();
        for (at, (a, b, c, x, y, z)) in rows.iter().enumerate() {
            for (model, outcome, cost) in [("small", a, x), ("middle", b, y), ("large", c, z)] {
                text += &format!("{{\"id\":\"{at}\",\"model\":\"{model}\",\"outcome\":{},\"cost\":\"0.{cost:03}\"}}\n", f64::from(*outcome) / 2.0);
            }
        }
        let log = read(&text);
        let replay = Replay::over(&log, MODELS).unwrap();
        let run = |policy| replay.run(&policy).unwrap();
        let (oracle, perfect) = (run(Policy::oracle(MODELS)), run(Policy::escalate(MODELS)));
        let erring = run(Policy::escalate_with_check(MODELS, Decimal::new(right.into(), 2)));
        for model in MODELS {
            let alone = run(Policy::always(model));
            prop_assert!(oracle.solved >= alone.solved - 1e-9 && perfect.solved >= alone.solved - 1e-9);
        }
        prop_assert!(perfect.solved >= erring.solved - 1e-9);
        for found in [perfect, erring] {
            prop_assert!((1.0..=3.0).contains(&found.calls));
            prop_assert!(found.cost.unwrap().pico() >= run(Policy::always("small")).cost.unwrap().pico());
        }
    }
}
