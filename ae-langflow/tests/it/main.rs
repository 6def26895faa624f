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
mod changed;
#[cfg(all(any(feature = "sqlite", feature = "postgres"), feature = "conformance"))]
mod child;
mod compile;
#[cfg(all(any(feature = "sqlite", feature = "postgres"), feature = "conformance"))]
mod crash;
mod crashing;
mod damaged;
mod defects;
mod deferred;
mod durable;
#[cfg(all(feature = "encryption", feature = "conformance", feature = "sqlite"))]
mod encryption;
mod engine;
mod failures;
#[cfg(feature = "conformance")]
mod faults;
#[cfg(all(feature = "conformance", feature = "temporal"))]
mod faults_blob_store;
#[cfg(feature = "conformance")]
mod faults_node_cache;
mod folders;
mod growth;
mod handlers;
mod handover;
mod history;
mod identity;
mod joins;
mod json_states;
#[cfg(all(any(feature = "sqlite", feature = "postgres"), feature = "conformance"))]
mod kill;
mod limits;
mod migration;
mod migration_custom;
mod model;
mod nested;
mod panics;
mod policy;
#[cfg(all(feature = "postgres", feature = "conformance"))]
mod postgres;
#[cfg(all(feature = "postgres", feature = "conformance"))]
mod proxies;
mod questions;
mod records;
mod retention;
mod sends;
#[cfg(all(feature = "postgres", feature = "conformance"))]
mod server;
mod stored;
#[cfg(feature = "conformance")]
mod stores;
mod streaming;
mod subgraphs;
mod support;
#[cfg(feature = "temporal")]
mod temporal;
mod timer;
#[cfg(all(any(feature = "sqlite", feature = "postgres"), feature = "conformance"))]
mod turn_kills;
mod turn_taking;
#[cfg(all(any(feature = "sqlite", feature = "postgres"), feature = "conformance"))]
mod turns;
mod voided;
mod write_test_fix;
