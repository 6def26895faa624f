//! Answers in the vendors' documented forms, whole and streamed.

use serde_json::{Value, json};

/// The cases that both sides read.
pub(crate) const CASES: [&str; 4] = ["text", "calls", "cut", "declined"];

/// The content type and the body of an answer. An operation that is not a case is answered with the first.
pub(crate) fn of(form: &str, operation: &str, streams: bool) -> (&'static str, String) {
    let case = if CASES.contains(&operation) { operation } else { CASES[0] };
    let (whole, events) = match form {
        "anthropic" => anthropic(case),
        "responses" => responses(case),
        "chat" | "compatible" => chat(case),
        "gemini" => gemini(case),
        other => panic!("{other} is not a form"),
    };
    if !streams {
        return ("application/json", whole.to_string());
    }
    let mut body = String::new();
    for event in events {
        if let Some(kind) = event["type"].as_str() {
            body.push_str(&format!("event: {kind}\n"));
        }
        body.push_str(&format!("data: {event}\n\n"));
    }
    if matches!(form, "chat" | "compatible") {
        body.push_str("data: [DONE]\n\n");
    }
    ("text/event-stream", body)
}

const TEXT: [&str; 3] = ["{\"city\":", " \"Oslo – ", "Ås\"}"];
const CALLS: [(&str, &str, [&str; 2]); 2] =
    [("call_a", "weather", ["{\"city\": ", "\"Oslo\"}"]), ("call_b", "now", ["", "{}"])];

fn anthropic(case: &str) -> (Value, Vec<Value>) {
    let stop = match case {
        "text" => "end_turn",
        "calls" => "tool_use",
        "cut" => "max_tokens",
        _ => "refusal",
    };
    let mut blocks = vec![
        (
            json!({ "type": "thinking", "thinking": "Let me see.", "signature": "c2lnbmVk" }),
            json!({ "type": "thinking", "thinking": "", "signature": "" }),
            vec![
                json!({ "type": "thinking_delta", "thinking": "Let me " }),
                json!({ "type": "thinking_delta", "thinking": "see." }),
                json!({ "type": "signature_delta", "signature": "c2lnbmVk" }),
            ],
        ),
        (
            json!({ "type": "text", "text": TEXT.concat() }),
            json!({ "type": "text", "text": "" }),
            TEXT.map(|text| json!({ "type": "text_delta", "text": text })).to_vec(),
        ),
    ];
    if case == "calls" {
        blocks.extend(CALLS.map(|(id, name, arguments)| {
            let input: Value = serde_json::from_str(&arguments.concat()).unwrap();
            (
                json!({ "type": "tool_use", "id": id, "name": name, "input": input }),
                json!({ "type": "tool_use", "id": id, "name": name, "input": {} }),
                arguments.map(|json| json!({ "type": "input_json_delta", "partial_json": json })).to_vec(),
            )
        }));
    }
    let usage = json!({ "input_tokens": 10, "cache_creation_input_tokens": 300, "cache_read_input_tokens": 2000,
        "cache_creation": { "ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200 },
        "output_tokens": 56, "output_tokens_details": { "thinking_tokens": 7 }, "service_tier": "standard" });
    let mut begun = usage.clone();
    begun["output_tokens"] = json!(1);
    let message = |content: Vec<Value>, stop: Value, usage: &Value| {
        json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5-20260901",
            "content": content, "stop_reason": stop, "stop_sequence": null, "usage": usage })
    };
    let mut events = vec![
        json!({ "type": "message_start", "message": message(Vec::new(), Value::Null, &begun) }),
        json!({ "type": "ping" }),
    ];
    for (index, (_, start, deltas)) in blocks.iter().enumerate() {
        events.push(json!({ "type": "content_block_start", "index": index, "content_block": start }));
        for delta in deltas {
            events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    events.push(json!({ "type": "message_delta", "delta": { "stop_reason": stop, "stop_sequence": null },
        "usage": usage }));
    events.push(json!({ "type": "message_stop" }));
    (message(blocks.into_iter().map(|(whole, ..)| whole).collect(), json!(stop), &usage), events)
}

fn responses(case: &str) -> (Value, Vec<Value>) {
    let (status, reason) = match case {
        "cut" => ("incomplete", json!({ "reason": "max_output_tokens" })),
        _ => ("completed", Value::Null),
    };
    let response = |status: &str, output: Vec<Value>, usage: Value, reason: &Value| {
        json!({ "id": "resp_1", "object": "response", "created_at": 1_795_000_000, "status": status,
            "model": "gpt-6.1-sol-2026-08-06", "output": output, "error": null, "incomplete_details": reason,
            "usage": usage, "service_tier": "default", "parallel_tool_calls": true, "tool_choice": "auto",
            "tools": [], "instructions": null, "metadata": {} })
    };
    let usage = json!({ "input_tokens": 100, "output_tokens": 50, "total_tokens": 150,
        "input_tokens_details": { "cached_tokens": 40, "cache_write_tokens": 20 },
        "output_tokens_details": { "reasoning_tokens": 30 } });
    let begun = response("in_progress", Vec::new(), Value::Null, &Value::Null);
    let mut events = vec![json!({ "type": "response.created", "response": begun })];
    let sealed = json!({ "type": "reasoning", "id": "rs_1", "encrypted_content": "c2VhbGVk", "summary": [] });
    let mut output = vec![sealed.clone()];
    events.push(json!({ "type": "response.output_item.added", "output_index": 0, "item": sealed }));
    events.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": sealed }));

    let (kind, part) = match case {
        "declined" => ("refusal", json!({ "type": "refusal", "refusal": TEXT.concat() })),
        _ => (
            "output_text",
            json!({ "type": "output_text", "text": TEXT.concat(), "annotations": [], "logprobs": [] }),
        ),
    };
    let message = |content: Vec<&Value>, status: &str| json!({ "type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": content });
    let mut empty = part.clone();
    empty[if case == "declined" { "refusal" } else { "text" }] = json!("");
    let place = json!({ "output_index": 1, "content_index": 0, "item_id": "msg_1" });
    let mut placed = |kind: &str, more: Value| {
        let mut event = place.clone();
        event["type"] = json!(kind);
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        events.push(event);
    };
    placed("response.output_item.added", json!({ "item": message(Vec::new(), "in_progress") }));
    placed("response.content_part.added", json!({ "part": empty }));
    for delta in TEXT {
        placed(&format!("response.{kind}.delta"), json!({ "delta": delta, "logprobs": [] }));
    }
    placed("response.content_part.done", json!({ "part": part }));
    placed("response.output_item.done", json!({ "item": message(vec![&part], status) }));
    output.push(message(vec![&part], status));
    let calls = if case == "calls" { CALLS.to_vec() } else { Vec::new() };
    for (index, (id, name, arguments)) in (2..).zip(calls) {
        let item = |arguments: String, status: &str| {
            json!({ "type": "function_call", "id": format!("fc_{index}"), "call_id": id, "name": name,
                "arguments": arguments, "status": status })
        };
        let added = item(String::new(), "in_progress");
        events.push(json!({ "type": "response.output_item.added", "output_index": index, "item": added }));
        for delta in arguments {
            events.push(json!({ "type": "response.function_call_arguments.delta", "output_index": index,
                "item_id": format!("fc_{index}"), "delta": delta }));
        }
        let done = item(arguments.concat(), "completed");
        events.push(json!({ "type": "response.output_item.done", "output_index": index, "item": done }));
        output.push(done);
    }
    let whole = response(status, output, usage, &reason);
    events.push(json!({ "type": format!("response.{status}"), "response": whole }));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    (whole, events)
}

fn chat(case: &str) -> (Value, Vec<Value>) {
    let reason = match case {
        "calls" => "tool_calls",
        "cut" => "length",
        _ => "stop",
    };
    let usage = json!({ "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
        "prompt_tokens_details": { "cached_tokens": 40, "cache_write_tokens": 20 },
        "completion_tokens_details": { "reasoning_tokens": 30 } });
    let answer = |object: &str, choices: Value, usage: &Value| {
        json!({ "id": "chatcmpl-1", "object": object, "created": 1_795_000_000, "model": "gpt-5.2-2025-12-11",
            "service_tier": "default", "choices": choices, "usage": usage })
    };
    let chunk = |delta: Value, reason: Value| {
        let choices = json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": reason }]);
        answer("chat.completion.chunk", choices, &Value::Null)
    };
    let field = if case == "declined" { "refusal" } else { "content" };
    let mut message = json!({ "role": "assistant", "content": null, "refusal": null });
    message[field] = json!(TEXT.concat());
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "", "refusal": null }), Value::Null)];
    events.extend(TEXT.map(|text| chunk(json!({ field: text }), Value::Null)));
    if case == "calls" {
        for (index, (id, name, arguments)) in CALLS.iter().enumerate() {
            let first = json!({ "index": index, "id": id, "type": "function",
                "function": { "name": name, "arguments": "" } });
            events.push(chunk(json!({ "tool_calls": [first] }), Value::Null));
            events.extend(arguments.map(|more| {
                let call = json!({ "index": index, "function": { "arguments": more } });
                chunk(json!({ "tool_calls": [call] }), Value::Null)
            }));
        }
        message["tool_calls"] = json!(CALLS.map(|(id, name, arguments)| {
            json!({ "id": id, "type": "function",
                "function": { "name": name, "arguments": arguments.concat() } })
        }));
    }
    events.push(chunk(json!({}), json!(reason)));
    events.push(answer("chat.completion.chunk", json!([]), &usage));
    let choices = json!([{ "index": 0, "message": message, "logprobs": null, "finish_reason": reason }]);
    (answer("chat.completion", choices, &usage), events)
}

