//! The request of Anthropic Messages.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{CallFacts, WireError, marks::is_filled, parsed};
use crate::Api;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    max_tokens: Option<u64>,
    stream: Option<bool>,
    #[serde(borrow)]
    service_tier: Option<Cow<'a, str>>,
    #[serde(borrow)]
    speed: Option<Cow<'a, str>>,
    #[serde(borrow)]
    cache_control: Option<&'a RawValue>,
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    #[serde(borrow)]
    fallbacks: Option<&'a RawValue>,
    #[serde(borrow)]
    context_management: Option<ContextManagement<'a>>,
    #[serde(borrow)]
    mcp_servers: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ContextManagement<'a> {
    #[serde(borrow)]
    edits: Option<Vec<Edit<'a>>>,
}

#[derive(Deserialize)]
struct Edit<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Fallback<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    max_tokens: Option<u64>,
}

pub(super) fn read(body: &[u8]) -> Result<CallFacts, WireError> {
    let request: Request<'_> = parsed(Api::AnthropicMessages, body)?;
    let mut facts = CallFacts::of(Api::AnthropicMessages, &request.model, body)?;
    facts.stream = request.stream.unwrap_or(false);
    // The dearer of two classes of service: the fast one.
    facts.service_tier =
        request.speed.filter(|speed| speed != "standard").or(request.service_tier).map(Cow::into_owned);
    let mut ceiling = request.max_tokens;
    if request.fallbacks.is_some_and(|fallbacks| fallbacks.get() == "\"default\"") {
        facts.other_models.push("default".to_owned());
    } else {
        for fallback in facts.list::<Fallback<'_>>(request.fallbacks)? {
            facts.other_models.push(fallback.model.into_owned());
            ceiling = ceiling.max(fallback.max_tokens);
        }
    }
    facts.limit(ceiling, None)?;
    // A compaction is a call of its own on the whole input; other edits only take input away.
    let edits = request.context_management.and_then(|management| management.edits).unwrap_or_default();
    let compactions = edits.into_iter().map(|edit| edit.kind).filter(|kind| kind.starts_with("compact"));
    facts.server_tools.extend(compactions.map(Cow::into_owned));
    if is_filled(request.mcp_servers) {
        facts.server_tools.push("mcp_servers".to_owned());
    }
    facts.add_tools(request.tools)?;
    // The key is part of the sign.
    for part in [request.system, request.messages, request.cache_control] {
        facts.mark(part)?;
    }
    Ok(facts)
}
