//! Clients of vendors against servers of the test's own, one for each wire form.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod answers;
mod endings;
mod errors;
mod forms;
#[cfg(feature = "execute")]
mod router;
mod server;

use ae_router::core::{Digest, IdempotencyKey, RunId};

/// The key of a vendor, as each client in these tests has it.
pub const KEY: &str = "sk-the-secret-key-0123456789";

pub fn call() -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"run")), "ask", "complete", 0)
}
