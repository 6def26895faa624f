//! The store of a journal of purchases.

use std::fmt::Debug;

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use super::OrderEntry;

/// Keeps the purchases of a registrar by their keys, so that a registrar knows after a crash whether one was sent.
///
/// An entry is durable once [`write`](Self::write) returns, and an entry that can't be read is an error, never a missing
/// one: a registrar that took it for missing would buy again.
///
/// # Errors
///
/// `Protocol` for a damaged entry, or the reason why the store can't be reached.
#[async_trait]
pub trait OrderJournal: Debug + Send + Sync + 'static {
    /// The entry of a key.
    async fn read(&self, key: &IdempotencyKey) -> Result<Option<OrderEntry>, BackendError>;

    /// Makes or replaces the entry of a key.
    async fn write(&self, key: &IdempotencyKey, entry: &OrderEntry) -> Result<(), BackendError>;

    /// Removes the entry of a key, whose purchase certainly was not made. A repeat changes nothing.
    async fn forget(&self, key: &IdempotencyKey) -> Result<(), BackendError>;

    /// The entry with the order of this id.
    async fn find(&self, order: &str) -> Result<Option<OrderEntry>, BackendError>;
}
