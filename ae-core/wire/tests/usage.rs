//! The usage of answers, streamed and whole.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use ae_core_wire::{Api, FailureClass, UsageReader, core::TokenUsage};
use serde_json::{Value, json};

fn read(api: Api, body: &str) -> UsageReader {
    let mut reader = UsageReader::new(api);
    reader.push(body.as_bytes());
    reader
}

/// A stream of events, each with its type in a line of its own.
fn stream(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| {
            let kind = event["type"].as_str().unwrap_or("message");
            format!("event: {kind}\ndata: {event}\n\n")
        })
        .collect()
}

fn usage(input: u64, read: u64, written: (u64, u64), output: u64, reasoning: u64) -> Option<TokenUsage> {
    let usage = TokenUsage::new(input, output).with_cache_read(read).with_reasoning(reasoning);
    Some(usage.with_cache_writes(written.0, written.1))
}

fn anthropic_events() -> Vec<Value> {
    vec![
        json!({ "type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5-20260901",
            "content": [], "stop_reason": null,
            "usage": { "input_tokens": 10, "cache_creation_input_tokens": 300, "cache_read_input_tokens": 2000,
                "cache_creation": { "ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200 },
                "output_tokens": 1, "service_tier": "standard" } } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        json!({ "type": "ping" }),
        json!({ "type": "content_block_delta", "index": 0,
            "delta": { "type": "text_delta", "text": "\"usage\":{\"output_tokens\":9999}\\" } }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn", "stop_sequence": null },
            "usage": { "output_tokens": 56, "output_tokens_details": { "thinking_tokens": 7 } } }),
        json!({ "type": "message_stop" }),
    ]
}

#[test]
fn anthropic_stream() {
    let mut events = anthropic_events();
    let reader = read(Api::AnthropicMessages, &stream(&events));
    assert_eq!(reader.usage(), usage(10, 2000, (100, 200), 56, 7));
    assert!(reader.is_complete() && reader.failure().is_none());
    assert_eq!(reader.model(), Some("claude-opus-5-5-20260901"));
    assert_eq!((reader.service_tier(), reader.skipped()), (Some("standard"), 0));
    let cut = read(Api::AnthropicMessages, &stream(&events[..5]));
    assert_eq!((cut.usage(), cut.is_complete()), (usage(10, 2000, (100, 200), 1, 0), false));
    // A loop of server tools: the last numbers are larger, and say nothing of how long the cache keeps.
    events[5]["usage"] = json!({ "input_tokens": 4010, "cache_read_input_tokens": 2500, "output_tokens": 90,
        "cache_creation_input_tokens": 350, "server_tool_use": { "web_search_requests": 2 } });
    let reader = read(Api::AnthropicMessages, &stream(&events));
    assert_eq!(reader.usage(), usage(4010, 2500, (150, 200), 90, 0));
    assert_eq!(reader.web_searches(), Some(2));
}

#[test]
fn anthropic_json() {
    let body = json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5",
        "content": [{ "type": "tool_use", "input": { "usage": { "input_tokens": 5 }, "model": "x" } }],
        "stop_reason": "tool_use",
        "usage": { "input_tokens": 10, "cache_creation_input_tokens": 300, "cache_read_input_tokens": 2000,
            "cache_creation": null, "output_tokens": 50, "speed": "fast", "service_tier": "priority" } });
    let reader = read(Api::AnthropicMessages, &format!("\u{feff}\r\n {body:#}"));
    assert_eq!(reader.usage(), usage(10, 2000, (300, 0), 50, 0));
    assert!(reader.is_complete());
    assert_eq!((reader.model(), reader.service_tier()), (Some("claude-haiku-4-5"), Some("fast")));
    let compacted = json!({ "type": "message", "model": "m", "usage": {
        "input_tokens": 23000, "output_tokens": 1000, "iterations": [
            { "type": "compaction", "input_tokens": 180_000, "output_tokens": 3500, "cache_read_input_tokens": 7 },
            { "type": "message", "input_tokens": 23000, "output_tokens": 1000 },
        ] } });
    let reader = read(Api::AnthropicMessages, &compacted.to_string());
    assert_eq!(reader.usage(), usage(203_000, 7, (0, 0), 4500, 0));
}

