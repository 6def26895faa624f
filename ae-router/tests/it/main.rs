#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod catalogue;
mod client;
mod client_faults;
mod complexity;
mod conditions;
mod decision;
mod faults;
#[cfg(feature = "mock")]
mod mocks;
mod oracle;
mod price_files;
mod prices;
mod risk;

use ae_core::{Task, TaskKind, Timestamp};

pub fn at(day: &str) -> Timestamp {
    format!("{day}T00:00:00Z").parse().unwrap()
}

pub fn now() -> Timestamp {
    at("2026-11-24")
}

pub fn task(kind: TaskKind, title: &str) -> Task {
    Task::new("T-001".parse().unwrap(), title, "", kind)
}
