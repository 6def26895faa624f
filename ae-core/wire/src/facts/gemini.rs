//! The request of Gemini.
//!
//! Its servers take a field by its name in camel case or in snake case; both together are refused as stated twice.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{CallFacts, WireError, marks::is_filled, parsed};
use crate::{Api, Call};

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
    #[serde(alias = "generation_config", rename = "generationConfig")]
    config: Option<Config>,
    #[serde(borrow, alias = "service_tier", rename = "serviceTier")]
    service_tier: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "cached_content", rename = "cachedContent")]
    cached_content: Option<&'a RawValue>,
    #[serde(borrow, alias = "system_instruction", rename = "systemInstruction")]
    system_instruction: Option<&'a RawValue>,
    #[serde(borrow)]
    contents: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(alias = "max_output_tokens")]
    max_output_tokens: Option<u64>,
    #[serde(alias = "candidate_count")]
    candidate_count: Option<u64>,
}

pub(super) fn read(call: &Call, body: &[u8]) -> Result<CallFacts, WireError> {
    let request: Request<'_> = parsed(Api::Gemini, body)?;
    let model = call.model.as_deref().unwrap_or_default();
    let same = |stated: &str| stated.strip_prefix("models/").unwrap_or(stated) == model;
    if request.model.is_some_and(|stated| !same(&stated)) {
        return Err(WireError::new("the body names another model than the path: leave it out of the body"));
    }
    let mut facts = CallFacts::of(Api::Gemini, model, body)?;
    if let Some(config) = request.config {
        facts.limit(config.max_output_tokens, config.candidate_count)?;
    }
    facts.stream = call.stream.unwrap_or(false);
    facts.service_tier = request.service_tier.map(Cow::into_owned);
    facts.input_elsewhere = is_filled(request.cached_content);
    facts.add_named_tools(request.tools)?;
    for part in [request.system_instruction, request.contents] {
        facts.mark(part)?;
    }
    Ok(facts)
}
