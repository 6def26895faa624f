//! The lifecycle as its users meet it: through the `ae` command and over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub
)]

mod ae;
mod agents;
mod analyst;
mod approvals;
mod arrows;
mod bad_input;
mod crash;
mod disks;
mod evidence;
mod gates;
mod inside;
mod intents;
mod kits;
mod licences;
mod live;
mod main_job;
#[path = "../../examples/make-signals.rs"]
mod make_signals;
#[path = "../../../../ae-harness/tests/models/mod.rs"]
mod models;
mod numbers;
mod orders;
mod origins;
mod outcomes;
mod prices;
mod sale;
mod server;
mod several_processes;
mod shop;
mod tasks;
