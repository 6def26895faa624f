//! An answer of Gemini, whole or as one of many.

use ae_core::BackendError;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    super::{Content, add_text, unreadable},
    API, MADE_UP,
};
use crate::{Delta, FinishReason, Opaque, Part, ToolCall};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow, default)]
    candidates: Vec<Candidate<'a>>,
    prompt_feedback: Option<PromptFeedback>,
    response_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    content: Option<Parts<'a>>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow, default)]
    parts: Vec<&'a RawValue>,
}

/// A part: a text, a call of a function, or anything else.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePart<'a> {
    text: Option<String>,
    thought: Option<bool>,
    thought_signature: Option<String>,
    #[serde(borrow)]
    function_call: Option<FunctionCall<'a>>,
}

#[derive(Deserialize)]
struct FunctionCall<'a> {
    id: Option<String>,
    name: String,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
}

/// The answer so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    parts: Vec<Part>,
    calls: usize,
    /// A candidate was seen.
    begun: bool,
    finish_reason: Option<FinishReason>,
}

pub(super) fn content(body: &[u8]) -> Result<Content, BackendError> {
    let mut draft = Draft::default();
    draft.take(body, &mut Vec::new())?;
    if draft.begun {
        draft.finish_reason.get_or_insert(FinishReason::Unknown);
    }
    draft.content().ok_or_else(|| unreadable(API, "the answer has no candidate"))
}

impl Draft {
    /// Takes a whole answer, or one of a stream, and adds the pieces that it brings.
    pub(super) fn take(&mut self, json: &[u8], deltas: &mut Vec<Delta>) -> Result<(), BackendError> {
        let failed = || unreadable(API, "the answer is not one of Gemini");
        let answer: Answer<'_> = serde_json::from_slice(json).map_err(|_| failed())?;
        if let Some(reason) = answer.prompt_feedback.and_then(|feedback| feedback.block_reason) {
            if !reason.ends_with("_UNSPECIFIED") {
                self.finish_reason = Some(FinishReason::Filtered);
            }
        }
        // One is asked for.
        let Some(candidate) = answer.candidates.into_iter().next() else { return Ok(()) };
        self.begun = true;
        for part in candidate.content.map(|content| content.parts).unwrap_or_default() {
            let read: WirePart<'_> = serde_json::from_str(part.get()).map_err(|_| failed())?;
            self.part(read, part, answer.response_id.as_deref(), deltas)?;
        }
        self.finish_reason =
            candidate.finish_reason.as_deref().and_then(finish_reason).or(self.finish_reason);
        Ok(())
    }

    fn part(
        &mut self,
        read: WirePart<'_>,
        json: &RawValue,
        response: Option<&str>,
        deltas: &mut Vec<Delta>,
    ) -> Result<(), BackendError> {
        let is_thought = read.thought.unwrap_or(false);
        match read {
            WirePart { function_call: Some(call), thought_signature, .. } => {
                let index = self.calls;
                self.calls += 1;
                let made_up = || format!("{MADE_UP}{}-{index}", response.unwrap_or_default());
                let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(made_up);
                let arguments = call.args.map_or("{}", RawValue::get).to_owned();
                deltas.push(Delta::ToolCall { index, id: id.clone(), name: call.name.clone() });
                deltas.push(Delta::ToolArguments { index, json: arguments.clone() });
                let call =
                    ToolCall { signature: thought_signature, ..ToolCall::new(id, call.name, arguments) };
                self.parts.push(Part::ToolCall(call));
            }
            WirePart { text: Some(text), thought_signature: None, .. } if is_thought => {
                self.thought(text, deltas)
            }
            WirePart { text: Some(text), thought_signature, .. } if !is_thought => {
                add_text(&mut self.parts, &text);
                deltas.extend(Some(text).filter(|text| !text.is_empty()).map(Delta::Text));
                // The signature goes back on an empty text after this one, as it also comes in a stream.
                if let Some(signature) = thought_signature {
                    let signed = serde_json::json!({ "text": "", "thoughtSignature": signature });
                    self.parts.push(Part::Opaque(Opaque::new(API.as_str(), signed)));
                }
            }
            WirePart { text, .. } => {
                deltas.extend(text.filter(|text| !text.is_empty()).map(Delta::Reasoning));
                let json: Value = serde_json::from_str(json.get())
                    .map_err(|_| unreadable(API, "a part of the answer can't be read"))?;
                self.parts.push(Part::Opaque(Opaque::new(API.as_str(), json)));
            }
        }
        Ok(())
    }

    /// Adds a summary of reasoning to the one before.
    fn thought(&mut self, text: String, deltas: &mut Vec<Delta>) {
        let is_open = |json: &Value| json.get("thought").is_some() && json.get("thoughtSignature").is_none();
        let last = match self.parts.last_mut() {
            Some(Part::Opaque(opaque)) if is_open(&opaque.json) => opaque.json.get_mut("text"),
            _ => None,
        };
        match last {
            Some(Value::String(last)) => last.push_str(&text),
            _ => {
                let json = serde_json::json!({ "text": text, "thought": true });
                self.parts.push(Part::Opaque(Opaque::new(API.as_str(), json)));
            }
        }
        deltas.extend(Some(text).filter(|text| !text.is_empty()).map(Delta::Reasoning));
    }

