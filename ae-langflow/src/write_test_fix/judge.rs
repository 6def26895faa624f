//! The decision after each test.

use ae_core::Outcome;

use super::types::{Attempt, LoopLimits, Proof, Verdict};

/// How the loop ends after the last of `attempts`, of which the tests said `report`; `None` when it goes on.
#[must_use]
pub fn judge<V: Verdict>(attempts: &[Attempt], report: &V, limits: &LoopLimits) -> Option<Outcome> {
    if report.passed() {
        return Some(Outcome::Verified);
    }
    let last = attempts.last()?;
    let same = attempts.iter().rev().take_while(|attempt| attempt.failure == last.failure).count();
    if reached(same, limits.identical_failures_max) {
        Some(Outcome::Stalled)
    } else if reached(attempts.len(), limits.iterations_max) {
        Some(Outcome::Exhausted)
    } else {
        None
    }
}

/// The checks of `report` that pass and failed in an attempt before `attempt`.
pub(super) fn evidence<V: Verdict>(attempts: &[Attempt], report: &V, attempt: u32) -> Vec<Proof> {
    let passed = report.passing().into_iter();
    passed
        .filter_map(|check| {
            let failed = attempts.iter().rev().find(|earlier| earlier.failing.contains(&check))?;
            Some(Proof::new(&check, failed.attempt, attempt))
        })
        .collect()
}

fn reached(count: usize, limit: u32) -> bool {
    u32::try_from(count).map_or(true, |count| count >= limit.max(1))
}

#[cfg(test)]
mod tests {
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
}
