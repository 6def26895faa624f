use proptest::prelude::*;

use super::{
    super::types::{CheckResult, TestReport},
    *,
};

fn report(failure: u8) -> TestReport {
    TestReport::new(vec![CheckResult::new("c", failure == 0, failure.to_string())])
}

proptest! {
    #[test]
    fn it_ends_at_the_first_rule_that_holds(
        failures in prop::collection::vec(0_u8..4, 1..12),
        iterations in 0_u32..8,
        identical in 0_u32..5,
    ) {
        let limits = LoopLimits::default()
            .with_iterations_max(iterations)
            .with_identical_failures_max(identical);
        let attempts: Vec<_> =
            (1..).zip(&failures).map(|(attempt, failure)| Attempt::new(attempt, &report(*failure))).collect();
        let last = *failures.last().unwrap();
        let run = failures.iter().rev().take_while(|failure| **failure == last).count();
        let expected = if last == 0 {
            Some(Outcome::Verified)
        } else if run >= identical.max(1) as usize {
            Some(Outcome::Stalled)
        } else if failures.len() >= iterations.max(1) as usize {
            Some(Outcome::Exhausted)
        } else {
            None
        };
        prop_assert_eq!(judge(&attempts, &report(last), &limits), expected);
    }
}

#[test]
fn nothing_checked_is_nothing_proven() {
    let empty = TestReport::default();
    assert!(!empty.passed());
    assert_eq!(judge(&[Attempt::new(1, &empty)], &empty, &LoopLimits::default()), None);
}

#[test]
fn a_failure_is_the_same_whatever_the_order_and_another_with_other_words() {
    let check = |id: &str, detail: &str| CheckResult::new(id, false, detail);
    let one = TestReport::new(vec![check("a", "x"), check("b", "y")]);
    let two = TestReport::new(vec![check("b", "y"), check("a", "x")]);
    let other = TestReport::new(vec![check("a", "x"), check("b", "z")]);
    assert_eq!(one.failure_digest(), two.failure_digest());
    assert_ne!(one.failure_digest(), other.failure_digest());
    assert_eq!(two.failing(), ["a", "b"]);
}
