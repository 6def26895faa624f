//! The port of caches of answers.

use std::fmt;

use ae_core::{BackendError, Digest};
use async_trait::async_trait;

use crate::Completion;

/// Keeps whole answers by the digest of their requests.
///
/// # Contract
///
/// - C1. [`get`](AnswerCache::get) gives what [`put`](AnswerCache::put) was given last for that digest, equal, or `None`: an
///   answer may go at any time.
/// - C2. An answer is not given for another digest.
/// - C3. An answer that was put is there at once, for a cache that has room for one.
///
/// # Errors
///
/// `Unavailable` and `Timeout` where the store is not to be had, `Protocol` for a stored value that can't be read. A reader
/// takes any error as "not there".
///
/// # Cancel safety
///
/// A dropped `put` either happened or did not.
///
/// # Example
///
/// ```
/// use ae_router::core::{BackendError, Digest};
/// use ae_router::{AnswerCache, Completion, MemoryCache};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BackendError> {
/// let cache = MemoryCache::new(100);
/// let digest = Digest::of_bytes("example", b"request");
/// cache.put(&digest, &Completion::text_of("any", "Paris")).await?;
/// assert_eq!(cache.get(&digest).await?.map(|answer| answer.text().as_data().clone()).as_deref(), Some("Paris"));
/// # Ok(())
/// # }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AnswerCache: fmt::Debug + Send + Sync + 'static {
    /// The answer to the request with this digest.
    async fn get(&self, request: &Digest) -> Result<Option<Completion>, BackendError>;

    /// Keeps the answer to the request with this digest.
    async fn put(&self, request: &Digest, answer: &Completion) -> Result<(), BackendError>;
}

ae_core::forward! { AnswerCache {
    async fn get(&self, request: &Digest) -> Result<Option<Completion>, BackendError>;
    async fn put(&self, request: &Digest, answer: &Completion) -> Result<(), BackendError>;
} }
