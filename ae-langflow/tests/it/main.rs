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

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod child;
mod compile;
#[cfg(all(any(feature = "sqlite", feature = "postgres"), feature = "conformance"))]
mod crash;
mod durable;
mod engine;
#[cfg(feature = "conformance")]
mod faults;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod kill;
mod model;
mod nested;
#[cfg(all(feature = "postgres", feature = "conformance"))]
mod postgres;
mod questions;
mod sends;
#[cfg(all(feature = "postgres", feature = "conformance"))]
mod server;
#[cfg(feature = "conformance")]
mod stores;
mod subgraphs;
mod support;
#[cfg(feature = "conformance")]
mod turns;
mod wtf;
