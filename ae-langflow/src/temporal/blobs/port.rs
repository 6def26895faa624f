//! The port that keeps large values.

use std::{fmt::Debug, sync::Arc};

use ae_core::{BackendError, Digest};
use async_trait::async_trait;

use crate::host::Blob;

/// Keeps large values of states, by their hash. Every client and worker of a run reaches the same one.
///
/// # Contract
///
/// - C1. What was put comes back as it was, for as long as runs may need it: nothing here deletes.
/// - C2. To put a value again is not an error and changes nothing.
/// - C3. A value that is not there is `None`.
///
/// # Errors
///
/// Those of the storage. `Retry::Backoff` where another try may help.
///
/// # Cancel safety
///
/// A call that is dropped has put the whole value or nothing.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait BlobStore: Debug + Send + Sync + 'static {
    /// Keeps a value.
    async fn put(&self, blob: Blob) -> Result<(), BackendError>;

    /// The text of the value with this hash.
    async fn get(&self, digest: Digest) -> Result<Option<Arc<str>>, BackendError>;
}
