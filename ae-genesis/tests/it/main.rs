//! One binary for all integration tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

#[cfg(feature = "conformance")]
mod conformance;
#[cfg(feature = "conformance")]
mod faults;
#[cfg(feature = "file")]
mod file;
#[cfg(feature = "hackernews")]
mod hackernews;
mod intent_table;
mod intents;
mod lifecycle;
#[cfg(feature = "mock")]
mod mocks;
mod outlines;
mod prices;
mod ranking;
#[cfg(feature = "schemars")]
mod schema;

use ae_core::{Currency, Digest, IdempotencyKey, Intent, Money, RunId, Runtime, Timestamp};
use ae_genesis::SignalQuery;

pub fn now() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

pub fn runtime() -> Runtime {
    Runtime::manual(now(), 7)
}

pub fn intent(text: &str) -> Intent {
    Intent::new(text, Money::zero(Currency::USD)).unwrap()
}

/// A key for analysts that give the same answer under any.
pub fn key() -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"run")), "test", "analyst", 0)
}

pub fn query(text: &str) -> SignalQuery {
    SignalQuery::from_intent(&intent(text))
}
