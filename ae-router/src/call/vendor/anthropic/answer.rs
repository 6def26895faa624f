//! A whole answer of Anthropic Messages.

use ae_core::BackendError;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    super::{Content, add_text, unreadable},
    API,
};
use crate::{FinishReason, Opaque, Part, ToolCall};

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    content: Vec<&'a RawValue>,
    stop_reason: Option<String>,
}

/// A block of content: a text, a call of a tool, or anything else.
#[derive(Deserialize)]
pub(super) struct Block<'a> {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    id: Option<String>,
    name: Option<String>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

pub(super) fn content(body: &[u8]) -> Result<Content, BackendError> {
    let answer: Answer<'_> =
        serde_json::from_slice(body).map_err(|_| unreadable(API, "the answer is not a message"))?;
    let mut parts = Vec::new();
    for block in answer.content {
        match part(block)? {
            Part::Text(text) => add_text(&mut parts, &text),
            part => parts.push(part),
        }
    }
    Ok(Content { parts, finish_reason: finish_reason(answer.stop_reason.as_deref()) })
}

/// Reads a block. One of another kind, such as signed reasoning, is kept as it came.
pub(super) fn part(json: &RawValue) -> Result<Part, BackendError> {
    let failed = || unreadable(API, "a block of the answer can't be read");
    let block: Block<'_> = serde_json::from_str(json.get()).map_err(|_| failed())?;
    match block.kind.as_str() {
        "text" => block.text.map(Part::Text).ok_or_else(failed),
        "tool_use" => {
            let arguments = block.input.map_or("{}", RawValue::get);
            let (id, name) = block.id.zip(block.name).ok_or_else(failed)?;
            Ok(Part::ToolCall(ToolCall::new(id, name, arguments)))
        }
        _ => {
            let json: Value = serde_json::from_str(json.get()).map_err(|_| failed())?;
            Ok(Part::Opaque(Opaque::new(API.as_str(), json)))
        }
    }
}

pub(super) fn finish_reason(stated: Option<&str>) -> FinishReason {
    match stated {
        Some("end_turn" | "stop_sequence") => FinishReason::Stop,
        // A pause is the limit of the work that the vendor's own tools do in one turn.
        Some("max_tokens" | "pause_turn") => FinishReason::Length,
        Some("tool_use") => FinishReason::ToolUse,
        Some("refusal") => FinishReason::Refused,
        Some("model_context_window_exceeded") => FinishReason::Context,
        _ => FinishReason::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use ae_core::ErrorKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_become_parts_in_order() {
        let thinking = json!({ "type": "thinking", "thinking": "hm", "signature": "c2ln" });
        let body = format!(
            r#"{{"type":"message","content":[{thinking},{{"type":"text","text":"a"}},{{"type":"text","text":"b"}},
            {{"type":"tool_use","id":"toolu_1","name":"weather","input":{{"z": 1.50, "a":[1]}}}}],"stop_reason":"tool_use"}}"#
        );
        let content = content(body.as_bytes()).unwrap();
        assert_eq!(content.finish_reason, FinishReason::ToolUse);
        let call = ToolCall::new("toolu_1", "weather", r#"{"z": 1.50, "a":[1]}"#);
        let expected = [
            Part::Opaque(Opaque::new("anthropic_messages", thinking)),
            Part::Text("ab".to_owned()),
            Part::ToolCall(call),
        ];
        assert_eq!(content.parts, expected);
    }

    #[test]
    fn every_reason_to_stop_has_its_meaning() {
        for (stated, expected) in [
            ("end_turn", FinishReason::Stop),
            ("stop_sequence", FinishReason::Stop),
            ("max_tokens", FinishReason::Length),
            ("pause_turn", FinishReason::Length),
            ("tool_use", FinishReason::ToolUse),
            ("refusal", FinishReason::Refused),
            ("model_context_window_exceeded", FinishReason::Context),
            ("later_on", FinishReason::Unknown),
        ] {
            assert_eq!(finish_reason(Some(stated)), expected);
        }
        let refused = content(br#"{"type":"message","content":[],"stop_reason":"refusal"}"#).unwrap();
        assert_eq!((refused.parts.len(), refused.finish_reason), (0, FinishReason::Refused));
    }

    #[test]
    fn anything_else_is_not_an_answer() {
        let deep =
            format!(r#"{{"content":[{{"type":"x","y":{}1{}}}]}}"#, "[".repeat(10_000), "]".repeat(10_000));
        for body in ["", "[]", "{}", r#"{"content":[{}]}"#, r#"{"content":[{"type":"text"}]}"#, deep.as_str()]
        {
            let error = content(body.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
        }
    }
}
