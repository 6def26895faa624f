//! Agents behind their command lines, played by shell scripts.
#![cfg(all(unix, target_os = "linux"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod contract;
mod detection;
mod endings;
mod output;
mod places;
mod played;
mod seeded;
mod stops;
