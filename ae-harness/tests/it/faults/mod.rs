//! One wrong backend for each clause of each port: the suite catches it by the clause's number.

mod agent;
mod deploy;
mod registrar;
mod sandbox;

use std::sync::atomic::{AtomicU32, Ordering};

use ae_core::IdempotencyKey;

/// A backend that breaks one clause and keeps the others.
#[derive(Debug)]
struct Wrong<T> {
    inner: T,
    breaks: &'static str,
    keys: AtomicU32,
}

impl<T> Wrong<T> {
    fn new(inner: T, breaks: &'static str) -> Self {
        Self { inner, breaks, keys: AtomicU32::new(1_000) }
    }

    fn breaks(&self, clause: &str) -> bool {
        self.breaks == clause
    }

    fn fresh_key(&self) -> IdempotencyKey {
        crate::fixture::key(self.keys.fetch_add(1, Ordering::SeqCst))
    }

    /// `key`, or a fresh one where the backend that breaks `clause` forgets keys.
    fn key(&self, clause: &str, key: &IdempotencyKey) -> IdempotencyKey {
        if self.breaks(clause) { self.fresh_key() } else { key.clone() }
    }
}
