//! Checks that any implementation of a port can run against itself.
//!
//! Each check is a plain function over `&dyn Port`, named after the contract clause that it checks; `run_all` of each
//! module calls them all and returns the clauses that ran. A broken clause panics with its number. What needs several
//! threads or a restart of the store is left to the implementation's own tests, except where a function takes a way to
//! reopen it.

#[doc(inline)]
pub use crate::{
    approvals::conformance as approvals, audit::conformance as audit, budget::conformance as budget,
    gates::conformance as gates,
};
