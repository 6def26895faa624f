//! The contracts of the ports as checks, for every implementation, yours too.
//!
//! Each check panics with the clause that it found broken. Call [`router::run_all`] or [`client::run_all`] from a
//! test.

pub use crate::{call::conformance as client, decide::conformance as router};

/// Ends the check when `holds` is false.
#[track_caller]
#[allow(clippy::panic, reason = "a check reports a broken clause by panicking in a test")]
pub(crate) fn require(holds: bool, clause: &str, why: impl FnOnce() -> String) {
    if !holds {
        panic!("{clause}: {}", why());
    }
}