fn responses_usage() -> Value {
    json!({ "input_tokens": 100, "input_tokens_details": { "cached_tokens": 40, "cache_write_tokens": 20 },
        "output_tokens": 50, "output_tokens_details": { "reasoning_tokens": 30 }, "total_tokens": 150 })
}

#[test]
fn responses_stream() {
    let response = |status: &str, usage: Value| {
        json!({ "id": "resp_1", "object": "response", "status": status, "model": "gpt-6.1-sol-2026-08",
            "error": null, "usage": usage, "service_tier": "default", "output": [
                { "type": "reasoning" }, { "type": "web_search_call" }, { "type": "message", "content": [] } ] })
    };
    for (kind, status) in [("completed", "completed"), ("incomplete", "incomplete"), ("done", "completed")] {
        let events = [
            json!({ "type": "response.created", "response": response("in_progress", Value::Null) }),
            json!({ "type": "response.output_text.delta", "delta": "{\"usage\":{}}" }),
            json!({ "type": "response.code_interpreter_call_code.done", "code": "x".repeat(100_000) }),
            json!({ "type": format!("response.{kind}"), "response": response(status, responses_usage()) }),
        ];
        let reader = read(Api::OpenAiResponses, &stream(&events));
        assert_eq!(reader.usage(), usage(40, 40, (20, 0), 50, 30));
        assert!(reader.is_complete() && reader.failure().is_none());
        assert_eq!((reader.model(), reader.service_tier()), (Some("gpt-6.1-sol-2026-08"), Some("default")));
        assert_eq!((reader.web_searches(), reader.skipped()), (Some(1), 0));
        let cut = read(Api::OpenAiResponses, &stream(&events[..3]));
        assert_eq!((cut.usage(), cut.is_complete()), (None, false));
    }
}

#[test]
fn responses_json() {
    let done = json!({ "object": "response", "status": "completed", "model": "m", "error": null,
        "usage": responses_usage(), "output": [] });
    let reader = read(Api::OpenAiResponses, &done.to_string());
    assert_eq!((reader.usage(), reader.is_complete()), (usage(40, 40, (20, 0), 50, 30), true));
    let queued = json!({ "object": "response", "status": "queued", "model": "m", "usage": null });
    let reader = read(Api::OpenAiResponses, &queued.to_string());
    assert_eq!((reader.usage(), reader.is_complete()), (None, false));
}

#[test]
fn chat_stream() {
    let chunk = |choices: Value, usage: Value| {
        json!({ "id": "c", "object": "chat.completion.chunk", "model": "gpt-5.4-mini", "choices": choices,
            "usage": usage, "service_tier": "flex" })
    };
    let counted = json!({ "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
        "prompt_tokens_details": { "cached_tokens": 40, "audio_tokens": 0 },
        "completion_tokens_details": { "reasoning_tokens": 30, "audio_tokens": 0 } });
    let events = [
        chunk(json!([{ "index": 0, "delta": { "content": "[DONE]" }, "finish_reason": null }]), Value::Null),
        chunk(json!([{ "index": 0, "delta": {}, "finish_reason": "stop" }]), Value::Null),
        chunk(json!([]), counted.clone()),
    ];
    let text: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    let reader = read(Api::OpenAiChat, &format!("{text}data: [DONE]\n\n"));
    assert_eq!((reader.usage(), reader.is_complete()), (usage(60, 40, (0, 0), 50, 30), true));
    assert_eq!((reader.model(), reader.service_tier()), (Some("gpt-5.4-mini"), Some("flex")));
    assert!(read(Api::OpenAiChat, &text).is_complete(), "usage after the reason to end");
    let silent: String = events[..2].iter().map(|event| format!("data: {event}\n\n")).collect();
    assert!(!read(Api::OpenAiChat, &silent).is_complete());
    let reader = read(Api::OpenAiChat, &format!("{silent}data:[DONE]"));
    assert_eq!((reader.usage(), reader.is_complete()), (None, true));
    let whole = json!({ "object": "chat.completion", "model": "m", "usage": counted, "error": null,
        "choices": [{ "index": 0, "message": { "content": "hi" }, "finish_reason": "length" }] });
    let reader = read(Api::OpenAiChat, &whole.to_string());
    assert_eq!((reader.usage(), reader.is_complete()), (usage(60, 40, (0, 0), 50, 30), true));
}

