//! Calls under a budget, over clients that answer from a script.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod bench;
mod budget;
mod cancel;
mod ceiling;
mod errors;
mod faults;
mod health;
mod hedge;
#[cfg(feature = "mock")]
mod mocks;
mod overspend;
mod stream;
mod times;
