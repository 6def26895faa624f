//! The family's contracts, run over implementations from outside it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod builder;
mod deployer;
mod gate;
mod payments;
mod router;
mod source;

use ae_core::{Digest, IdempotencyKey, RunId, Runtime, Timestamp};

pub fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

pub fn runtime() -> Runtime {
    Runtime::manual(now(), 1)
}

pub fn run() -> RunId {
    RunId::from_digest(&Digest::of_bytes("test", b"run"))
}

pub fn key(operation: &str, sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(run(), "test", operation, sequence)
}
