//! The port that calls a model.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, IdempotencyKey, TokenUsage, Untrusted};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Who says something in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The product, on somebody's behalf.
    User,
    /// The model, earlier.
    Assistant,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Message {
    /// Who says it.
    pub speaker: Speaker,
    /// What is said. Text from outside is fenced before it gets here.
    pub text: String,
}

impl Message {
    /// Something the product says.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::User, text: text.into() }
    }

    /// Something the model said earlier.
    #[must_use]
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::Assistant, text: text.into() }
    }
}

/// What a model is asked to complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CompletionRequest {
    /// The model's id.
    pub model: String,
    /// Standing instructions, empty if there are none.
    pub system: String,
    /// The conversation, oldest turn first; the last is the product's.
    pub messages: Vec<Message>,
    /// The most tokens to answer with, reasoning included. At least 1: this bounds what a call can cost.
    pub output_tokens_max: u64,
}

impl CompletionRequest {
    /// Asks `model` one thing.
    #[must_use]
    pub fn new(model: impl Into<String>, prompt: impl Into<String>, output_tokens_max: u64) -> Self {
        Self {
            model: model.into(),
            system: String::new(),
            messages: vec![Message::user(prompt)],
            output_tokens_max,
        }
    }

    /// Gives standing instructions.
    #[must_use]
    pub fn with_system(mut self, system: impl Into<String>) -> Self {
        self.system = system.into();
        self
    }

    /// Adds a turn at the end.
    #[must_use]
    pub fn with_message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finish {
    /// It was done.
    Stop,
    /// It reached the limit: the text is cut.
    Length,
    /// A filter of the provider stopped it.
    Filtered,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Completion {
    /// The model that answered, as the provider names it.
    pub model: String,
    /// The answer: data, never an instruction.
    pub text: Untrusted<String>,
    /// The tokens that are billed, or `None` when the provider did not say. Not known is not zero.
    pub usage: Option<TokenUsage>,
    /// Why it stopped.
    pub finish: Finish,
    /// Whether no model was asked: the answer comes from a simulator.
    pub simulated: bool,
}

impl Completion {
    /// A whole answer of a real model with unknown usage.
    #[must_use]
    pub fn new(model: impl Into<String>, text: Untrusted<String>) -> Self {
        Self { model: model.into(), text, usage: None, finish: Finish::Stop, simulated: false }
    }

    /// Says what is billed.
    #[must_use]
    pub const fn with_usage(mut self, usage: TokenUsage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// Says why it stopped.
    #[must_use]
    pub const fn with_finish(mut self, finish: Finish) -> Self {
        self.finish = finish;
        self
    }

    /// Says that no model was asked.
    #[must_use]
    pub const fn with_simulated(mut self) -> Self {
        self.simulated = true;
        self
    }
}

/// Calls models.
///
/// # Contract
///
/// - C1. `name` is not empty and does not change.
/// - C2. The same key with the same request gives the same answer again without a second billed call, as long as the
///   client lives.
/// - C3. The same key with another request is a [`Conflict`](ae_core::ErrorKind::Conflict); nothing is sent.
/// - C4. A request without messages, with a last turn that is not the product's, without a model or with
///   `output_tokens_max` 0 is [`InvalidInput`](ae_core::ErrorKind::InvalidInput); nothing is sent and the key stays
///   free.
/// - C5. The answer's text carries [`Origin::Model`](ae_core::Origin::Model) with the answering model.
/// - C6. Usage is what is billed: cached tokens apart, reasoning within output; unknown usage is `None`. Output is
///   not above the request's limit.
/// - C7. A simulator marks every answer as simulated.
///
/// # Errors
///
/// `RateLimited` with the provider's pause and `Unavailable` may be tried again; `QuotaExceeded` (out of money) may
/// not. `Unauthenticated`, `PermissionDenied`, `InvalidInput`, `NotFound` (no such model) were not applied. `Timeout` and a
/// broken connection after sending have [`Effect::Unknown`](ae_core::Effect::Unknown): the call may be billed.
///
/// # Cancel safety
///
/// Dropping the future stops waiting. A request that was already sent may still be billed, so its budget hold is
/// settled as unknown, not released.
///
/// # Example
///
/// ```
/// use ae_core::{IdempotencyKey, RunId, Digest};
/// use ae_router::{CompletionRequest, ModelClient, ScriptedModel};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), ae_core::BackendError> {
/// let client = ScriptedModel::new().with_answer("capital of France", "Paris");
/// let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "ask", "complete", 0);
/// let request = CompletionRequest::new("any", "What is the capital of France?", 100);
/// let answer = client.complete(&key, &request).await?;
/// assert_eq!(answer.text.as_data(), "Paris");
/// assert!(answer.simulated);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait ModelClient: fmt::Debug + Send + Sync + 'static {
    /// The client's name, for example `anthropic`.
    fn name(&self) -> &str;

    /// Asks for a completion.
    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError>;
}

#[async_trait]
impl<T: ModelClient + ?Sized> ModelClient for Arc<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        (**self).complete(key, request).await
    }
}

#[async_trait]
impl<T: ModelClient + ?Sized> ModelClient for Box<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        (**self).complete(key, request).await
    }
}

/// The port must stay object-safe.
const _: Option<&dyn ModelClient> = None;
