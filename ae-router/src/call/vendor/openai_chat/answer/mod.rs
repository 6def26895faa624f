//! The answer of Chat Completions, whole and streamed.

mod calls;
mod reasoning;

use ae_core::BackendError;
use serde::Deserialize;
use serde_json::Value;

use self::{
    calls::{Call, Function, Slots},
    reasoning::Reasoning,
};
use super::{
    super::{
        openai_shared::{Pieces, not_json},
        unreadable,
    },
    API, OpenAiChat,
};
use crate::{
    Delta, FinishReason,
    call::vendor::{Content, Decoder},
};

/// A whole answer, or a chunk of a streamed one.
#[derive(Deserialize)]
struct Chunk {
    id: Option<String>,
    created: Option<Value>,
    choices: Option<Vec<Choice>>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    index: Option<u64>,
    delta: Option<Said>,
    message: Option<Said>,
    finish_reason: Option<String>,
    error: Option<Value>,
}

/// A message, or what is added to it.
#[derive(Default, Deserialize)]
struct Said {
    content: Option<Value>,
    refusal: Option<String>,
    reasoning: Option<String>,
    reasoning_content: Option<String>,
    reasoning_details: Option<Vec<Value>>,
    tool_calls: Option<Vec<Call>>,
    function_call: Option<Function>,
}

/// Reads a whole answer: one chunk with everything.
pub(super) fn whole(dialect: &OpenAiChat, body: &[u8]) -> Result<Content, BackendError> {
    let mut reader = Reader::new(dialect);
    let chunk: Chunk = serde_json::from_slice(body).map_err(|error| not_json(API, &error))?;
    let choice = chunk.choices.as_ref().and_then(|choices| choices.first());
    if choice.is_none_or(|choice| choice.error.is_some()) {
        return Err(unreadable(API, "the answer has no choices"));
    }
    reader.chunk(chunk, &mut Vec::new());
    reader.end.get_or_insert(FinishReason::Unknown);
    Box::new(reader).finish().ok_or_else(|| unreadable(API, "the answer has no end"))
}

/// Reads an answer.
#[derive(Debug)]
pub(super) struct Reader {
    mark: String,
    pieces: Pieces,
    slots: Slots,
    reasoning: Reasoning,
    end: Option<FinishReason>,
}

impl Reader {
    pub(super) fn new(dialect: &OpenAiChat) -> Self {
        Self {
            mark: dialect.mark.clone(),
            pieces: Pieces::default(),
            slots: Slots::default(),
            reasoning: Reasoning::default(),
            end: None,
        }
    }

    fn chunk(&mut self, chunk: Chunk, deltas: &mut Vec<Delta>) {
        self.slots.answer(chunk.id, chunk.created);
        // One choice is asked for.
        let choices = chunk.choices.into_iter().flatten();
        for choice in choices.filter(|choice| choice.index.unwrap_or_default() == 0) {
            if choice.error.is_some() {
                continue;
            }
            self.said(choice.delta.or(choice.message).unwrap_or_default(), deltas);
            if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                self.finished(&reason, deltas);
            }
        }
    }

    fn said(&mut self, said: Said, deltas: &mut Vec<Delta>) {
        for (field, text) in [("reasoning_content", said.reasoning_content), ("reasoning", said.reasoning)] {
            self.reasoning.text(field, text.unwrap_or_default(), deltas);
        }
        self.reasoning.details(said.reasoning_details.unwrap_or_default());
        match &said.content {
            Some(Value::String(text)) => self.pieces.text((0, 0), text, deltas),
            // Some write it as parts.
            Some(Value::Array(parts)) => {
                for text in parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)) {
                    self.pieces.text((0, 0), text, deltas);
                }
            }
            _ => {}
        }
        if let Some(refusal) = said.refusal.filter(|refusal| !refusal.is_empty()) {
            self.pieces.refuse();
            self.pieces.text((0, 1), &refusal, deltas);
        }
        // The form of before there were several calls.
        let old = said.function_call.map(Call::alone);
        for call in said.tool_calls.into_iter().flatten().chain(old) {
            self.slots.take(call, &mut self.pieces, deltas);
        }
    }

    fn finished(&mut self, reason: &str, deltas: &mut Vec<Delta>) {
        let calls = self.pieces.calls().next().is_some();
        let end = match reason {
            "length" | "max_tokens" => FinishReason::Length,
            "model_length" => FinishReason::Context,
            "content_filter" => FinishReason::Filtered,
            // A call that was forced ends with `stop`, and some servers write that for every call.
            "stop" | "tool_calls" | "function_call" if calls => FinishReason::ToolUse,
            "stop" if self.pieces.is_refused() => FinishReason::Refused,
            "stop" => FinishReason::Stop,
            _ => FinishReason::Unknown,
        };
        if end == FinishReason::ToolUse {
            self.pieces.close_calls(deltas);
        }
        self.end = Some(end);
    }
}

impl Decoder for Reader {
    fn event(&mut self, data: &[u8], deltas: &mut Vec<Delta>) -> Result<(), BackendError> {
        if data == b"[DONE]" {
            self.end.get_or_insert(FinishReason::Unknown);
            return Ok(());
        }
        if data.is_empty() {
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_slice(data).map_err(|error| not_json(API, &error))?;
        if chunk.error.is_none() {
            self.chunk(chunk, deltas);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Option<Content> {
        let mut this = *self;
        let finish_reason = this.end?;
        let has_calls = this.pieces.calls().next().is_some();
        // Reasoning goes back with the calls that it led to; without calls no vendor asks for it.
        if let Some(json) = this.reasoning.into_json().filter(|_| has_calls) {
            this.pieces.opaque(0, json);
        }
        let mut parts = this.pieces.into_parts(&this.mark);
        // The order of a whole message.
        parts.sort_by_key(|part| match part {
            crate::Part::Opaque(_) => 0,
            crate::Part::ToolCall(_) => 2,
            _ => 1,
        });
        Some(Content { parts, finish_reason })
    }
}