fn gemini_chunks() -> [Value; 3] {
    let chunk = |finish: Value, usage: Value| {
        json!({ "candidates": [{ "content": { "parts": [{ "text": "x" }] }, "finishReason": finish, "index": 0,
            "groundingMetadata": { "webSearchQueries": ["a", "b"] } }],
            "usageMetadata": usage, "modelVersion": "gemini-3.8-flash-001" })
    };
    [
        chunk(Value::Null, json!({ "promptTokenCount": 100, "totalTokenCount": 100 })),
        chunk(
            Value::Null,
            json!({ "promptTokenCount": 100, "thoughtsTokenCount": 30, "totalTokenCount": 130 }),
        ),
        chunk(
            json!("STOP"),
            json!({ "promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 20,
                "thoughtsTokenCount": 30, "toolUsePromptTokenCount": 5, "totalTokenCount": 155,
                "trafficType": "ON_DEMAND", "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": 100 }] }),
        ),
    ]
}

#[test]
fn gemini() {
    let chunks = gemini_chunks();
    let events: String = chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect();
    let list = json!(chunks);
    for (form, body) in [
        ("events", events),
        ("list", list.to_string()),
        ("spaced list", format!("{list:#}")),
        ("one", chunks[2].to_string()),
    ] {
        let reader = read(Api::Gemini, &body);
        assert_eq!(reader.usage(), usage(65, 40, (0, 0), 50, 30), "{form}");
        assert!(reader.is_complete(), "{form}");
        assert_eq!(
            (reader.model(), reader.service_tier()),
            (Some("gemini-3.8-flash-001"), Some("ON_DEMAND"))
        );
        assert_eq!((reader.web_searches(), reader.skipped()), (Some(2), 0), "{form}");
    }
    let cut = format!("[{},\n{},\n{{\"candidates\":[{{", chunks[0], chunks[1]);
    let reader = read(Api::Gemini, &cut);
    assert_eq!((reader.usage(), reader.is_complete()), (usage(100, 0, (0, 0), 30, 30), false));
    let blocked =
        json!({ "promptFeedback": { "blockReason": "SAFETY" }, "usageMetadata": { "promptTokenCount": 9 } });
    let reader = read(Api::Gemini, &blocked.to_string());
    assert_eq!((reader.usage(), reader.is_complete()), (usage(9, 0, (0, 0), 0, 0), true));
}

