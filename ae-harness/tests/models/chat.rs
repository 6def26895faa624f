//! OpenAI Chat Completions, and the errors of both OpenAI forms.

use serde_json::{Value, json};

use super::{
    Said, Tool,
    answer::{Reply, unnamed},
    asked::content,
    script::Fault,
};

pub(super) fn said(body: &Value) -> Vec<Said> {
    let mut said = Vec::new();
    for message in body["messages"].as_array().into_iter().flatten() {
        let text = content(&message["content"]);
        match message["role"].as_str() {
            Some("user") => said.push(Said::User(text)),
            Some("assistant") => said.push(Said::Model(text)),
            Some("tool") => said.push(Said::Result { id: content(&message["tool_call_id"]), text }),
            _ => {}
        }
    }
    said
}

pub(super) fn tools(body: &Value) -> Vec<Tool> {
    let tools = body["tools"].as_array().into_iter().flatten().map(|tool| &tool["function"]);
    tools.map(|tool| Tool { name: content(&tool["name"]), schema: tool["parameters"].clone() }).collect()
}

pub(super) fn whole(reply: &Reply) -> Value {
    let mut message = json!({"role": "assistant", "content": reply.text});
    if !reply.calls.is_empty() {
        message["tool_calls"] = calls(reply).into();
    }
    json!({
        "id": format!("chatcmpl-{}", reply.id), "object": "chat.completion", "created": 1_700_000_000, "model": reply.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish(reply)}], "usage": usage(reply),
    })
}

pub(super) fn events(reply: &Reply) -> Vec<String> {
    let chunk = |delta: Value, finish: Value| {
        json!({
            "id": format!("chatcmpl-{}", reply.id), "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": reply.model, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })
    };
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    for text in reply.text_pieces() {
        events.push(chunk(json!({"content": text}), Value::Null));
    }
    for call in calls(reply) {
        events.push(chunk(json!({"tool_calls": [call]}), Value::Null));
    }
    events.push(chunk(json!({}), json!(finish(reply))));
    let mut last = chunk(json!({}), Value::Null);
    last["choices"] = json!([]);
    last["usage"] = usage(reply);
    events.push(last);
    let mut pieces: Vec<String> = events.iter().map(unnamed).collect();
    pieces.push("data: [DONE]\n\n".to_owned());
    pieces
}

fn calls(reply: &Reply) -> Vec<Value> {
    let calls = reply.calls.iter().enumerate();
    calls
        .map(|(index, call)| {
            let function = json!({"name": call.name, "arguments": call.input.to_string()});
            json!({"index": index, "id": call.id, "type": "function", "function": function})
        })
        .collect()
}

fn finish(reply: &Reply) -> &'static str {
    if reply.calls.is_empty() { "stop" } else { "tool_calls" }
}

fn usage(reply: &Reply) -> Value {
    let usage = reply.usage;
    json!({
        "prompt_tokens": usage.whole_input(), "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens": usage.output, "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.whole_input() + usage.output,
    })
}

pub(super) fn fault(fault: &Fault) -> (u16, Value) {
    let (kind, code, message) = match fault.status {
        401 => ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-dummy."),
        402 => (
            "insufficient_quota",
            "insufficient_quota",
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        403 => (
            "invalid_request_error",
            "unsupported_country_region_territory",
            "Country, region, or territory not supported",
        ),
        404 => (
            "invalid_request_error",
            "model_not_found",
            "The model does not exist or you do not have access to it.",
        ),
        429 => ("tokens", "rate_limit_exceeded", "Rate limit reached. Please try again later."),
        503 | 529 => {
            ("server_error", "server_is_overloaded", "The server is overloaded. Please try again later.")
        }
        400..500 => ("invalid_request_error", "invalid_value", "The request was not right."),
        _ => ("server_error", "server_error", "The server had an error while processing your request."),
    };
    let (code, message) = match fault.too_long {
        true => ("context_length_exceeded", "Your input exceeds the context window of this model."),
        false => (code, message),
    };
    // The empty account is a 429 at this vendor.
    let status = if fault.status == 402 { 429 } else { fault.status };
    (status, json!({"error": {"message": message, "type": kind, "param": null, "code": code}}))
}
