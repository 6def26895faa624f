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
mod tests;
