//! Checks that any implementation of a port can run against itself, one for each clause of its contract.
//!
//! A failed check panics with a message that begins with the number of its clause. The `run_all` functions run every
//! clause that the implementation's own description selects, and return the clauses that ran and those that did not apply.

pub use crate::{
    agent::conformance as provider, deploy::conformance as deployer, meter::conformance as meter,
    registrar::conformance as registrar, sandbox::conformance as sandbox,
};
