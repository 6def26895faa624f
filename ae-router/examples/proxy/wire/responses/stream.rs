//! A streamed answer in the form of Responses.

use std::collections::BTreeMap;

use ae_router::{Completion, Delta};
use serde_json::{Value, json};

use super::{
    super::{
        Stamp, event,
        seal::{Seal, signed},
    },
    answer::{finished, function_call, item_id, message, output_text, reasoning, response, summary_text},
};

/// Writes one streamed answer.
#[derive(Debug)]
pub(crate) struct Stream {
    echo: Value,
    stamp: Stamp,
    model: String,
    seal: Seal,
    sequence: u64,
    /// The items so far; those under way as they began.
    output: Vec<Value>,
    open: Option<Open>,
    calls: BTreeMap<usize, OpenCall>,
}

/// The text under way.
#[derive(Debug)]
struct Open {
    at: usize,
    id: String,
    text: String,
    /// Whether it is reasoning, not the answer.
    reasoning: bool,
}

#[derive(Debug)]
struct OpenCall {
    at: usize,
    id: String,
    arguments: String,
}

impl Stream {
    pub(crate) fn new(echo: Value, stamp: Stamp, model: String, seal: Seal) -> Self {
        let (output, calls) = (Vec::new(), BTreeMap::new());
        Self { echo, stamp, model, seal, sequence: 0, output, open: None, calls }
    }

    /// An event of the type `kind`, with its number.
    fn event(&mut self, kind: &str, mut data: Value) -> String {
        if let Some(fields) = data.as_object_mut() {
            fields.insert("type".to_owned(), json!(kind));
            fields.insert("sequence_number".to_owned(), json!(self.sequence));
        }
        self.sequence = self.sequence.saturating_add(1);
        event(Some(kind), &data)
    }

    pub(crate) fn begin(&mut self) -> String {
        let response = response(&self.echo, &self.stamp, &self.model, "in_progress", Vec::new());
        let mut text = self.event("response.created", json!({ "response": response }));
        text.push_str(&self.event("response.in_progress", json!({ "response": response })));
        text
    }

    pub(crate) fn piece(&mut self, piece: &Delta) -> String {
        match piece {
            Delta::Text(more) => self.text(more, false),
            Delta::Reasoning(more) => self.text(more, true),
            Delta::ToolCall { index, id, name } => self.call(*index, id, name),
            Delta::ToolArguments { index, json } => self.arguments(*index, json),
            _ => String::new(),
        }
    }

    fn text(&mut self, more: &str, reasoning: bool) -> String {
        let mut text = String::new();
        if self.open.as_ref().is_none_or(|open| open.reasoning != reasoning) {
            text.push_str(&self.close());
            text.push_str(&self.open(reasoning));
        }
        let Some(open) = &mut self.open else { return text };
        open.text.push_str(more);
        let (at, id) = (open.at, open.id.clone());
        let delta = if reasoning {
            let data = json!({ "item_id": id, "output_index": at, "summary_index": 0, "delta": more });
            self.event("response.reasoning_summary_text.delta", data)
        } else {
            let data = json!({ "item_id": id, "output_index": at, "content_index": 0, "delta": more,
                "logprobs": [] });
            self.event("response.output_text.delta", data)
        };
        text.push_str(&delta);
        text
    }

    /// Begins an item of text.
    fn open(&mut self, of_reasoning: bool) -> String {
        let at = self.output.len();
        let id = item_id(if of_reasoning { "rs" } else { "msg" }, &self.stamp, at);
        let item =
            if of_reasoning { reasoning(&id, "", None) } else { message(&id, Vec::new(), "in_progress") };
        let mut text = self.added(item);
        text.push_str(&if of_reasoning {
            let data =
                json!({ "item_id": id, "output_index": at, "summary_index": 0, "part": summary_text("") });
            self.event("response.reasoning_summary_part.added", data)
        } else {
            let data =
                json!({ "item_id": id, "output_index": at, "content_index": 0, "part": output_text("") });
            self.event("response.content_part.added", data)
        });
        self.open = Some(Open { at, id, text: String::new(), reasoning: of_reasoning });
        text
    }

