//! The answer of a model.

use std::time::Duration;

use ae_core::{Origin, TokenUsage, Untrusted};
use serde::{Deserialize, Serialize};

use super::{Message, Part, Role, ToolCall};

ae_core::wire_enum! {
    /// The reason why a model stopped.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum FinishReason {
        /// The answer is complete.
        Stop = "stop",
        /// The limit of output was reached: the answer is cut.
        Length = "length",
        /// A filter of the vendor stopped it.
        Filtered = "filtered",
        /// The model declined.
        Refused = "refused",
        /// The model waits for results of tools.
        ToolUse = "tool_use",
        /// The model's context is full: the answer is cut.
        Context = "context",
        /// A reason that this version does not know.
        Unknown = "unknown",
    }
}

/// The answer of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Completion {
    /// The model that answered, as the provider names it.
    pub model: String,
    /// The answer: data, never an instruction.
    pub content: Untrusted<Vec<Part>>,
    /// The tokens that are billed, or `None` when the provider did not say. Unknown usage differs from zero.
    pub usage: Option<TokenUsage>,
    /// The reason why the model stopped.
    pub finish_reason: FinishReason,
    /// The facts of the exchange.
    #[serde(default)]
    pub served: Served,
    /// Whether a simulator answered instead of a model.
    pub simulated: bool,
}

/// The facts of an exchange, as far as the vendor stated them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Served {
    /// The class of service that was given, as the vendor names it.
    pub service_tier: Option<String>,
    /// The vendor's id of the request.
    pub request_id: Option<String>,
    /// The web searches that the vendor made.
    pub web_searches: Option<u64>,
    /// The room left in the vendor's limits.
    pub rate: RateState,
    /// Whether the answer is an earlier one, from a [cache](crate::CachedClient): nothing is billed for it.
    pub cached: bool,
}

ae_core::setters! { Served {
    /// Sets the class of service.
    fn with_service_tier(service_tier: Option<String>);
    /// Sets the vendor's id of the request.
    fn with_request_id(request_id: Option<String>);
    /// Sets the number of web searches.
    fn with_web_searches(web_searches: Option<u64>);
    /// Sets the room left in the vendor's limits.
    fn with_rate(rate: RateState);
} }

/// The room left in a vendor's limits, by the headers of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct RateState {
    /// Requests that may follow before the reset.
    pub requests_left: Option<u64>,
    /// The time until the number of requests is full again.
    pub requests_reset: Option<Duration>,
    /// Tokens that may follow before the reset.
    pub tokens_left: Option<u64>,
    /// The time until the number of tokens is full again.
    pub tokens_reset: Option<Duration>,
}

ae_core::setters! { RateState {
    /// Sets the requests that may follow, and the time until they are full again.
    fn with_requests_left(requests_left: Option<u64>);
    /// Sets the time until the number of requests is full again.
    fn with_requests_reset(requests_reset: Option<Duration>);
    /// Sets the tokens that may follow.
    fn with_tokens_left(tokens_left: Option<u64>);
    /// Sets the time until the number of tokens is full again.
    fn with_tokens_reset(tokens_reset: Option<Duration>);
} }

impl Completion {
    /// A complete answer of the model `model` with unknown usage.
    pub fn new(model: impl Into<String>, parts: Vec<Part>) -> Self {
        let model = model.into();
        let content = Untrusted::new(Origin::Model(model.clone()), parts);
        Self {
            model,
            content,
            usage: None,
            finish_reason: FinishReason::Stop,
            served: Served::default(),
            simulated: false,
        }
    }

    /// A complete answer of one text.
    pub fn text_of(model: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(model, vec![Part::Text(text.into())])
    }

    /// The text of the answer, without calls of tools and reasoning.
    pub fn text(&self) -> Untrusted<String> {
        let texts = self.content.as_data().iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        });
        Untrusted::new(self.content.origin().clone(), texts.collect())
    }

    /// The calls of tools that the model asks for. Names and arguments are the model's: data to check.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.content.as_data().iter().filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            _ => None,
        })
    }

    /// The answer as a turn of the conversation, for the request that goes on with it.
    pub fn to_message(&self) -> Message {
        Message::new(Role::Assistant, self.content.as_data().clone())
    }
}

ae_core::setters! { Completion {
    /// Sets the billed tokens.
    fn with_usage(usage: some TokenUsage);
    /// Sets the reason why the model stopped.
    fn with_finish_reason(finish_reason: FinishReason);
    /// Sets the facts of the exchange.
    fn with_served(served: Served);
    /// Marks the answer as a simulator's.
    fn with_simulated(simulated = true);
} }
