//! The port that keeps results of nodes.

use std::fmt;

use ae_core::{BackendError, Timestamp};
use async_trait::async_trait;
use serde_json::Value;

/// Keeps results of nodes across threads. A cache may forget any of them at any time.
///
/// # Contract
///
/// - C1. A value comes back as it was put, or not at all.
/// - C2. The value that was put last under a key comes back, and none from before it.
/// - C3. Keys are whole: two keys are two places, however long they are (up to a few kilobytes) and however much of
///   them is the same.
///
/// # Errors
///
/// Those of the storage. They never fail a node, which runs as if nothing were kept.
///
/// # Cancel safety
///
/// A call that is dropped has put the whole value or nothing.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait NodeCache: fmt::Debug + Send + Sync + 'static {
    /// The value under `key`, if it is kept.
    async fn get(&self, key: &str, now: Timestamp) -> Result<Option<Value>, BackendError>;

    /// Keeps `value` under `key`.
    async fn put(&self, key: &str, value: Value, now: Timestamp) -> Result<(), BackendError>;
}
