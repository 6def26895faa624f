//! A streamed answer of Anthropic Messages.

use std::collections::BTreeMap;

use ae_core::BackendError;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    super::{Content, Decoder, add_text, unreadable},
    API,
    answer::{finish_reason, part},
};
use crate::{Delta, FinishReason, Opaque, Part, ToolCall};

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: String,
    index: Option<u64>,
    #[serde(borrow)]
    content_block: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
}

/// The change of a block, or of the message.
#[derive(Deserialize)]
struct Change {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    partial_json: Option<String>,
    stop_reason: Option<String>,
}

/// The answer so far.
#[derive(Debug, Default)]
pub(super) struct Events {
    blocks: BTreeMap<u64, Block>,
    calls: usize,
    stop_reason: Option<FinishReason>,
    stopped: bool,
}

#[derive(Debug)]
enum Block {
    Text(String),
    /// The arguments of the beginning stand until others come.
    Call {
        index: usize,
        call: ToolCall,
        arguments: String,
    },
    /// With the input that came in pieces.
    Other(Value, String),
}

impl Decoder for Events {
    fn event(&mut self, data: &[u8], deltas: &mut Vec<Delta>) -> Result<(), BackendError> {
        let failed = || unreadable(API, "an event of the answer can't be read");
        let event: Event<'_> = serde_json::from_slice(data).map_err(|_| failed())?;
        match (event.kind.as_str(), event.index) {
            ("content_block_start", Some(index)) => {
                let begun = part(event.content_block.ok_or_else(failed)?)?;
                self.begin(index, begun, deltas);
            }
            ("content_block_delta", Some(index)) => {
                let change = event.delta.ok_or_else(failed)?;
                let change: Change = serde_json::from_str(change.get()).map_err(|_| failed())?;
                let block = self.blocks.get_mut(&index).ok_or_else(failed)?;
                block.change(change, deltas);
            }
            ("content_block_stop", Some(index)) => {
                if let Some(block) = self.blocks.get_mut(&index) {
                    block.end(deltas);
                }
            }
            ("message_delta", _) => {
                let change = event.delta.ok_or_else(failed)?;
                let change: Change = serde_json::from_str(change.get()).map_err(|_| failed())?;
                if change.stop_reason.is_some() {
                    self.stop_reason = Some(finish_reason(change.stop_reason.as_deref()));
                }
            }
            ("message_stop", _) => self.stopped = true,
            ("content_block_start" | "content_block_delta" | "content_block_stop", None) => {
                return Err(failed());
            }
            // Pings, the beginning, errors, and what is yet to come.
            _ => {}
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Option<Content> {
        if !self.stopped {
            return None;
        }
        let mut parts = Vec::new();
        for block in self.blocks.into_values() {
            match block {
                Block::Text(text) => add_text(&mut parts, &text),
                Block::Call { call, arguments, .. } => {
                    let arguments = if call.arguments.is_empty() { arguments } else { call.arguments };
                    parts.push(Part::ToolCall(ToolCall { arguments, ..call }));
                }
                Block::Other(mut json, input) => {
                    if let (Ok(input), Some(json)) = (serde_json::from_str(&input), json.as_object_mut()) {
                        json.insert("input".to_owned(), input);
                    }
                    parts.push(Part::Opaque(Opaque::new(API.as_str(), json)));
                }
            }
        }
        Some(Content { parts, finish_reason: self.stop_reason.unwrap_or(FinishReason::Unknown) })
    }
}

impl Events {
    fn begin(&mut self, index: u64, begun: Part, deltas: &mut Vec<Delta>) {
        let block = match begun {
            Part::Text(text) => {
                if !text.is_empty() {
                    deltas.push(Delta::Text(text.clone()));
                }
                Block::Text(text)
            }
            Part::ToolCall(call) => {
                let index = self.calls;
                self.calls += 1;
                deltas.push(Delta::ToolCall { index, id: call.id.clone(), name: call.name.clone() });
                Block::Call { index, arguments: call.arguments, call: ToolCall::new(call.id, call.name, "") }
            }
            Part::Opaque(opaque) => {
                let thought = opaque.json.get("thinking").and_then(Value::as_str);
                deltas.extend(
                    thought
                        .filter(|thought| !thought.is_empty())
                        .map(|thought| Delta::Reasoning(thought.to_owned())),
                );
                Block::Other(opaque.json, String::new())
            }
            Part::Image(_) | Part::ToolResult(_) => return,
        };
        self.blocks.insert(index, block);
    }
}

impl Block {
    fn change(&mut self, change: Change, deltas: &mut Vec<Delta>) {
        match (self, change.kind.as_deref()) {
            (Self::Text(text), Some("text_delta")) => {
                let more = change.text.unwrap_or_default();
                text.push_str(&more);
                deltas.extend(Some(more).filter(|more| !more.is_empty()).map(Delta::Text));
            }
            (Self::Call { index, call, .. }, Some("input_json_delta")) => {
                let json = change.partial_json.unwrap_or_default();
                call.arguments.push_str(&json);
                if !json.is_empty() {
                    deltas.push(Delta::ToolArguments { index: *index, json });
                }
            }
            (Self::Other(json, _), Some("thinking_delta")) => {
                let more = change.thinking.unwrap_or_default();
                append(json, "thinking", &more);
                deltas.extend(Some(more).filter(|more| !more.is_empty()).map(Delta::Reasoning));
            }
            (Self::Other(json, _), Some("signature_delta")) => {
                append(json, "signature", &change.signature.unwrap_or_default());
            }
            (Self::Other(_, input), Some("input_json_delta")) => {
                input.push_str(&change.partial_json.unwrap_or_default());
            }
            // Citations and what is yet to come.
            _ => {}
        }
    }

    /// A call without arguments has them only in its beginning.
    fn end(&mut self, deltas: &mut Vec<Delta>) {
        if let Self::Call { index, call, arguments } = self {
            if call.arguments.is_empty() {
                call.arguments.clone_from(arguments);
                deltas.push(Delta::ToolArguments { index: *index, json: arguments.clone() });
            }
        }
    }
}

/// Adds to a field of text.
fn append(json: &mut Value, field: &str, more: &str) {
    let Some(json) = json.as_object_mut() else { return };
    match json.get_mut(field) {
        Some(Value::String(text)) => text.push_str(more),
        _ => {
            json.insert(field.to_owned(), Value::from(more));
        }
    }
}

#[cfg(test)]
mod tests {
    use ae_core::ErrorKind;
    use serde_json::json;

    use super::*;

    fn play(events: &[Value]) -> (Vec<Delta>, Option<Content>) {
        let (mut decoder, mut deltas) = (Box::new(Events::default()), Vec::new());
        for event in events {
            decoder.event(event.to_string().as_bytes(), &mut deltas).unwrap();
        }
        (deltas, decoder.finish())
    }

    fn start(index: u64, block: Value) -> Value {
        json!({ "type": "content_block_start", "index": index, "content_block": block })
    }

    fn delta(index: u64, delta: Value) -> Value {
        json!({ "type": "content_block_delta", "index": index, "delta": delta })
    }

    fn stop(index: u64) -> Value {
        json!({ "type": "content_block_stop", "index": index })
    }

    fn end(reason: &str) -> [Value; 2] {
        let end = json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": {} });
        [end, json!({ "type": "message_stop" })]
    }

    #[test]
    fn a_stream_gives_the_parts_of_the_whole() {
        let mut events = vec![
            json!({ "type": "message_start", "message": { "content": [] } }),
            start(0, json!({ "type": "thinking", "thinking": "", "signature": "" })),
            json!({ "type": "ping" }),
            delta(0, json!({ "type": "thinking_delta", "thinking": "let me " })),
            delta(0, json!({ "type": "thinking_delta", "thinking": "see" })),
            delta(0, json!({ "type": "signature_delta", "signature": "c2ln" })),
            stop(0),
            start(1, json!({ "type": "text", "text": "" })),
            delta(1, json!({ "type": "text_delta", "text": "He" })),
            delta(1, json!({ "type": "text_delta", "text": "llo" })),
            stop(1),
            start(2, json!({ "type": "tool_use", "id": "toolu_1", "name": "weather", "input": {} })),
            delta(2, json!({ "type": "input_json_delta", "partial_json": "" })),
            delta(2, json!({ "type": "input_json_delta", "partial_json": "{\"city\":" })),
            delta(2, json!({ "type": "input_json_delta", "partial_json": " \"Oslo\"}" })),
            stop(2),
            start(3, json!({ "type": "tool_use", "id": "toolu_2", "name": "now", "input": {} })),
            delta(3, json!({ "type": "input_json_delta", "partial_json": "" })),
            stop(3),
            json!({ "type": "of_next_year" }),
        ];
        events.extend(end("tool_use"));
        let (deltas, content) = play(&events);
        let arguments = |index, json: &str| Delta::ToolArguments { index, json: json.to_owned() };
        let call =
            |index, id: &str, name: &str| Delta::ToolCall { index, id: id.to_owned(), name: name.to_owned() };
        let expected = [
            Delta::Reasoning("let me ".to_owned()),
            Delta::Reasoning("see".to_owned()),
            Delta::Text("He".to_owned()),
            Delta::Text("llo".to_owned()),
            call(0, "toolu_1", "weather"),
            arguments(0, "{\"city\":"),
            arguments(0, " \"Oslo\"}"),
            call(1, "toolu_2", "now"),
            arguments(1, "{}"),
        ];
        assert_eq!(deltas, expected);
        let signed = json!({ "type": "thinking", "thinking": "let me see", "signature": "c2ln" });
        let parts = vec![
            Part::Opaque(Opaque::new("anthropic_messages", signed)),
            Part::Text("Hello".to_owned()),
            Part::ToolCall(ToolCall::new("toolu_1", "weather", "{\"city\": \"Oslo\"}")),
            Part::ToolCall(ToolCall::new("toolu_2", "now", "{}")),
        ];
        assert_eq!(content, Some(Content { parts, finish_reason: FinishReason::ToolUse }));
    }

    #[test]
    fn a_stream_without_its_end_is_cut() {
        let [delta, stop] = end("end_turn");
        assert_eq!(play(std::slice::from_ref(&delta)).1, None);
        assert_eq!(play(&[delta, stop]).1.map(|content| content.finish_reason), Some(FinishReason::Stop));
        let redacted = json!({ "type": "redacted_thinking", "data": "b2s=" });
        let [delta, stop] = end("refusal");
        let content = play(&[start(0, redacted.clone()), delta, stop]).1.unwrap();
        assert_eq!(content.parts, [Part::Opaque(Opaque::new("anthropic_messages", redacted))]);
        assert_eq!(content.finish_reason, FinishReason::Refused);
    }

    #[test]
    fn an_event_that_is_not_one_is_an_error() {
        for bad in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"type":"content_block_delta","index":0,"delta":{}}"#,
            r#"{"type":"content_block_start","index":0}"#,
            r#"{"type":"content_block_start","content_block":{"type":"text","text":""}}"#,
            r#"{"type":"content_block_start","index":-1}"#,
        ] {
            let mut deltas = Vec::new();
            let error = Events::default().event(bad.as_bytes(), &mut deltas).unwrap_err();
            assert_eq!((error.kind(), deltas.len()), (ErrorKind::Protocol, 0), "{bad}");
        }
        let error = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        Events::default().event(error, &mut Vec::new()).unwrap();
    }
}
