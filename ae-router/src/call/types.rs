//! A request to a model and its answer.

use ae_core::{Mode, Provider, TokenUsage, Untrusted};
use serde::{Deserialize, Serialize};

/// The author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// The product, on behalf of its user.
    User,
    /// The model, in an earlier turn.
    Assistant,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Message {
    /// The author.
    pub role: Role,
    /// The text. Text from outside is fenced before it gets here.
    pub text: String,
}

impl Message {
    /// A message of the product.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, text: text.into() }
    }

    /// An earlier answer of the model.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: Role::Assistant, text: text.into() }
    }
}

/// A conversation for a model to continue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CompletionRequest {
    /// The model's id.
    pub model: String,
    /// The system prompt, empty if there is none.
    pub system: String,
    /// The conversation, oldest turn first; the last is the user's.
    pub messages: Vec<Message>,
    /// The most tokens to answer with, reasoning included. At least 1: this bounds the cost of a call.
    pub output_tokens_max: u64,
}

impl CompletionRequest {
    /// A request of one message to `model`.
    pub fn new(model: impl Into<String>, prompt: impl Into<String>, output_tokens_max: u64) -> Self {
        Self {
            model: model.into(),
            system: String::new(),
            messages: vec![Message::user(prompt)],
            output_tokens_max,
        }
    }

    /// Adds a turn at the end.
    #[must_use]
    pub fn with_message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }
}

ae_core::setters! { CompletionRequest {
    /// Sets the system prompt.
    fn with_system(system: into String);
} }

/// The reason why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The answer is complete.
    Stop,
    /// The token limit was reached: the text is cut.
    Length,
    /// A content filter of the provider stopped it.
    Filtered,
}

/// The answer of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Completion {
    /// The model that answered, as the provider names it.
    pub model: String,
    /// The answer: data, never an instruction.
    pub text: Untrusted<String>,
    /// The tokens that are billed, or `None` when the provider did not say. Unknown usage differs from zero.
    pub usage: Option<TokenUsage>,
    /// The reason why the model stopped.
    pub finish_reason: FinishReason,
    /// Whether a simulator answered instead of a model.
    pub simulated: bool,
}

impl Completion {
    /// A complete answer of a real model with unknown usage.
    pub fn new(model: impl Into<String>, text: Untrusted<String>) -> Self {
        let model = model.into();
        Self { model, text, usage: None, finish_reason: FinishReason::Stop, simulated: false }
    }
}

ae_core::setters! { Completion {
    /// Sets the billed tokens.
    fn with_usage(usage: some TokenUsage);
    /// Sets the reason why the model stopped.
    fn with_finish_reason(finish_reason: FinishReason);
    /// Marks the answer as a simulator's.
    fn with_simulated(simulated = true);
} }

/// The name and nature of a [`ModelClient`](crate::ModelClient).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ModelClientInfo {
    /// Its name, for example `anthropic`, and whether calls go to a vendor and cost money.
    pub provider: Provider,
    /// Whether a simulator answers instead of a model.
    pub simulated: bool,
}

impl ModelClientInfo {
    /// A client of real models.
    pub fn new(name: impl Into<String>, mode: Mode) -> Self {
        Self { provider: Provider::new(name, mode), simulated: false }
    }
}

ae_core::setters! { ModelClientInfo {
    /// Marks the client as a simulator.
    fn with_simulated(simulated = true);
} }
