//! The facts of a call that its price depends on.

mod anthropic;
mod error;
mod gemini;
mod marks;
mod openai;
mod tools;

pub use error::WireError;

use crate::{Api, Call};

/// The facts of a call that its price depends on, read from its request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallFacts {
    /// The wire form.
    pub api: Api,
    /// The model that is asked for.
    pub model: String,
    /// Further models that the request lets the vendor use: fallbacks, an adviser, the model of a tool. Sorted.
    pub other_models: Vec<String>,
    /// The most tokens that the answer may have over all its choices, if the request states it.
    pub output_tokens_max: Option<u64>,
    /// Whether the answer is a stream.
    pub stream: bool,
    /// Whether the answer will state its usage: `false` for a Chat stream without `stream_options.include_usage`.
    pub reports_usage: bool,
    /// The size of the request's body in bytes. A token of text has at least one; for other input see `media`.
    pub input_bytes: u64,
    /// The number of images, documents and sounds in the input: one of few bytes may count as thousands of tokens.
    pub media: u64,
    /// Whether the vendor adds input that the body only names: an earlier answer, a cache, a file, an address.
    pub input_elsewhere: bool,
    /// Whether Anthropic is asked to keep input in a cache for longer than five minutes, which costs more to write.
    pub cache_write_1h: bool,
    /// The tools that run at the vendor, by their type there, sorted: they cost a fee, add input or call a model.
    pub server_tools: Vec<String>,
    /// The class of service that is asked for, if it is stated: `priority`, `flex`, `fast` and such.
    pub service_tier: Option<String>,
}

impl CallFacts {
    /// Reads the facts of `call` from the body of its request, as JSON without a content encoding.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not the JSON of such a call, states a field of the facts twice (the vendor
    /// may take the other one), or asks for a form whose usage can't be seen: an OpenAI call in the background.
    pub fn read(call: &Call, body: &[u8]) -> Result<Self, WireError> {
        let mut facts = match call.api {
            Api::AnthropicMessages => anthropic::read(body),
            Api::OpenAiResponses => openai::responses(body),
            Api::OpenAiChat => openai::chat(body),
            Api::Gemini => gemini::read(call, body),
        }?;
        facts.other_models.sort_unstable();
        facts.other_models.dedup();
        facts.server_tools.sort_unstable();
        facts.server_tools.dedup();
        Ok(facts)
    }

    /// The facts of a call that asks for nothing but an answer of `model`.
    fn of(api: Api, model: &str, body: &[u8]) -> Result<Self, WireError> {
        if model.is_empty() {
            return Err(WireError::new("the model has no name"));
        }
        Ok(Self {
            api,
            model: model.to_owned(),
            other_models: Vec::new(),
            output_tokens_max: None,
            stream: false,
            reports_usage: true,
            input_bytes: u64::try_from(body.len()).unwrap_or(u64::MAX),
            media: 0,
            input_elsewhere: false,
            cache_write_1h: false,
            server_tools: Vec::new(),
            service_tier: None,
        })
    }

    /// Sets the ceiling of all choices together.
    fn limit(&mut self, each: Option<u64>, choices: Option<u64>) -> Result<(), WireError> {
        let choices = choices.unwrap_or(1).max(1);
        self.output_tokens_max = match each.map(|each| each.checked_mul(choices)) {
            Some(None) => return Err(WireError::new("the ceiling of the output is too large a number")),
            Some(total) => total,
            None => None,
        };
        Ok(())
    }
}

/// The fields of a request.
fn parsed<'a, T: serde::Deserialize<'a>>(api: Api, body: &'a [u8]) -> Result<T, WireError> {
    serde_json::from_slice(body).map_err(|error| WireError::json(api, &error))
}
