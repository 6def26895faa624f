//! A request to a model and its answer.

use ae_core::{TokenUsage, Untrusted};
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
