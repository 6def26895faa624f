//! The dialects of coding agents against recordings of the real programs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod acp;
mod golden;
mod plans;
mod play;
mod robust;