    /// The content, once the reason of its end was seen.
    pub(super) fn content(self) -> Option<Content> {
        let finish_reason = match self.finish_reason? {
            FinishReason::Stop if self.calls > 0 => FinishReason::ToolUse,
            reason => reason,
        };
        Some(Content { parts: self.parts, finish_reason })
    }
}

/// `None` for one that says that the answer goes on.
fn finish_reason(stated: &str) -> Option<FinishReason> {
    Some(match stated {
        "FINISH_REASON_UNSPECIFIED" => return None,
        "STOP" => FinishReason::Stop,
        // Too many calls are the limit of the work that the vendor's own tools do in one answer.
        "MAX_TOKENS" | "CONTINUATION" | "TOO_MANY_TOOL_CALLS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR"
        | "ESCALATION"
        | "PUP_LIMITED_DISABLED" => FinishReason::Filtered,
        // OTHER, NO_IMAGE, IMAGE_OTHER, and answers that went wrong: MALFORMED_FUNCTION_CALL, MALFORMED_RESPONSE,
        // UNEXPECTED_TOOL_CALL, MISSING_THOUGHT_SIGNATURE.
        _ => FinishReason::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use ae_core::ErrorKind;
    use serde_json::json;

    use super::*;

    fn answer(parts: &Value, reason: &str) -> Content {
        let candidate = json!({ "content": { "role": "model", "parts": parts }, "finishReason": reason });
        content(json!({ "candidates": [candidate], "responseId": "r1" }).to_string().as_bytes()).unwrap()
    }

    fn opaque(json: Value) -> Part {
        Part::Opaque(Opaque::new("gemini", json))
    }

    #[test]
    fn parts_keep_their_order_and_their_signatures() {
        let parts = json!([
            { "text": "hm", "thought": true },
            { "text": "a" },
            { "text": "b", "thoughtSignature": "c2ln" },
            { "text": "c", "thought": null },
            { "functionCall": { "name": "weather", "args": { "city": "Oslo" } }, "thoughtSignature": "Y2Fs" },
            { "functionCall": { "id": "fc_2", "name": "now" } },
            { "inlineData": { "mimeType": "image/png", "data": "iVBO" } },
        ]);
        let content = answer(&parts, "STOP");
        let weather = ToolCall::new("gemini-r1-0", "weather", r#"{"city":"Oslo"}"#).with_signature("Y2Fs");
        let expected = [
            opaque(json!({ "text": "hm", "thought": true })),
            Part::Text("ab".to_owned()),
            opaque(json!({ "text": "", "thoughtSignature": "c2ln" })),
            Part::Text("c".to_owned()),
            Part::ToolCall(weather),
            Part::ToolCall(ToolCall::new("fc_2", "now", "{}")),
            opaque(json!({ "inlineData": { "mimeType": "image/png", "data": "iVBO" } })),
        ];
        assert_eq!(content.parts, expected);
        assert_eq!(content.finish_reason, FinishReason::ToolUse);
    }

    #[test]
    fn every_reason_to_stop_has_its_meaning() {
        let filtered = [
            "SAFETY",
            "RECITATION",
            "LANGUAGE",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
            "MODEL_ARMOR",
            "ESCALATION",
            "PUP_LIMITED_DISABLED",
        ];
        let cut = ["MAX_TOKENS", "CONTINUATION", "TOO_MANY_TOOL_CALLS"];
        let unknown = [
            "FINISH_REASON_UNSPECIFIED",
            "OTHER",
            "MALFORMED_FUNCTION_CALL",
            "IMAGE_OTHER",
            "NO_IMAGE",
            "UNEXPECTED_TOOL_CALL",
            "MISSING_THOUGHT_SIGNATURE",
            "MALFORMED_RESPONSE",
            "OF_NEXT_YEAR",
        ];
        let all = [
            (&["STOP"][..], FinishReason::Stop),
            (&cut[..], FinishReason::Length),
            (&filtered[..], FinishReason::Filtered),
            (&unknown[..], FinishReason::Unknown),
        ];
        for (reasons, expected) in all {
            for reason in reasons {
                assert_eq!(answer(&json!([{ "text": "a" }]), reason).finish_reason, expected, "{reason}");
            }
        }
    }

    #[test]
    fn a_blocked_prompt_is_an_answer_without_parts() {
        for reason in ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "JAILBREAK"] {
            let body =
                json!({ "promptFeedback": { "blockReason": reason }, "usageMetadata": {} }).to_string();
            let content = content(body.as_bytes()).unwrap();
            assert_eq!((content.parts.len(), content.finish_reason), (0, FinishReason::Filtered));
        }
    }

    #[test]
    fn anything_else_is_not_an_answer() {
        let deep = format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"x":{}1{}}}]}}}}]}}"#,
            "[".repeat(9000),
            "]".repeat(9000)
        );
        let unspecified = r#"{"promptFeedback":{"blockReason":"BLOCK_REASON_UNSPECIFIED"}}"#;
        for body in
            ["", "[]", "{}", r#"{"candidates":{}}"#, r#"{"candidates":[]}"#, unspecified, deep.as_str()]
        {
            let error = content(body.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
        }
    }
}