#[test]
fn errors_in_a_stream() {
    let overloaded =
        json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
    let failed = json!({ "type": "response.failed", "response": { "status": "failed", "usage": null, "error":
        { "code": "rate_limit_exceeded", "message": "Please try again in 2s." } } });
    let plain = json!({ "type": "error", "code": "insufficient_quota", "message": "spent", "param": null });
    let coded = json!({ "error": { "message": "upstream", "code": 502 } });
    let chosen =
        json!({ "choices": [{ "finish_reason": "error", "error": { "message": "m", "code": 429 } }] });
    let google = json!({ "error": { "code": 503, "message": "overloaded", "status": "UNAVAILABLE" } });
    for (api, event, class, complete) in [
        (Api::AnthropicMessages, overloaded, FailureClass::Overloaded, false),
        (Api::OpenAiResponses, failed, FailureClass::RateLimited, true),
        (Api::OpenAiResponses, plain, FailureClass::Billing, false),
        (Api::OpenAiChat, coded, FailureClass::Server, false),
        (Api::OpenAiChat, chosen, FailureClass::RateLimited, false),
        (Api::Gemini, google, FailureClass::Overloaded, false),
    ] {
        let reader = read(api, &stream(std::slice::from_ref(&event)));
        let failure = reader.failure().unwrap();
        assert_eq!((failure.class(), failure.status()), (class, None), "{event}");
        assert!(!failure.message().is_empty());
        assert_eq!(reader.is_complete(), complete, "{event}");
        assert_eq!(reader.usage(), None);
    }
}

#[test]
fn the_forms_of_server_sent_events() {
    let data = anthropic_events();
    let start = data[0].to_string();
    let (head, tail) = start.split_once(",\"type\"").unwrap();
    let body = format!(
        "\u{feff}: a comment with data: {{\"usage\":{{\"output_tokens\":7}}}}\rid: 1\rdata\r\r\
         retry: 5\r\ndata:{head}\r\ndata: ,\"type\"{tail}\r\nevent: message_start\r\n\r\n\
         datas: {{\"usage\":{{\"output_tokens\":777}}}}\n\n data: {{\"usage\":{{\"output_tokens\":777}}}}\n\n\
         data: {{\"type\":\"message_delta\",\"usage\":{{\"output_tok\n\n\
         data: garbage }}}}]]\n\ndata: {}\n\n{}",
        data[5], "data: {\"type\":\"message_stop\"}"
    );
    let reader = read(Api::AnthropicMessages, &body);
    assert_eq!(reader.usage(), usage(10, 2000, (100, 200), 56, 7));
    assert!(reader.is_complete(), "the last line needs no end");
    assert_eq!(reader.skipped(), 1, "the usage that was cut");
}

#[test]
fn memory_is_bounded_whatever_the_body_holds() {
    let mut reader = UsageReader::new(Api::AnthropicMessages);
    reader.push(b"data: {\"type\":\"message_delta\",\"text\":\"");
    let part = vec![b'x'; 1 << 20];
    for _ in 0..16 {
        reader.push(&part);
    }
    reader.push(b"\",\"usage\":{\"output_tokens\":5}}\n\n");
    assert_eq!((reader.usage(), reader.skipped()), (usage(0, 0, (0, 0), 5, 0), 0));
    reader.push(b"data: {\"usage\":{\"note\":\"");
    reader.push(&part);
    reader.push(b"\"},\"error\":{\"message\":\"");
    reader.push(&part);
    reader.push(b"\"}}\n\n");
    assert_eq!(reader.skipped(), 2);
    assert_eq!(reader.failure().unwrap().class(), FailureClass::Unknown);
    let brackets = vec![b'['; 1 << 20];
    reader.push(b"data: ");
    reader.push(&brackets);
    assert!(format!("{reader:?}").len() < 4000);
}

#[test]
fn numbers_that_are_no_counts_are_skipped() {
    for usage in
        ["{\"input_tokens\":-1}", "{\"input_tokens\":\"5\"}", "[]", "7", "\"x\"", "{\"input_tokens\":1.5}"]
    {
        let reader = read(Api::AnthropicMessages, &format!("{{\"type\":\"message\",\"usage\":{usage}}}"));
        assert_eq!((reader.usage(), reader.skipped()), (None, 1), "{usage}");
    }
    let large = format!("{{\"usage\":{{\"input_tokens\":{},\"output_tokens\":1}}}}", u64::MAX);
    assert_eq!(read(Api::AnthropicMessages, &large).usage(), usage(u64::MAX, 0, (0, 0), 1, 0));
}
