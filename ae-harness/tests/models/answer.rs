//! An answer before it is put into a vendor's form.

use serde_json::Value;

use super::{
    Asked, Usage, anthropic, asked::Api, chat, gemini, responses, script::Answer, tools, tools::Called,
};

/// The parts that every vendor's answer has.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub id: String,
    pub model: String,
    pub text: String,
    pub calls: Vec<Called>,
    pub usage: Usage,
}

impl Reply {
    pub(super) fn new(answer: Answer, asked: &Asked) -> Self {
        let id = format!("fake_{}", asked.number);
        let calls = tools::calls(&answer.acts, asked);
        Self { id, model: asked.model.clone(), text: answer.text, calls, usage: answer.usage }
    }

    /// The body as pieces: the events of a stream, or one JSON text.
    pub(super) fn pieces(&self, api: Api, stream: bool) -> Vec<String> {
        match (api, stream) {
            (Api::Anthropic, true) => anthropic::events(self),
            (Api::Anthropic, false) => vec![anthropic::whole(self).to_string()],
            (Api::Responses, true) => responses::events(self),
            (Api::Responses, false) => vec![responses::whole(self).to_string()],
            (Api::Chat, true) => chat::events(self),
            (Api::Chat, false) => vec![chat::whole(self).to_string()],
            (Api::Gemini, true) => gemini::events(self),
            (Api::Gemini, false) => vec![gemini::whole(self).to_string()],
        }
    }

    /// The text in pieces as a stream has them.
    pub(super) fn text_pieces(&self) -> Vec<&str> {
        let size = (self.text.len() / 64).max(12);
        let mut pieces = Vec::new();
        let mut rest = self.text.as_str();
        while !rest.is_empty() {
            let at = (size.min(rest.len())..=rest.len())
                .find(|at| rest.is_char_boundary(*at))
                .unwrap_or(rest.len());
            let (piece, left) = rest.split_at(at);
            pieces.push(piece);
            rest = left;
        }
        pieces
    }
}

/// An event with its type as the name, as Anthropic and OpenAI write it.
pub(super) fn named(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}

pub(super) fn unnamed(event: &Value) -> String {
    format!("data: {event}\n\n")
}
