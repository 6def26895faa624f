//! The tests of the crate, as one program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub
)]

mod blobs;
mod cached;
mod calls;
#[cfg(feature = "sqlite")]
mod child;
mod compile;
#[cfg(all(feature = "sqlite", feature = "conformance"))]
mod crash;
mod crashing;
mod damaged;
mod defects;
mod deferred;
mod durable;
mod engine;
#[cfg(feature = "conformance")]
mod faults;
mod handlers;
mod handover;
mod history;
mod json_states;
#[cfg(feature = "sqlite")]
mod kill;
mod migration;
mod migration_custom;
mod model;
mod nested;
mod policy;
mod questions;
mod retention;
mod sends;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "conformance")]
mod stores;
mod streaming;
mod subgraphs;
mod support;
mod timer;
#[cfg(feature = "conformance")]
mod turns;
mod wtf;
