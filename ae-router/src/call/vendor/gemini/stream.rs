//! A streamed answer of Gemini: answers that add up.

use ae_core::BackendError;

use super::{
    super::{Content, Decoder},
    answer::Draft,
};
use crate::Delta;

/// The answer so far.
#[derive(Debug, Default)]
pub(super) struct Events(Draft);

impl Decoder for Events {
    fn event(&mut self, data: &[u8], deltas: &mut Vec<Delta>) -> Result<(), BackendError> {
        self.0.take(data, deltas)
    }

    fn finish(self: Box<Self>) -> Option<Content> {
        self.0.content()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{FinishReason, Opaque, Part, ToolCall};

    fn play(events: &[Value]) -> (Vec<Delta>, Option<Content>) {
        let (mut decoder, mut deltas) = (Box::new(Events::default()), Vec::new());
        for event in events {
            decoder.event(event.to_string().as_bytes(), &mut deltas).unwrap();
        }
        (deltas, decoder.finish())
    }

    fn parts(parts: Value) -> Value {
        json!({ "candidates": [{ "content": { "parts": parts, "role": "model" } }], "responseId": "r1" })
    }

    fn end(reason: &str) -> Value {
        json!({ "candidates": [{ "finishReason": reason }] })
    }

    #[test]
    fn a_stream_gives_the_parts_of_the_whole() {
        let (deltas, content) = play(&[
            parts(json!([{ "text": "let me ", "thought": true }])),
            parts(json!([{ "text": "see", "thought": true }])),
            parts(json!([{ "text": "He" }])),
            parts(
                json!([{ "text": "llo" }, { "functionCall": { "name": "now", "args": { "in": "Oslo" } } }]),
            ),
            parts(json!([{ "text": "", "thoughtSignature": "c2ln" }])),
            end("STOP"),
            json!({ "usageMetadata": {} }),
        ]);
        let id = "gemini-r1-0".to_owned();
        let json = r#"{"in":"Oslo"}"#.to_owned();
        let expected = [
            Delta::Reasoning("let me ".to_owned()),
            Delta::Reasoning("see".to_owned()),
            Delta::Text("He".to_owned()),
            Delta::Text("llo".to_owned()),
            Delta::ToolCall { index: 0, id: id.clone(), name: "now".to_owned() },
            Delta::ToolArguments { index: 0, json: json.clone() },
        ];
        assert_eq!(deltas, expected);
        let opaque = |json| Part::Opaque(Opaque::new("gemini", json));
        let parts = vec![
            opaque(json!({ "text": "let me see", "thought": true })),
            Part::Text("Hello".to_owned()),
            Part::ToolCall(ToolCall::new(id, "now", json)),
            opaque(json!({ "text": "", "thoughtSignature": "c2ln" })),
        ];
        assert_eq!(content, Some(Content { parts, finish_reason: FinishReason::ToolUse }));
    }

    #[test]
    fn a_stream_without_its_end_is_cut() {
        assert_eq!(play(&[parts(json!([{ "text": "a" }]))]).1, None);
        assert_eq!(play(&[]).1, None);
        let blocked = json!({ "promptFeedback": { "blockReason": "SAFETY" } });
        let content = Content { parts: Vec::new(), finish_reason: FinishReason::Filtered };
        assert_eq!(play(&[blocked]).1, Some(content));
        let error = json!({ "error": { "code": 503, "status": "UNAVAILABLE" } });
        assert_eq!(play(&[error]), (Vec::new(), None));
    }
}
