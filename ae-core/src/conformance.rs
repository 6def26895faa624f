//! The kit of the conformance suites: one check per numbered clause of a port's contract.
//!
//! A suite is a function that takes any implementation, runs a check per clause and returns [`Ran`]; a check panics with
//! a message that begins with the clause's number, `C3: …`. [`faults`] proves that a suite can fail.
//!
//! ```
//! use ae_core::conformance::{Ran, faults, holds};
//!
//! /// C1: the name is not empty.
//! async fn c1(name: &str) {
//!     holds("C1", !name.is_empty(), "the name is empty");
//! }
//!
//! /// C2: a name is short. It does not apply to names with a dot.
//! async fn c2(name: &str) {
//!     holds("C2", name.len() < 9, "the name is long");
//! }
//!
//! async fn suite(name: &str) -> Ran {
//!     let mut ran = Ran::default();
//!     ran.clause("C1", c1(name)).await;
//!     ran.clause_if("C2", !name.contains('.'), c2(name)).await;
//!     ran
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let ran = suite("right").await;
//! faults(&ran, [("C1", ""), ("C2", "much too long")], |wrong| suite(wrong)).await;
//! # }
//! ```
#![allow(clippy::panic, reason = "a failed check is a panic that names its clause")]

use std::{
    collections::BTreeSet,
    fmt::Debug,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use crate::{BackendError, Digest, Effect, ErrorKind, IdempotencyKey, RunId};

/// The clauses that ran and those that did not apply to the implementation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ran {
    /// The clauses that ran and held.
    pub passed: Vec<&'static str>,
    /// The clauses that did not apply, by the implementation's own description or by a means that the caller lacks.
    pub skipped: Vec<&'static str>,
}

impl Ran {
    /// Runs the check of a clause.
    pub async fn clause(&mut self, clause: &'static str, check: impl Future<Output = ()>) {
        check.await;
        self.passed.push(clause);
    }

    /// Runs the check of a clause where it applies, and skips it visibly where it does not.
    pub async fn clause_if(&mut self, clause: &'static str, applies: bool, check: impl Future<Output = ()>) {
        if applies {
            self.clause(clause, check).await;
        } else {
            self.skipped.push(clause);
        }
    }
}

/// The run that a suite works in, a different one for each name.
pub fn run(name: &str) -> RunId {
    RunId::from_digest(&Digest::of_bytes("conformance", name.as_bytes()))
}

/// A key of its own for each place in a suite.
pub fn key(place: &str, sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(run(place), place, "conformance", sequence)
}

/// The value of `result`, which must be there.
///
/// # Panics
///
/// With the clause and the error.
#[track_caller]
pub fn held<T>(clause: &str, result: Result<T, impl Debug>) -> T {
    result.unwrap_or_else(|error| panic!("{clause}: {error:?}"))
}

/// Checks that a condition holds.
///
/// # Panics
///
/// With the clause and `otherwise`, which says what is the case instead.
#[track_caller]
pub fn holds(clause: &str, condition: bool, otherwise: &str) {
    assert!(condition, "{clause}: {otherwise}");
}

/// Checks that two values are equal.
///
/// # Panics
///
/// With the clause and both values.
#[track_caller]
pub fn same<T: PartialEq<U> + Debug + ?Sized, U: Debug + ?Sized>(clause: &str, left: &T, right: &U) {
    assert!(left == right, "{clause}: {left:?} differs from {right:?}");
}

/// The error of `result`, which must be of `kind` and leave nothing behind.
///
/// # Panics
///
/// With the clause and the answer.
#[track_caller]
pub fn refused<T: Debug>(clause: &str, result: Result<T, BackendError>, kind: ErrorKind) -> BackendError {
    match result {
        Ok(value) => panic!("{clause}: expected {kind}, got {value:?}"),
        Err(error) => {
            assert!(error.kind() == kind, "{clause}: expected {kind}, got {error:?}");
            assert!(error.effect() == Effect::NotApplied, "{clause}: a refusal has no effect: {error:?}");
            error
        }
    }
}

/// Drives two futures in turns until both are done, on the caller's runtime.
pub async fn both<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> (T, T) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none() {
            first = ready(one.as_mut().poll(context));
        }
        if second.is_none() {
            second = ready(other.as_mut().poll(context));
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (left, right) => {
                (first, second) = (left, right);
                Poll::Pending
            }
        }
    })
    .await
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Checks that a suite catches one wrong backend for each clause that it runs, by the clause's number.
///
/// `ran` is the suite's report on a right backend. `suite` gets each wrong backend in turn.
///
/// # Panics
///
/// When a clause has no wrong backend, or a wrong backend passes or is caught by another clause.
pub async fn faults<B, F: Future>(
    ran: &Ran,
    wrong: impl IntoIterator<Item = (&'static str, B)>,
    suite: impl Fn(B) -> F,
) {
    let mut left: BTreeSet<_> = ran.passed.iter().copied().collect();
    for (clause, backend) in wrong {
        caught(clause, suite(backend)).await;
        left.remove(clause);
    }
    assert!(left.is_empty(), "no wrong backend breaks {left:?}");
}

/// Checks that `suite`, on a wrong backend, panics with a message that begins with `clause`.
///
/// # Panics
///
/// When the suite passes or another clause catches the backend.
pub async fn caught(clause: &str, suite: impl Future) {
    let mut suite = pin!(suite);
    let message = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| suite.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(_)) => Poll::Ready(None),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Poll::Ready(Some(text.unwrap_or_default()))
        }
    })
    .await;
    let Some(message) = message else {
        panic!("a backend that breaks {clause} passes the suite");
    };
    let rest = message.strip_prefix(clause);
    let named = rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()));
    assert!(named, "a backend that breaks {clause} was caught as {message:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn panics(message: &'static str) {
        assert!(message.is_empty(), "{message}");
    }

    #[tokio::test]
    async fn a_fault_is_caught_by_its_own_clause() {
        caught("C1", panics("C1: no")).await;
        caught("C1", panics("C1 the price: no")).await;
        for (clause, message) in [("C1", "C12: no"), ("C1", "no"), ("C1", "C2: no"), ("C1", "")] {
            let outer = format!("a backend that breaks {clause}");
            caught(&outer, caught(clause, panics(message))).await;
        }
    }

    #[tokio::test]
    async fn every_clause_that_ran_needs_a_fault() {
        let mut ran = Ran::default();
        ran.clause("C1", async {}).await;
        ran.clause("C2", async {}).await;
        ran.clause_if("C3", false, async {}).await;
        assert_eq!(ran.skipped, ["C3"]);
        faults(&ran, [("C1", "C1: no"), ("C2", "C2: no")], panics).await;
        caught("no wrong backend breaks", faults(&ran, [("C1", "C1: no")], panics)).await;
    }

    #[tokio::test]
    async fn a_refusal_has_its_kind_and_no_effect() {
        let error = || BackendError::new(ErrorKind::Conflict, "test", "op", "no");
        refused::<()>("C1", Err(error()), ErrorKind::Conflict);
        caught("C1", async { refused("C1", Ok(1), ErrorKind::Conflict) }).await;
        caught("C1", async { refused::<()>("C1", Err(error()), ErrorKind::NotFound) }).await;
        let applied = error().with_effect(Effect::Unknown);
        caught("C1", async { refused::<()>("C1", Err(applied), ErrorKind::Conflict) }).await;
    }
}
