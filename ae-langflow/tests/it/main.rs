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

mod compile;
mod durable;
mod engine;
#[cfg(feature = "sqlite")]
mod kill;
mod model;
mod questions;
#[cfg(feature = "conformance")]
mod stores;
mod support;
mod wtf;
