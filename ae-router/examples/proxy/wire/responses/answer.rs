//! An answer in the form of Responses.

use ae_router::{Completion, FinishReason, Part, core::TokenUsage};
use serde_json::{Value, json};

use super::super::{
    Stamp, cached_writes, input_tokens, or_null,
    seal::{Seal, signed},
};

/// A whole answer.
pub(crate) fn whole(echo: &Value, stamp: &Stamp, answer: &Completion, seal: &Seal) -> Value {
    finished(echo, stamp, answer, output(stamp, answer, seal), false)
}

/// The response around an output. The text of a refusal that was streamed has gone out as an answer's, so its response is
/// an incomplete one.
pub(super) fn finished(
    echo: &Value,
    stamp: &Stamp,
    answer: &Completion,
    output: Vec<Value>,
    streamed: bool,
) -> Value {
    let cut = match answer.finish_reason {
        FinishReason::Refused if streamed => Some("content_filter"),
        FinishReason::Length | FinishReason::Context => Some("max_output_tokens"),
        FinishReason::Filtered => Some("content_filter"),
        _ => None,
    };
    let status = if cut.is_some() { "incomplete" } else { "completed" };
    let mut response = response(echo, stamp, &answer.model, status, output);
    if let Some(fields) = response.as_object_mut() {
        let details = cut.map(|reason| json!({ "reason": reason }));
        fields.insert("incomplete_details".to_owned(), or_null(details));
        fields.insert("usage".to_owned(), or_null(answer.usage.as_ref().map(usage)));
        fields.insert("service_tier".to_owned(), or_null(answer.served.service_tier.clone()));
    }
    response
}

/// A response in a state.
pub(super) fn response(echo: &Value, stamp: &Stamp, model: &str, status: &str, output: Vec<Value>) -> Value {
    let mut response = json!({
        "id": format!("resp_{}", stamp.id),
        "object": "response",
        "created_at": stamp.created,
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "max_output_tokens": null,
        "metadata": {},
        "model": model,
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": { "effort": null, "summary": null },
        "store": false,
        "temperature": null,
        "text": { "format": { "type": "text" } },
        "tool_choice": "auto",
        "tools": [],
        "top_p": null,
        "truncation": "disabled",
        "usage": null,
    });
    if let (Some(fields), Some(echo)) = (response.as_object_mut(), echo.as_object()) {
        let set = echo.iter().filter(|(_, value)| !value.is_null());
        fields.extend(set.map(|(name, value)| (name.clone(), value.clone())));
    }
    response
}

/// The items of an answer: the sealed pieces, then texts and calls in their order.
fn output(stamp: &Stamp, answer: &Completion, seal: &Seal) -> Vec<Value> {
    let parts = answer.content.as_data();
    let mut items = Vec::new();
    if let Some(sealed) = seal.close(parts) {
        items.push(reasoning(&item_id("rs", stamp, 0), "", Some(&sealed)));
    }
    let refused = answer.finish_reason == FinishReason::Refused;
    let mut texts = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) if text.is_empty() => {}
            Part::Text(text) if refused => texts.push(json!({ "type": "refusal", "refusal": text })),
            Part::Text(text) => texts.push(output_text(text)),
            Part::ToolCall(call) => {
                close_message(stamp, &mut texts, &mut items);
                let id = item_id("fc", stamp, items.len());
                let call_id = signed(&call.id, call.signature.as_deref());
                items.push(function_call(&id, &call_id, &call.name, &call.arguments, "completed"));
            }
            _ => {}
        }
    }
    close_message(stamp, &mut texts, &mut items);
    items
}

fn close_message(stamp: &Stamp, texts: &mut Vec<Value>, items: &mut Vec<Value>) {
    if !texts.is_empty() {
        let id = item_id("msg", stamp, items.len());
        items.push(message(&id, std::mem::take(texts), "completed"));
    }
}

pub(super) fn item_id(kind: &str, stamp: &Stamp, at: usize) -> String {
    format!("{kind}_{}_{at}", stamp.id)
}

pub(super) fn output_text(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

pub(super) fn message(id: &str, content: Vec<Value>, status: &str) -> Value {
    json!({ "id": id, "type": "message", "role": "assistant", "status": status, "content": content })
}

pub(super) fn function_call(id: &str, call_id: &str, name: &str, arguments: &str, status: &str) -> Value {
    json!({ "id": id, "type": "function_call", "call_id": call_id, "name": name, "arguments": arguments,
        "status": status })
}

pub(super) fn reasoning(id: &str, summary: &str, sealed: Option<&str>) -> Value {
    let summary: Vec<_> =
        Some(summary).filter(|text| !text.is_empty()).map(summary_text).into_iter().collect();
    let mut item = json!({ "id": id, "type": "reasoning", "summary": summary });
    if let (Some(sealed), Some(fields)) = (sealed, item.as_object_mut()) {
        fields.insert("encrypted_content".to_owned(), json!(sealed));
    }
    item
}

pub(super) fn summary_text(text: &str) -> Value {
    json!({ "type": "summary_text", "text": text })
}

fn usage(usage: &TokenUsage) -> Value {
    let input = input_tokens(usage);
    json!({
        "input_tokens": input,
        "input_tokens_details": { "cached_tokens": usage.cache_read, "cache_write_tokens": cached_writes(usage) },
        "output_tokens": usage.output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": input.saturating_add(usage.output),
    })
}
