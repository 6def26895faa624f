//! The port that calls a model.

use std::fmt;

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use crate::{Completion, CompletionRequest, CompletionStream, ModelClientInfo};

/// Calls models.
///
/// # Contract
///
/// - C1. `info` does not change, and its name is not empty.
/// - C2. A client whose `info` says that it repeats gives the same answer again for the same key and request, and bills it
///   once. For other clients a repeated key is a new call.
/// - C3. For a client that repeats, the same key with another request is a
///   [`Conflict`](ae_core::ErrorKind::Conflict); nothing is sent.
/// - C4. A request without messages, with a last turn that is not the user's, without a model or with
///   `output_tokens_max` 0 is [`InvalidInput`](ae_core::ErrorKind::InvalidInput); nothing is sent and the key stays
///   free.
/// - C5. The answer's content carries [`Origin::Model`](ae_core::Origin::Model) with the answering model.
/// - C6. Billed output is not above the request's limit, and reasoning is counted within output.
/// - C7. Answers are marked as simulated exactly if `info` says that a simulator answers.
/// - C8. A stream ends with [`Delta::Finished`](crate::Delta::Finished) or an error, and the texts before are the text of
///   the whole answer, in order.
///
/// # Notes
///
/// Usage counts cached tokens apart from input; unknown usage is `None`. A part of a request that the wire form has no
/// place for is [`Unsupported`](ae_core::ErrorKind::Unsupported): it is never left out silently.
///
/// # Errors
///
/// `RateLimited` with the provider's pause and `Unavailable` may be tried again; `QuotaExceeded` (out of money) may
/// not. `Unauthenticated`, `PermissionDenied`, `InvalidInput`, `NotFound` (no such model) were not applied. `Timeout` and a
/// broken connection after sending have [`Effect::Unknown`](ae_core::Effect::Unknown): the call may be billed. Input that
/// is longer than the model takes is `InvalidInput` with the value `context_too_long` for `class` in the error's context: a
/// model with a larger window may take it.
///
/// # Cancel safety
///
/// Dropping the future or the stream ends the call. A request that was already sent may still be billed, so its budget hold
/// is settled by what was used, or as unknown, not released.
///
/// # Example
///
/// ```
/// use ae_router::core::{BackendError, Digest, IdempotencyKey, RunId};
/// use ae_router::{CompletionRequest, ModelClient, ScriptedModel};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BackendError> {
/// let client = ScriptedModel::new().with_answer("capital of France", "Paris");
/// let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "ask", "complete", 0);
/// let request = CompletionRequest::new("any", "What is the capital of France?", 100);
/// let answer = client.complete(&key, &request).await?;
/// assert_eq!(answer.text().as_data(), "Paris");
/// assert!(answer.simulated);
/// # Ok(())
/// # }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ModelClient: fmt::Debug + Send + Sync + 'static {
    /// The client's name and nature.
    fn info(&self) -> ModelClientInfo;

    /// Asks for a completion.
    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError>;

    /// Asks for a completion and gives it piece by piece.
    async fn stream(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<CompletionStream, BackendError>;
}

ae_core::forward! { ModelClient {
    fn info(&self) -> ModelClientInfo;
    async fn complete(&self, key: &IdempotencyKey, request: &CompletionRequest) -> Result<Completion, BackendError>;
    async fn stream(&self, key: &IdempotencyKey, request: &CompletionRequest) -> Result<CompletionStream, BackendError>;
} }
