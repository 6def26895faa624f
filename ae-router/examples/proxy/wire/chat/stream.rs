//! A streamed answer in the form of Chat Completions.

use std::collections::BTreeMap;

use ae_router::{Completion, Delta, FinishReason};
use serde_json::{Value, json};

use super::{
    super::{Stamp, event, seal::signed},
    answer::{reason, usage},
};

/// Writes one streamed answer.
#[derive(Debug)]
pub(crate) struct Stream {
    stamp: Stamp,
    model: String,
    /// Whether the stream ends with the usage.
    usage: bool,
    /// The arguments that were sent, by the number of the call.
    calls: BTreeMap<usize, String>,
}

impl Stream {
    pub(crate) fn new(stamp: Stamp, model: String, usage: bool) -> Self {
        Self { stamp, model, usage, calls: BTreeMap::new() }
    }

    fn chunk(&self, choices: Value, used: Value) -> String {
        let mut chunk = json!({
            "id": format!("chatcmpl-{}", self.stamp.id),
            "object": "chat.completion.chunk",
            "created": self.stamp.created,
            "model": self.model,
            "choices": choices,
            "system_fingerprint": null,
        });
        if let (true, Some(fields)) = (self.usage, chunk.as_object_mut()) {
            fields.insert("usage".to_owned(), used);
        }
        event(None, &chunk)
    }

    fn delta(&self, delta: Value, reason: Option<&str>) -> String {
        let choice = json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": reason }]);
        self.chunk(choice, Value::Null)
    }

    pub(crate) fn begin(&self) -> String {
        self.delta(json!({ "role": "assistant", "content": "", "refusal": null }), None)
    }

    pub(crate) fn piece(&mut self, piece: &Delta) -> String {
        match piece {
            Delta::Text(text) => self.delta(json!({ "content": text }), None),
            Delta::Reasoning(text) => self.delta(json!({ "reasoning_content": text }), None),
            Delta::ToolCall { index, id, name } => self.call(*index, id, name),
            Delta::ToolArguments { index, json } => self.arguments(*index, json),
            _ => String::new(),
        }
    }

    fn call(&mut self, index: usize, id: &str, name: &str) -> String {
        self.calls.insert(index, String::new());
        let call = json!([{ "index": index, "id": id, "type": "function",
            "function": { "name": name, "arguments": "" } }]);
        self.delta(json!({ "tool_calls": call }), None)
    }

    fn arguments(&mut self, index: usize, more: &str) -> String {
        self.calls.entry(index).or_default().push_str(more);
        let call = json!([{ "index": index, "function": { "arguments": more } }]);
        self.delta(json!({ "tool_calls": call }), None)
    }

    /// The rest of the calls, the reason of the end and the usage.
    pub(crate) fn end(&mut self, answer: &Completion) -> String {
        let mut text = String::new();
        for (index, call) in answer.tool_calls().enumerate() {
            if !self.calls.contains_key(&index) {
                text.push_str(&self.call(index, &signed(&call.id, call.signature.as_deref()), &call.name));
            }
            let sent = self.calls.get(&index).map_or("", String::as_str);
            let rest = call.arguments.strip_prefix(sent).unwrap_or_default().to_owned();
            if !rest.is_empty() {
                text.push_str(&self.arguments(index, &rest));
            }
        }
        // The text of a refusal has gone out as an answer's, so the reason says that it is none.
        let reason = match answer.finish_reason {
            FinishReason::Refused => "content_filter",
            other => reason(other),
        };
        text.push_str(&self.delta(json!({}), Some(reason)));
        if let (true, Some(used)) = (self.usage, &answer.usage) {
            text.push_str(&self.chunk(json!([]), usage(used)));
        }
        text.push_str("data: [DONE]\n\n");
        text
    }

    pub(crate) fn error(&self, error: &Value) -> String {
        event(None, error)
    }
}
