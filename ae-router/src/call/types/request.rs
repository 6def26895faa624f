//! A request to a model.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CacheFor, Message};
use crate::ServiceTier;

/// A conversation for a model to continue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CompletionRequest {
    /// The model's id.
    pub model: String,
    /// The system prompt, empty if there is none.
    pub system: String,
    /// Asks the vendor to keep tools and system prompt in its cache.
    #[serde(default)]
    pub system_cache: Option<CacheFor>,
    /// The conversation, oldest turn first; the last is the user's.
    pub messages: Vec<Message>,
    /// The most tokens to answer with, reasoning included. At least 1: this bounds the cost of a call.
    pub output_tokens_max: u64,
    /// The tools that the model may ask for.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// Whether it may, or has to.
    #[serde(default)]
    pub tool_choice: ToolChoice,
    /// The form of the answer's text; free without.
    #[serde(default)]
    pub output: Option<OutputSchema>,
    /// The choice among likely tokens.
    #[serde(default)]
    pub sampling: Sampling,
    /// The reasoning before the answer.
    #[serde(default)]
    pub thinking: Thinking,
    /// The class of service; the vendor's own default without.
    #[serde(default)]
    pub service_tier: Option<ServiceTier>,
}

impl CompletionRequest {
    /// A request of one message to `model`.
    pub fn new(model: impl Into<String>, prompt: impl Into<String>, output_tokens_max: u64) -> Self {
        Self {
            model: model.into(),
            system: String::new(),
            system_cache: None,
            messages: vec![Message::user(prompt)],
            output_tokens_max,
            tools: Vec::new(),
            tool_choice: ToolChoice::default(),
            output: None,
            sampling: Sampling::default(),
            thinking: Thinking::default(),
            service_tier: None,
        }
    }

    /// Adds a turn at the end.
    #[must_use]
    pub fn with_message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// Adds a tool.
    #[must_use]
    pub fn with_tool(mut self, tool: Tool) -> Self {
        self.tools.push(tool);
        self
    }
}

ae_core::setters! { CompletionRequest {
    /// Sets the model.
    fn with_model(model: into String);
    /// Sets the system prompt.
    fn with_system(system: into String);
    /// Asks for a cache of tools and system prompt.
    fn with_system_cache(system_cache: some CacheFor);
    /// Sets the conversation.
    fn with_messages(messages: Vec<Message>);
    /// Sets the most tokens to answer with.
    fn with_output_tokens_max(output_tokens_max: u64);
    /// Sets whether the model may, or has to, ask for a tool.
    fn with_tool_choice(tool_choice: ToolChoice);
    /// Asks for an answer in JSON of a schema.
    fn with_output(output: some OutputSchema);
    /// Sets the choice among likely tokens.
    fn with_sampling(sampling: Sampling);
    /// Sets the reasoning before the answer.
    fn with_thinking(thinking: Thinking);
    /// Sets the class of service.
    fn with_service_tier(service_tier: some ServiceTier);
} }

/// A tool that the caller runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Tool {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// Its use, for the model.
    pub description: String,
    /// The JSON Schema of its arguments, an object.
    pub schema: Value,
}

impl Tool {
    /// A tool whose arguments follow `schema`.
    pub fn new(name: impl Into<String>, description: impl Into<String>, schema: Value) -> Self {
        Self { name: name.into(), description: description.into(), schema }
    }
}

/// Whether a model may ask for tools.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// It must not.
    None,
    /// It has to ask for one of them.
    Required,
    /// It has to ask for the tool of this name.
    Tool(String),
}

/// The form of an answer: JSON that follows a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct OutputSchema {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// The JSON Schema.
    pub schema: Value,
}

impl OutputSchema {
    /// A schema under a name.
    pub fn new(name: impl Into<String>, schema: Value) -> Self {
        Self { name: name.into(), schema }
    }
}

/// The choice among likely tokens. Unset fields are left to the vendor; a vendor that does not take one refuses the call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Sampling {
    /// 0 for the likeliest token, up to 1 or 2 by vendor.
    pub temperature: Option<f64>,
    /// The share of the likeliest tokens to choose from, above 0 up to 1.
    pub top_p: Option<f64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// The seed, where a vendor takes one.
    pub seed: Option<u64>,
}

ae_core::setters! { Sampling {
    /// Sets the temperature.
    fn with_temperature(temperature: some f64);
    /// Sets the share of the likeliest tokens.
    fn with_top_p(top_p: some f64);
    /// Sets the texts that end the answer.
    fn with_stop(stop: Vec<String>);
    /// Sets the seed.
    fn with_seed(seed: some u64);
} }

/// The reasoning before an answer. It is billed as output and counts against `output_tokens_max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Thinking {
    /// The vendor's own default.
    #[default]
    Default,
    /// None, or the least that the model allows.
    Off,
    /// As much as an effort of this size takes.
    Effort(Effort),
    /// At most this number of tokens.
    Tokens(u64),
}

ae_core::wire_enum! {
    /// The size of an effort.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum Effort {
        /// Little.
        Low = "low",
        /// Some.
        Medium = "medium",
        /// Much.
        High = "high",
    }
}
