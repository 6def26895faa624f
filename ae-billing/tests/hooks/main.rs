//! Webhooks of vendors: verdicts against their own libraries, and what events mean.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests"
)]

mod official;
mod stripe;
