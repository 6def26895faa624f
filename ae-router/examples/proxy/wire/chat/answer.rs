//! An answer in the form of Chat Completions.

use ae_router::{Completion, FinishReason, core::TokenUsage};
use serde_json::{Value, json};

use super::super::{
    Stamp, cached_writes, input_tokens,
    seal::{Seal, signed},
};

/// A whole answer.
pub(crate) fn whole(stamp: &Stamp, answer: &Completion, seal: &Seal) -> Value {
    let text = answer.text();
    let text = Some(text.as_data()).filter(|text| !text.is_empty());
    let refused = answer.finish_reason == FinishReason::Refused;
    let mut message = json!({
        "role": "assistant",
        "content": text.filter(|_| !refused),
        "refusal": text.filter(|_| refused),
        "annotations": [],
    });
    let calls: Vec<_> = answer
        .tool_calls()
        .map(|call| {
            json!({ "id": signed(&call.id, call.signature.as_deref()), "type": "function",
                "function": { "name": call.name, "arguments": call.arguments } })
        })
        .collect();
    if let Some(fields) = message.as_object_mut() {
        if !calls.is_empty() {
            fields.insert("tool_calls".to_owned(), Value::Array(calls));
        }
        if let Some(sealed) = seal.close(answer.content.as_data()) {
            fields.insert("reasoning_sealed".to_owned(), json!(sealed));
        }
    }
    let mut body = json!({
        "id": format!("chatcmpl-{}", stamp.id),
        "object": "chat.completion",
        "created": stamp.created,
        "model": answer.model,
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": reason(answer.finish_reason),
        }],
        "service_tier": answer.served.service_tier,
        "system_fingerprint": null,
    });
    // Unknown usage is left out: it is not zero.
    if let (Some(used), Some(fields)) = (&answer.usage, body.as_object_mut()) {
        fields.insert("usage".to_owned(), usage(used));
    }
    body
}

/// The reason of the end, of which this form knows four.
pub(super) const fn reason(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Length | FinishReason::Context => "length",
        FinishReason::Filtered => "content_filter",
        FinishReason::ToolUse => "tool_calls",
        _ => "stop",
    }
}

pub(super) fn usage(usage: &TokenUsage) -> Value {
    let input = input_tokens(usage);
    json!({
        "prompt_tokens": input,
        "completion_tokens": usage.output,
        "total_tokens": input.saturating_add(usage.output),
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": cached_writes(usage),
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
