//! OpenAI Responses.

use serde_json::{Value, json};

use super::{
    Said, Tool,
    answer::{Reply, named},
    asked::content,
};

pub(super) fn said(body: &Value) -> Vec<Said> {
    if let Some(text) = body["input"].as_str() {
        return vec![Said::User(text.to_owned())];
    }
    let mut said = Vec::new();
    for item in body["input"].as_array().into_iter().flatten() {
        match item["type"].as_str().unwrap_or("message") {
            "message" if item["role"] == "assistant" => said.push(Said::Model(content(&item["content"]))),
            "message" => match item["content"].as_array() {
                // Each part is a text of its own: the agent's notes and the prompt.
                Some(parts) => said.extend(parts.iter().map(|part| Said::User(content(&part["text"])))),
                None => said.push(Said::User(content(&item["content"]))),
            },
            "function_call_output" | "custom_tool_call_output" => {
                let text = match &item["output"] {
                    Value::Object(output) => output.get("content").map(content).unwrap_or_default(),
                    other => content(other),
                };
                said.push(Said::Result { id: content(&item["call_id"]), text });
            }
            "function_call" | "custom_tool_call" | "local_shell_call" => {
                said.push(Said::Model(content(&item["name"])))
            }
            _ => {}
        }
    }
    said
}

pub(super) fn tools(body: &Value) -> Vec<Tool> {
    let items = body["input"].as_array().into_iter().flatten();
    let mut found = Vec::new();
    collect(&body["tools"], &mut found);
    items
        .filter(|item| item["type"] == "additional_tools")
        .for_each(|item| collect(&item["tools"], &mut found));
    found
}

/// Tools and groups of tools.
fn collect(tools: &Value, found: &mut Vec<Tool>) {
    for tool in tools.as_array().into_iter().flatten() {
        match tool["type"].as_str() {
            Some("namespace") => collect(&tool["tools"], found),
            _ if tool["name"].is_string() => {
                found.push(Tool { name: content(&tool["name"]), schema: tool["parameters"].clone() });
            }
            _ => {}
        }
    }
}

pub(super) fn whole(reply: &Reply) -> Value {
    let usage = reply.usage;
    json!({
        "id": format!("resp_{}", reply.id), "object": "response", "status": "completed", "model": reply.model,
        "error": null, "incomplete_details": null, "output": items(reply),
        "usage": {
            "input_tokens": usage.whole_input(), "input_tokens_details": {"cached_tokens": usage.cached},
            "output_tokens": usage.output, "output_tokens_details": {"reasoning_tokens": usage.reasoning},
            "total_tokens": usage.whole_input() + usage.output,
        },
    })
}

fn items(reply: &Reply) -> Vec<Value> {
    let mut items = Vec::new();
    if !reply.text.is_empty() || reply.calls.is_empty() {
        items.push(json!({
            "type": "message", "id": format!("msg_{}", reply.id), "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": reply.text, "annotations": []}],
        }));
    }
    for call in &reply.calls {
        items.push(match &call.input {
            Value::String(text) => json!({
                "type": "custom_tool_call", "id": format!("ctc_{}", call.id), "call_id": call.id,
                "name": call.name, "input": text, "status": "completed",
            }),
            other => json!({
                "type": "function_call", "id": format!("fc_{}", call.id), "call_id": call.id,
                "name": call.name, "arguments": other.to_string(), "status": "completed",
            }),
        });
    }
    items
}

pub(super) fn events(reply: &Reply) -> Vec<String> {
    let whole = whole(reply);
    let mut begun = whole.clone();
    begun["status"] = json!("in_progress");
    begun["output"] = json!([]);
    begun["usage"] = Value::Null;
    let mut events = vec![json!({"type": "response.created", "response": begun})];
    for (index, item) in items(reply).into_iter().enumerate() {
        let mut added = item.clone();
        added["status"] = json!("in_progress");
        if item["type"] == "message" {
            added["content"] = json!([]);
        }
        events.push(json!({"type": "response.output_item.added", "output_index": index, "item": added}));
        if item["type"] == "message" {
            for text in reply.text_pieces() {
                events.push(json!({
                    "type": "response.output_text.delta", "output_index": index, "content_index": 0,
                    "item_id": item["id"], "delta": text,
                }));
            }
        }
        events.push(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
    }
    events.push(json!({"type": "response.completed", "response": whole}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events.iter().map(named).collect()
}
