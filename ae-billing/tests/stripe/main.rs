//! Stripe's provider against a simulator with state and faults, and against the vendor's own client.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

mod contract;
mod cuts;
mod guard;
mod kill;
mod retries;
mod schema;
mod sdk;
mod ways;
mod world;