fn gemini(case: &str) -> (Value, Vec<Value>) {
    let reason = match case {
        "cut" => "MAX_TOKENS",
        "declined" => "SAFETY",
        _ => "STOP",
    };
    let usage = json!({ "promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 20,
        "thoughtsTokenCount": 30, "toolUsePromptTokenCount": 5, "totalTokenCount": 155 });
    let chunk = |parts: Vec<Value>, reason: Value, usage: &Value| {
        let mut candidate = json!({ "content": { "role": "model", "parts": parts }, "index": 0 });
        if !reason.is_null() {
            candidate["finishReason"] = reason;
        }
        json!({ "candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-3.8-flash-001",
            "responseId": "r1" })
    };
    let begun = json!({ "promptTokenCount": 100, "totalTokenCount": 100 });
    let thought = json!({ "text": "Let me see.", "thought": true });
    let mut whole = vec![thought.clone(), json!({ "text": TEXT.concat() })];
    let mut events = vec![chunk(vec![thought], Value::Null, &begun)];
    events.extend(TEXT.map(|text| chunk(vec![json!({ "text": text })], Value::Null, &begun)));
    if case == "calls" {
        let mut calls: Vec<_> = CALLS
            .iter()
            .map(|(id, name, arguments)| {
                let args: Value = serde_json::from_str(&arguments.concat()).unwrap();
                json!({ "functionCall": { "id": id, "name": name, "args": args } })
            })
            .collect();
        calls[0]["thoughtSignature"] = json!("c2lnbmVk");
        events.push(chunk(calls.clone(), Value::Null, &begun));
        whole.extend(calls);
    }
    events.push(chunk(vec![json!({ "text": "" })], json!(reason), &usage));
    (chunk(whole, json!(reason), &usage), events)
}
