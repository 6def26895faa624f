//! Checks that any implementation of a port can run against itself, one function for each clause of its contract.
//!
//! Each function panics with a message that names the clause. The `run_all` functions run every clause that the
//! implementation's own description selects, and return the names of those that ran and those that did not apply.
#![allow(clippy::panic, reason = "a failed check is a panic that names its clause")]

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, RunId};

pub use crate::{
    agent::conformance as provider, deploy::conformance as deployer, registrar::conformance as registrar,
    sandbox::conformance as sandbox,
};

/// Which clauses ran, and which did not apply to the implementation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    /// The clauses that ran and held.
    pub passed: Vec<&'static str>,
    /// The clauses that did not apply, by what the implementation says of itself or what the caller can't provide.
    pub skipped: Vec<&'static str>,
}

/// A key of its own for each place in a suite.
pub(crate) fn key(step: &str, sequence: u32) -> IdempotencyKey {
    let run = RunId::from_digest(&Digest::of_bytes("conformance", step.as_bytes()));
    IdempotencyKey::derive(run, step, "conformance", sequence)
}

pub(crate) fn held<T>(clause: &str, result: Result<T, BackendError>) -> T {
    result.unwrap_or_else(|error| panic!("{clause}: {error}"))
}

pub(crate) fn refused<T: std::fmt::Debug>(clause: &str, result: Result<T, BackendError>, kind: ErrorKind) {
    match result {
        Ok(value) => panic!("{clause}: should be refused as {kind}, was {value:?}"),
        Err(error) => assert_eq!(error.kind(), kind, "{clause}: {error}"),
    }
}
