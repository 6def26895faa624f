//! The requests of OpenAI.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{CallFacts, WireError, marks::is_filled, parsed};
use crate::Api;

#[derive(Deserialize)]
struct Responses<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    max_output_tokens: Option<u64>,
    stream: Option<bool>,
    background: Option<bool>,
    #[serde(borrow)]
    service_tier: Option<Cow<'a, str>>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    context_management: Option<&'a RawValue>,
    #[serde(borrow)]
    previous_response_id: Option<&'a RawValue>,
    #[serde(borrow)]
    conversation: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
}

pub(super) fn responses(body: &[u8]) -> Result<CallFacts, WireError> {
    let request: Responses<'_> = parsed(Api::OpenAiResponses, body)?;
    if request.background == Some(true) {
        return Err(WireError::new("a call in the background: its answer passes elsewhere, ask for it here"));
    }
    let mut facts = CallFacts::of(Api::OpenAiResponses, &request.model, body)?;
    facts.limit(request.max_output_tokens, None)?;
    facts.stream = request.stream.unwrap_or(false);
    facts.service_tier = request.service_tier.map(Cow::into_owned);
    facts.input_elsewhere =
        [request.previous_response_id, request.conversation, request.prompt].into_iter().any(is_filled);
    if is_filled(request.context_management) {
        facts.server_tools.push("context_management".to_owned());
    }
    facts.add_tools(request.tools)?;
    facts.mark(request.input)?;
    Ok(facts)
}

#[derive(Deserialize)]
struct Chat<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    n: Option<u64>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    #[serde(borrow)]
    service_tier: Option<Cow<'a, str>>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    web_search_options: Option<&'a RawValue>,
    #[serde(borrow)]
    models: Option<&'a RawValue>,
    #[serde(borrow)]
    plugins: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

pub(super) fn chat(body: &[u8]) -> Result<CallFacts, WireError> {
    let request: Chat<'_> = parsed(Api::OpenAiChat, body)?;
    let mut facts = CallFacts::of(Api::OpenAiChat, &request.model, body)?;
    facts.limit(request.max_tokens.max(request.max_completion_tokens), request.n)?;
    facts.stream = request.stream.unwrap_or(false);
    let asked = request.stream_options.and_then(|options| options.include_usage).unwrap_or(false);
    facts.reports_usage = !facts.stream || asked;
    facts.service_tier = request.service_tier.map(Cow::into_owned);
    // An empty object asks for it too.
    if request.web_search_options.is_some() {
        facts.server_tools.push("web_search".to_owned());
    }
    // Not OpenAI's own: a chain of fallbacks and plugins of those who resell models.
    facts.other_models.extend(facts.list::<Cow<'_, str>>(request.models)?.into_iter().map(Cow::into_owned));
    if is_filled(request.plugins) {
        facts.server_tools.push("plugins".to_owned());
    }
    facts.add_tools(request.tools)?;
    facts.mark(request.messages)?;
    Ok(facts)
}
