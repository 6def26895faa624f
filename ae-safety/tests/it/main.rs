//! The ports' backends against their contracts, and the permits over them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod audit;
mod audit_file;
mod desks;
mod faults;
mod gate_contract;
mod gates;
mod ledger_model;
mod ledgers;
mod mocks;
mod permits;
mod races;
mod redact;
mod support;
