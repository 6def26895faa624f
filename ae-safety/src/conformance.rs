//! Checks that any implementation of a port can run against itself.
//!
//! Each check is a plain function over `&dyn Port`, named after the contract clause that it checks; `run_all` of each
//! module calls them all. A broken clause panics with its number. What needs several threads or a restart of the store is
//! left to the implementation's own tests, except where a function takes a way to reopen it.

#[doc(inline)]
pub use crate::{
    approvals::conformance as approvals, audit::conformance as audit, budget::conformance as budget,
    gates::conformance as gates,
};

use std::fmt::Debug;

use ae_core::{BackendError, Effect, ErrorKind};

/// The error of `answer`, which must be of `kind` and leave nothing behind.
#[track_caller]
pub(crate) fn refused<T: Debug>(
    clause: &str,
    answer: Result<T, BackendError>,
    kind: ErrorKind,
) -> BackendError {
    let error = match answer {
        Ok(value) => fail(clause, &format!("expected {kind}, got {value:?}")),
        Err(error) => error,
    };
    check(clause, error.kind() == kind, &format!("expected {kind}, got {error:?}"));
    check(clause, error.effect() == Effect::NotApplied, "a refusal has no effect");
    error
}

/// The value of `answer`, which must be there.
#[track_caller]
pub(crate) fn ok<T>(clause: &str, answer: Result<T, impl Debug>) -> T {
    match answer {
        Ok(value) => value,
        Err(error) => fail(clause, &format!("{error:?}")),
    }
}

#[track_caller]
pub(crate) fn check(clause: &str, holds: bool, what: &str) {
    if !holds {
        fail(clause, what)
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "a conformance check reports by panicking")]
fn fail(clause: &str, what: &str) -> ! {
    panic!("{clause}: {what}")
}
