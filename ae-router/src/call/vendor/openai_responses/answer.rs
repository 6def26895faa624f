//! The answer of OpenAI Responses, whole and streamed.

use ae_core::BackendError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        openai_shared::{Pieces, made_up, not_json},
        unreadable,
    },
    API, Content, Decoder,
};
use crate::{Delta, FinishReason};

/// Reads a whole answer: the same as a stream's last event.
pub(super) fn whole(body: &[u8]) -> Result<Content, BackendError> {
    let response: Value = serde_json::from_slice(body).map_err(|error| not_json(API, &error))?;
    let status = text(&response, "status");
    if response.get("output").is_none_or(|output| !output.is_array()) {
        return Err(unreadable(API, "the answer has no list of output"));
    }
    if matches!(status, "queued" | "in_progress" | "failed" | "cancelled") {
        return Err(unreadable(API, format!("the answer is {status}")));
    }
    let mut reader = Reader::default();
    reader.end(&response, &mut Vec::new());
    Box::new(reader).finish().ok_or_else(|| unreadable(API, "the answer has no end"))
}

/// The fields of events that are read.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    output_index: u64,
    #[serde(default)]
    content_index: u64,
    delta: Option<Value>,
    item: Option<Value>,
    response: Option<Value>,
}

/// Reads an answer.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pieces: Pieces,
    end: Option<FinishReason>,
}

impl Decoder for Reader {
    fn event(&mut self, data: &[u8], deltas: &mut Vec<Delta>) -> Result<(), BackendError> {
        if data == b"[DONE]" || data.is_empty() {
            return Ok(());
        }
        let event: Event = serde_json::from_slice(data).map_err(|error| not_json(API, &error))?;
        let kind = event.kind.as_deref().unwrap_or_default();
        let at = event.output_index;
        let delta = event.delta.as_ref().and_then(Value::as_str).unwrap_or_default();
        match (kind, event.item, event.response) {
            ("response.output_text.delta", ..) => {
                self.pieces.text((at, event.content_index), delta, deltas);
            }
            ("response.refusal.delta", ..) => {
                self.pieces.refuse();
                self.pieces.text((at, event.content_index), delta, deltas);
            }
            ("response.reasoning_summary_text.delta" | "response.reasoning_text.delta", ..)
                if !delta.is_empty() =>
            {
                deltas.push(Delta::Reasoning(delta.to_owned()));
            }
            ("response.function_call_arguments.delta", ..) => self.pieces.arguments(at, delta, deltas),
            ("response.output_item.added", Some(item), _) => self.begin(at, &item, deltas),
            ("response.output_item.done", Some(item), _) => self.item(at, &item, deltas),
            ("response.completed" | "response.incomplete" | "response.done", _, Some(response)) => {
                self.end(&response, deltas);
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Option<Content> {
        let Self { pieces, end } = *self;
        end.map(|finish_reason| Content { parts: pieces.into_parts(API.as_str()), finish_reason })
    }
}

impl Reader {
    /// An item whose content is still to come.
    fn begin(&mut self, at: u64, item: &Value, deltas: &mut Vec<Delta>) {
        match text(item, "type") {
            // Whether a message is a comment or the answer goes back with it; it stands before its texts.
            "message" if item.get("phase").is_some_and(Value::is_string) => {
                self.pieces.opaque(at, json!({ "phase": item.get("phase") }));
            }
            "function_call" => {
                let id = match (text(item, "call_id"), text(item, "id")) {
                    ("", "") => made_up("", self.pieces.calls().count()),
                    ("", id) | (id, _) => id.to_owned(),
                };
                self.pieces.begin(at, &id, text(item, "name"), deltas);
            }
            _ => {}
        }
    }

    /// An item as a whole: adds what was not streamed.
    fn item(&mut self, at: u64, item: &Value, deltas: &mut Vec<Delta>) {
        self.begin(at, item, deltas);
        match text(item, "type") {
            "message" => {
                let content = item.get("content").and_then(Value::as_array);
                for (index, part) in (0..).zip(content.into_iter().flatten()) {
                    match text(part, "type") {
                        "output_text" => self.pieces.whole_text((at, index), text(part, "text"), deltas),
                        "refusal" => {
                            self.pieces.refuse();
                            self.pieces.whole_text((at, index), text(part, "refusal"), deltas);
                        }
                        _ => {}
                    }
                }
            }
            "function_call" => self.pieces.whole_arguments(at, text(item, "arguments"), deltas),
            // What is not sealed can't go back: the vendor does not store it.
            "reasoning" if item.get("encrypted_content").is_some_and(Value::is_string) => {
                self.pieces.opaque(at, item.clone());
            }
            _ => {}
        }
    }

    /// The end: the answer as a whole.
    fn end(&mut self, response: &Value, deltas: &mut Vec<Delta>) {
        let output = response.get("output").and_then(Value::as_array);
        for (at, item) in (0..).zip(output.into_iter().flatten()) {
            self.item(at, item, deltas);
        }
        let reason = response.get("incomplete_details").map(|details| text(details, "reason"));
        let incomplete = text(response, "status") == "incomplete";
        self.end = Some(match reason {
            Some("max_output_tokens") => FinishReason::Length,
            Some("content_filter") => FinishReason::Filtered,
            _ if incomplete => FinishReason::Unknown,
            _ if self.pieces.calls().next().is_some() => FinishReason::ToolUse,
            _ if self.pieces.is_refused() => FinishReason::Refused,
            _ => FinishReason::Stop,
        });
        if !incomplete {
            self.pieces.close_calls(deltas);
        }
    }
}

/// A field that is a text.
fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