    fn added(&mut self, item: Value) -> String {
        let at = self.output.len();
        let text = self.event("response.output_item.added", json!({ "output_index": at, "item": item }));
        self.output.push(item);
        text
    }

    fn done(&mut self, at: usize, item: Value) -> String {
        let text = self.event("response.output_item.done", json!({ "output_index": at, "item": item }));
        if let Some(place) = self.output.get_mut(at) {
            *place = item;
        }
        text
    }

    /// Ends the text under way.
    fn close(&mut self) -> String {
        let Some(Open { at, id, text: whole, reasoning: of_reasoning }) = self.open.take() else {
            return String::new();
        };
        if of_reasoning {
            let of = |name: &str, value: Value| json!({ "item_id": id, "output_index": at, "summary_index": 0, name: value });
            let mut text = self.event("response.reasoning_summary_text.done", of("text", json!(whole)));
            let part = of("part", summary_text(&whole));
            text.push_str(&self.event("response.reasoning_summary_part.done", part));
            text.push_str(&self.done(at, reasoning(&id, &whole, None)));
            return text;
        }
        let data =
            json!({ "item_id": id, "output_index": at, "content_index": 0, "text": whole, "logprobs": [] });
        let mut text = self.event("response.output_text.done", data);
        let part = output_text(&whole);
        let data = json!({ "item_id": id, "output_index": at, "content_index": 0, "part": part });
        text.push_str(&self.event("response.content_part.done", data));
        text.push_str(&self.done(at, message(&id, vec![part], "completed")));
        text
    }

    fn call(&mut self, index: usize, call_id: &str, name: &str) -> String {
        let mut text = self.close();
        let at = self.output.len();
        let id = item_id("fc", &self.stamp, at);
        text.push_str(&self.added(function_call(&id, call_id, name, "", "in_progress")));
        self.calls.insert(index, OpenCall { at, id, arguments: String::new() });
        text
    }

    fn arguments(&mut self, index: usize, more: &str) -> String {
        let Some(call) = self.calls.get_mut(&index) else { return String::new() };
        call.arguments.push_str(more);
        let data = json!({ "item_id": call.id, "output_index": call.at, "delta": more });
        self.event("response.function_call_arguments.delta", data)
    }

    /// The rest of texts and calls, and the whole response.
    pub(crate) fn end(&mut self, answer: &Completion) -> String {
        let mut text = self.close();
        for (index, call) in answer.tool_calls().enumerate() {
            let call_id = signed(&call.id, call.signature.as_deref());
            if !self.calls.contains_key(&index) {
                text.push_str(&self.call(index, &call_id, &call.name));
            }
            let sent = self.calls.get(&index).map_or("", |open| open.arguments.as_str());
            let rest = call.arguments.strip_prefix(sent).unwrap_or_default().to_owned();
            if !rest.is_empty() {
                text.push_str(&self.arguments(index, &rest));
            }
            let Some(open) = self.calls.remove(&index) else { continue };
            let data = json!({ "item_id": open.id, "output_index": open.at, "name": call.name,
                "arguments": call.arguments });
            text.push_str(&self.event("response.function_call_arguments.done", data));
            let item = function_call(&open.id, &call_id, &call.name, &call.arguments, "completed");
            text.push_str(&self.done(open.at, item));
        }
        if let Some(sealed) = self.seal.close(answer.content.as_data()) {
            let at = self.output.len();
            let item = reasoning(&item_id("rs", &self.stamp, at), "", Some(&sealed));
            text.push_str(&self.added(item.clone()));
            text.push_str(&self.done(at, item));
        }
        let response = finished(&self.echo, &self.stamp, answer, std::mem::take(&mut self.output), true);
        let complete = response.get("status").is_some_and(|status| status == "completed");
        let kind = if complete { "response.completed" } else { "response.incomplete" };
        text.push_str(&self.event(kind, json!({ "response": response })));
        text
    }

    /// The end of an answer that broke off: in the form at which the official libraries raise an error.
    pub(crate) fn error(&mut self, error: &Value) -> String {
        self.event("error", error.clone())
    }
}
