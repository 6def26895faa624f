//! The messages of the protocol: JSON-RPC 2.0, one a line.

use ae_core::TokenUsage;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use crate::dialect::shared::{Text, lenient};

/// A request, a notification or an answer of the agent.
#[derive(Debug, Deserialize)]
pub(super) struct Incoming<'a> {
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) method: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) params: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(super) error: Option<RpcError<'a>>,
}

/// An error of the agent.
#[derive(Debug, Deserialize)]
pub(super) struct RpcError<'a> {
    pub(super) code: i64,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
}

/// The answer to `initialize`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Initialized {
    pub(super) protocol_version: u64,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) agent_capabilities: Option<Capabilities>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) auth_methods: Option<Vec<Method>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) agent_info: Option<Info>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Capabilities {
    #[serde(default)]
    pub(super) load_session: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Method {
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Info {
    pub(super) version: String,
}

/// The answer to `session/new` and `session/load`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Opened {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) session_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) config_options: Option<Vec<ConfigOption>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) models: Option<Models>,
}

/// A setting of the session.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConfigOption {
    pub(super) id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) category: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) current_value: Option<String>,
}

/// The choice of models, in the form before settings.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Models {
    pub(super) current_model_id: String,
}

/// The answer to `session/prompt`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Prompted<'a> {
    #[serde(borrow)]
    pub(super) stop_reason: Text<'a>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) usage: Option<Tokens>,
}

/// The tokens of a session.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    pub(super) total_tokens: u64,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    #[serde(default)]
    pub(super) thought_tokens: Option<u64>,
    #[serde(default)]
    pub(super) cached_read_tokens: Option<u64>,
    #[serde(default)]
    pub(super) cached_write_tokens: Option<u64>,
}

impl Tokens {
    /// The tokens in the family's form. Agents differ in what `inputTokens` and `outputTokens` include: the total
    /// tells. One that does not add up is not a measure.
    pub(super) fn usage(&self) -> Option<TokenUsage> {
        let [read, write, thought] = [self.cached_read_tokens, self.cached_write_tokens, self.thought_tokens]
            .map(Option::unwrap_or_default);
        let cached = read.checked_add(write)?;
        let plain = self.input_tokens.checked_add(self.output_tokens)?;
        let rest = self.total_tokens.checked_sub(plain)?;
        let (input, output) = if rest == cached {
            (self.input_tokens, self.output_tokens)
        } else if rest == cached.checked_add(thought)? {
            (self.input_tokens, self.output_tokens.checked_add(thought)?)
        } else if rest == 0 {
            (self.input_tokens.checked_sub(cached)?, self.output_tokens)
        } else if rest == thought {
            (self.input_tokens.checked_sub(cached)?, self.output_tokens.checked_add(thought)?)
        } else {
            return None;
        };
        let usage = TokenUsage::new(input, output).with_cache_read(read).with_cache_writes(write, 0);
        Some(usage.with_reasoning(thought))
    }
}

/// A message of ours, as a line.
#[derive(Debug, Serialize)]
struct Outgoing<'a> {
    jsonrpc: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    #[serde(flatten)]
    rest: Value,
}

fn line(id: Option<&RawValue>, rest: Value) -> Vec<u8> {
    let mut line = serde_json::to_vec(&Outgoing { jsonrpc: "2.0", id, rest }).unwrap_or_default();
    line.push(b'\n');
    line
}

/// A request with the number `id`.
pub(super) fn request(id: u64, method: &str, params: &Value) -> Vec<u8> {
    let mut rest = json!({ "method": method, "params": params });
    if let Some(map) = rest.as_object_mut() {
        map.insert("id".to_owned(), id.into());
    }
    line(None, rest)
}

pub(super) fn notification(method: &str, params: &Value) -> Vec<u8> {
    line(None, json!({ "method": method, "params": params }))
}

/// The answer to the agent's request `id`.
pub(super) fn answer(id: &RawValue, result: &Value) -> Vec<u8> {
    line(Some(id), json!({ "result": result }))
}

/// The answer to a request for what is not offered.
pub(super) fn refusal(id: &RawValue) -> Vec<u8> {
    line(Some(id), json!({ "error": { "code": -32601, "message": "Method not found" } }))
}
