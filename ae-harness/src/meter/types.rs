//! A call of a model, before and after.

use ae_core::TokenUsage;
use serde::{Deserialize, Serialize};

/// A call of a model, before it is made: the facts that its price depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelCall {
    /// The form of the call, for example `anthropic_messages`.
    pub api: String,
    /// The model that is asked for.
    pub model: String,
    /// Further models that the vendor may use for it.
    #[serde(default)]
    pub other_models: Vec<String>,
    /// The size of the request in bytes. A token of its text has at least one.
    pub input_bytes: u64,
    /// Whether the size of the request does not bound its tokens: it holds images or documents, or only names input that
    /// the vendor adds, such as an earlier answer or a file.
    #[serde(default)]
    pub input_unbounded: bool,
    /// The most tokens that the answer may have, if the request states it.
    #[serde(default)]
    pub output_tokens_max: Option<u64>,
    /// Whether a cache is asked to keep input for an hour.
    #[serde(default)]
    pub cache_write_1h: bool,
    /// The tools of the request that run at the vendor.
    #[serde(default)]
    pub server_tools: Vec<String>,
    /// The class of service that is asked for, if the request states it.
    #[serde(default)]
    pub service_tier: Option<String>,
}

impl ModelCall {
    /// A call of `model` with a request of `input_bytes` bytes and no stated ceiling.
    pub fn new(api: impl Into<String>, model: impl Into<String>, input_bytes: u64) -> Self {
        Self {
            api: api.into(),
            model: model.into(),
            other_models: Vec::new(),
            input_bytes,
            input_unbounded: false,
            output_tokens_max: None,
            cache_write_1h: false,
            server_tools: Vec::new(),
            service_tier: None,
        }
    }
}

ae_core::setters! { ModelCall {
    /// Sets further models that the vendor may use.
    fn with_other_models(other_models: Vec<String>);
    /// Says whether the size of the request does not bound its tokens.
    fn with_input_unbounded(input_unbounded: bool);
    /// Sets the most tokens that the answer may have.
    fn with_output_tokens_max(output_tokens_max: some u64);
    /// Says whether a cache is asked to keep input for an hour.
    fn with_cache_write_1h(cache_write_1h: bool);
    /// Sets the tools that run at the vendor.
    fn with_server_tools(server_tools: Vec<String>);
    /// Sets the class of service.
    fn with_service_tier(service_tier: Option<String>);
} }

/// The answer to a call of a model, as far as its cost depends on it. Whatever the vendor did not state is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallAnswer {
    /// The tokens of the whole call.
    pub usage: Option<TokenUsage>,
    /// The model that answered.
    pub model: Option<String>,
    /// The class of service that was given.
    pub service_tier: Option<String>,
    /// The web searches that the vendor made.
    pub web_searches: Option<u64>,
}

impl CallAnswer {
    /// An answer that states nothing, or was lost.
    pub fn new() -> Self {
        Self::default()
    }
}

ae_core::setters! { CallAnswer {
    /// Sets the tokens of the whole call.
    fn with_usage(usage: some TokenUsage);
    /// Sets the model that answered.
    fn with_model(model: Option<String>);
    /// Sets the class of service that was given.
    fn with_service_tier(service_tier: Option<String>);
    /// Sets the web searches that the vendor made.
    fn with_web_searches(web_searches: Option<u64>);
} }
