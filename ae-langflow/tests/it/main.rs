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

mod cached;
#[cfg(feature = "sqlite")]
mod child;
mod compile;
#[cfg(all(feature = "sqlite", feature = "conformance"))]
mod crash;
mod deferred;
mod durable;
mod engine;
#[cfg(feature = "conformance")]
mod faults;
mod handlers;
mod handover;
mod history;
#[cfg(feature = "sqlite")]
mod kill;
mod model;
mod nested;
mod policy;
mod questions;
mod retention;
mod sends;
#[cfg(feature = "conformance")]
mod stores;
mod streaming;
mod subgraphs;
mod support;
#[cfg(feature = "temporal")]
mod temporal;
mod timer;
#[cfg(feature = "conformance")]
mod turns;
mod wtf;
