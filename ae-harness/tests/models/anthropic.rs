//! Anthropic Messages.

use serde_json::{Value, json};

use super::{
    Said, Tool,
    answer::{Reply, named},
    asked::content,
    script::Fault,
};

pub(super) fn said(body: &Value) -> Vec<Said> {
    let mut said = Vec::new();
    for message in body["messages"].as_array().into_iter().flatten() {
        let user = message["role"] == "user";
        if let Some(text) = message["content"].as_str() {
            said.push(if user { Said::User(text.to_owned()) } else { Said::Model(text.to_owned()) });
        }
        for part in message["content"].as_array().into_iter().flatten() {
            let text = content(&part["text"]);
            said.push(match part["type"].as_str() {
                Some("tool_result") => {
                    Said::Result { id: content(&part["tool_use_id"]), text: content(&part["content"]) }
                }
                Some("tool_use") => Said::Model(content(&part["name"])),
                _ if user => Said::User(text),
                _ => Said::Model(text),
            });
        }
    }
    said
}

pub(super) fn tools(body: &Value) -> Vec<Tool> {
    let tools = body["tools"].as_array().into_iter().flatten();
    tools.map(|tool| Tool { name: content(&tool["name"]), schema: tool["input_schema"].clone() }).collect()
}

pub(super) fn whole(reply: &Reply) -> Value {
    let mut parts = Vec::new();
    if !reply.text.is_empty() {
        parts.push(json!({"type": "text", "text": reply.text}));
    }
    for call in &reply.calls {
        parts.push(json!({"type": "tool_use", "id": format!("toolu_{}", call.id), "name": call.name, "input": call.input}));
    }
    json!({
        "id": format!("msg_{}", reply.id), "type": "message", "role": "assistant", "model": reply.model,
        "content": parts, "stop_reason": stop(reply), "stop_sequence": null, "usage": usage(reply, reply.usage.output),
    })
}

pub(super) fn events(reply: &Reply) -> Vec<String> {
    let mut message = whole(reply);
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    message["usage"] = usage(reply, 1);
    let mut events = vec![json!({"type": "message_start", "message": message}), json!({"type": "ping"})];
    let mut index = 0;
    let mut block = |start: Value, deltas: Vec<Value>| {
        events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        for delta in deltas {
            events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
        index += 1;
    };
    if !reply.text.is_empty() || reply.calls.is_empty() {
        let pieces = reply.text_pieces().into_iter();
        let deltas = pieces.map(|text| json!({"type": "text_delta", "text": text})).collect();
        block(json!({"type": "text", "text": ""}), deltas);
    }
    for call in &reply.calls {
        let start =
            json!({"type": "tool_use", "id": format!("toolu_{}", call.id), "name": call.name, "input": {}});
        block(start, vec![json!({"type": "input_json_delta", "partial_json": call.input.to_string()})]);
    }
    events.push(json!({
        "type": "message_delta", "delta": {"stop_reason": stop(reply), "stop_sequence": null},
        "usage": usage(reply, reply.usage.output),
    }));
    events.push(json!({"type": "message_stop"}));
    events.iter().map(named).collect()
}

fn stop(reply: &Reply) -> &'static str {
    if reply.calls.is_empty() { "end_turn" } else { "tool_use" }
}

fn usage(reply: &Reply, output: u64) -> Value {
    json!({
        "input_tokens": reply.usage.input, "cache_creation_input_tokens": reply.usage.stored,
        "cache_read_input_tokens": reply.usage.cached, "output_tokens": output, "service_tier": "standard",
    })
}

pub(super) fn fault(fault: &Fault) -> (u16, Value) {
    let (kind, message) = match fault.status {
        401 => ("authentication_error", "invalid x-api-key"),
        402 => ("billing_error", "Your credit balance is too low to access the Anthropic API."),
        403 => ("permission_error", "Your API key does not have permission to use the specified resource."),
        404 => ("not_found_error", "model: not found"),
        413 => ("request_too_large", "Request exceeds the maximum size"),
        429 => ("rate_limit_error", "This request would exceed your account's rate limit."),
        503 | 529 => ("overloaded_error", "Overloaded"),
        400..500 => ("invalid_request_error", "The request was not right."),
        _ => ("api_error", "Internal server error"),
    };
    let message = if fault.too_long { "prompt is too long: 213462 tokens > 200000 maximum" } else { message };
    // The empty account is a 400 at this vendor.
    let (status, kind) =
        if fault.status == 402 { (400, "invalid_request_error") } else { (fault.status, kind) };
    (status, json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}))
}
