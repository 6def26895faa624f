//! The port of the journal.

use std::fmt;

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use crate::StoredRequest;

/// Keeps what is sent to a vendor, from before it is sent.
///
/// # Contract
///
/// - **C1.** [`begin`](Self::begin) keeps a request under a new key and gives it back; under a used key it changes nothing
///   and gives back what is kept. Of calls at the same time, one is the first.
/// - **C2.** [`get`](Self::get) gives back exactly what was kept last, on every handle and after a restart, or `None`.
/// - **C3.** [`put`](Self::put) replaces what is kept, whether or not something was.
/// - **C4.** [`remove`](Self::remove) forgets one request and no other; a repeat changes nothing.
/// - **C5.** The same key in another scope is another request.
///
/// # Errors
///
/// Those of the storage. After one with [`Effect::Unknown`](ae_core::Effect::Unknown) the change may be kept.
///
/// # Cancel safety
///
/// Dropping a future leaves the change done as a whole or not at all.
#[async_trait]
pub trait RequestJournal: fmt::Debug + Send + Sync + 'static {
    /// Keeps `request` if its key is new; what is kept from now on.
    async fn begin(&self, request: &StoredRequest) -> Result<StoredRequest, BackendError>;

    /// The request that is kept under `key` in `scope`.
    async fn get(&self, scope: &str, key: &IdempotencyKey) -> Result<Option<StoredRequest>, BackendError>;

    /// Keeps `request` in place of what is kept.
    async fn put(&self, request: &StoredRequest) -> Result<(), BackendError>;

    /// Forgets what is kept.
    async fn remove(&self, scope: &str, key: &IdempotencyKey) -> Result<(), BackendError>;
}

ae_core::forward! { RequestJournal {
    async fn begin(&self, request: &StoredRequest) -> Result<StoredRequest, BackendError>;
    async fn get(&self, scope: &str, key: &IdempotencyKey) -> Result<Option<StoredRequest>, BackendError>;
    async fn put(&self, request: &StoredRequest) -> Result<(), BackendError>;
    async fn remove(&self, scope: &str, key: &IdempotencyKey) -> Result<(), BackendError>;
} }
