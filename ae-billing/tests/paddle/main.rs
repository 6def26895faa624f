//! Paddle: the provider against a simulator and the vendor's own SDK, and its webhooks.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests"
)]

#[cfg(feature = "conformance")]
mod contract;
mod faults;
mod guard;
#[path = "../hooks/official.rs"]
mod official;
mod sdk;
mod verdicts;
mod world;
