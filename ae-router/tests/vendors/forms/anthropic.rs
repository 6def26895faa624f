//! Anthropic Messages.

use std::time::Duration;

use ae_router::{
    Completion, FinishReason, Opaque, Part, Served, ToolCall, VendorClient,
    core::{Effect, ErrorKind, Retry, Secret, TokenUsage},
};
use serde_json::{Value, json};

use super::{Ending, Form, Late, Row, rate};
use crate::{KEY, server::Reply};

const THOUGHT: &str = "Oslo is in Norway.";

pub(super) fn form() -> Form {
    let headers: &[_] = &[
        ("request-id", "req_1"),
        ("date", "Tue, 24 Nov 2026 12:00:00 GMT"),
        ("anthropic-ratelimit-requests-remaining", "49"),
        ("anthropic-ratelimit-requests-reset", "2026-11-24T12:00:07Z"),
        ("anthropic-ratelimit-tokens-remaining", "38000"),
        ("anthropic-ratelimit-tokens-reset", "2026-11-24T12:01:00Z"),
    ];
    Form {
        name: "anthropic",
        model: "claude-haiku-4-5",
        client: || VendorClient::anthropic(Secret::new(KEY.to_owned())),
        key: ("x-api-key", KEY.to_owned()),
        targets: ["/v1/messages"; 2],
        headers,
        whole: whole(),
        events: events(),
        end: 2,
        thought: "Oslo is in Norway.",
        counts_late: false,
        means: means(),
        ping: "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        endings: endings(),
        errors: errors(),
        late: late(),
    }
}

fn usage(output: u64) -> Value {
    json!({
        "input_tokens": 10,
        "cache_read_input_tokens": 2000,
        "cache_creation_input_tokens": 300,
        "cache_creation": { "ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200 },
        "output_tokens": output,
        "output_tokens_details": { "thinking_tokens": 20.min(output) },
        "server_tool_use": { "web_search_requests": 0 },
        "service_tier": "standard",
    })
}

fn message(content: &Value, stop_reason: Option<&str>, output: u64) -> Value {
    json!({
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5-20251001",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": usage(output),
    })
}

fn whole() -> Value {
    let content = json!([
        { "type": "thinking", "thinking": THOUGHT, "signature": "c2ln" },
        { "type": "text", "text": "I will look." },
        { "type": "tool_use", "id": "toolu_1", "name": "weather", "input": { "city": "Oslo" } },
        { "type": "tool_use", "id": "toolu_2", "name": "now", "input": {} },
    ]);
    message(&content, Some("tool_use"), 50)
}

fn means() -> Completion {
    let signed = json!({ "type": "thinking", "thinking": THOUGHT, "signature": "c2ln" });
    let parts = vec![
        Part::Opaque(Opaque::new("anthropic_messages", signed)),
        Part::Text("I will look.".to_owned()),
        Part::ToolCall(ToolCall::new("toolu_1", "weather", r#"{"city":"Oslo"}"#)),
        Part::ToolCall(ToolCall::new("toolu_2", "now", "{}")),
    ];
    let usage = TokenUsage::new(10, 50).with_cache_read(2000).with_cache_writes(100, 200).with_reasoning(20);
    let served = Served::default()
        .with_request_id(Some("req_1".to_owned()))
        .with_service_tier(Some("standard".to_owned()))
        .with_web_searches(Some(0))
        .with_rate(rate((49, 7), (38_000, 60)));
    Completion::new("claude-haiku-4-5-20251001", parts)
        .with_usage(usage)
        .with_finish_reason(FinishReason::ToolUse)
        .with_served(served)
}

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

fn block(index: u64, block: Value, deltas: &[Value]) -> Vec<Value> {
    let mut events = vec![json!({ "type": "content_block_start", "index": index, "content_block": block })];
    let delta = |delta| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    events.extend(deltas.iter().map(delta));
    events.push(json!({ "type": "content_block_stop", "index": index }));
    events
}

fn stream(blocks: Vec<Vec<Value>>, stop_reason: &str) -> Vec<String> {
    let mut events = vec![json!({ "type": "message_start", "message": message(&json!([]), None, 1) })];
    events.push(json!({ "type": "ping" }));
    events.extend(blocks.into_iter().flatten());
    events.push(
        json!({ "type": "message_delta", "delta": { "stop_reason": stop_reason }, "usage": usage(50) }),
    );
    events.push(json!({ "type": "message_stop" }));
    events.iter().map(event).collect()
}

fn events() -> Vec<String> {
    let json = |json: &str| json!({ "type": "input_json_delta", "partial_json": json });
    let text = |text: &str| json!({ "type": "text_delta", "text": text });
    let tool = |id: &str, name: &str| json!({ "type": "tool_use", "id": id, "name": name, "input": {} });
    let blocks = vec![
        block(
            0,
            json!({ "type": "thinking", "thinking": "", "signature": "" }),
            &[
                json!({ "type": "thinking_delta", "thinking": "Oslo is " }),
                json!({ "type": "thinking_delta", "thinking": "in Norway." }),
                json!({ "type": "signature_delta", "signature": "c2ln" }),
            ],
        ),
        block(1, json!({ "type": "text", "text": "" }), &[text("I will"), text(" look.")]),
        block(2, tool("toolu_1", "weather"), &[json(""), json("{\"city\":"), json("\"Oslo\"}")]),
        block(3, tool("toolu_2", "now"), &[json("")]),
    ];
    stream(blocks, "tool_use")
}

fn endings() -> Vec<Ending> {
    let ending = |stated: &str, reason| Ending {
        whole: message(&json!([]), Some(stated), 50),
        events: stream(Vec::new(), stated),
        reason,
    };
    vec![
        ending("end_turn", FinishReason::Stop),
        ending("max_tokens", FinishReason::Length),
        ending("refusal", FinishReason::Refused),
        ending("model_context_window_exceeded", FinishReason::Context),
        ending("of_next_year", FinishReason::Unknown),
    ]
}

fn error(status: u16, kind: &str, message: &str) -> Reply {
    let error = json!({ "type": kind, "message": message });
    Reply::json(status, &json!({ "type": "error", "error": error, "request_id": "req_1" }))
        .header("request-id", "req_1")
}

fn errors() -> Vec<Row> {
    use ErrorKind::{
        InvalidInput, NotFound, PermissionDenied, QuotaExceeded, RateLimited, Timeout, Unauthenticated,
        Unavailable,
    };
    let (maybe, not) = (Effect::Unknown, Effect::NotApplied);
    let busy = || error(429, "rate_limit_error", "Number of requests has exceeded your limit");
    let after = |seconds| Retry::After(Duration::from_secs(seconds));
    let date = busy()
        .header("date", "Tue, 24 Nov 2026 12:00:00 GMT")
        .header("retry-after", "Tue, 24 Nov 2026 12:00:09 GMT");
    vec![
        Row::new(busy().header("retry-after", "7"), RateLimited, after(7), not),
        Row::new(date, RateLimited, after(9), not),
        Row::new(busy(), RateLimited, Retry::Backoff, not),
        Row::new(error(529, "overloaded_error", "Overloaded"), Unavailable, Retry::Backoff, not),
        Row::new(error(500, "api_error", "Internal server error"), Unavailable, Retry::Backoff, maybe),
        Row::new(
            error(500, "api_error", "Internal server error").header("x-should-retry", "false"),
            Unavailable,
            Retry::Never,
            maybe,
        ),
        Row::new(error(408, "timeout_error", "Request timeout"), Timeout, Retry::Backoff, maybe),
        Row::new(error(409, "conflict", "Conflict"), Unavailable, Retry::Backoff, maybe),
        Row::new(error(504, "timeout_error", "Gateway timeout"), Timeout, Retry::Backoff, maybe),
        Row::new(Reply::new(502, "text/html").bytes("<html>"), Unavailable, Retry::Backoff, maybe),
        Row::new(Reply::new(503, "text/plain"), Unavailable, Retry::Backoff, not),
        Row::last(error(402, "billing_error", "Payment required"), QuotaExceeded),
        Row::last(error(429, "enforced_spend_limit_reached", "Spend limit"), QuotaExceeded),
        Row::last(
            error(400, "invalid_request_error", "You have reached your specified API usage limits."),
            QuotaExceeded,
        ),
        Row::last(
            error(400, "invalid_request_error", "Your credit balance is too low to access the API."),
            QuotaExceeded,
        ),
        Row::last(error(401, "authentication_error", "invalid x-api-key"), Unauthenticated),
        Row::last(error(403, "permission_error", "Not allowed"), PermissionDenied),
        Row::last(error(404, "not_found_error", "model: claude-x"), NotFound),
        Row::last(error(413, "request_too_large", "Request exceeds the maximum size"), InvalidInput),
        Row::last(
            error(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            InvalidInput,
        ),
        Row::last(error(400, "invalid_request_error", "messages: at least one"), InvalidInput),
    ]
}

fn late() -> Vec<Late> {
    let late = |name: &str, kind, retry| Late {
        event: event(&json!({ "type": "error", "error": { "type": name, "message": "too late" } })),
        kind,
        retry,
    };
    vec![
        late("overloaded_error", ErrorKind::Unavailable, Retry::Backoff),
        late("api_error", ErrorKind::Unavailable, Retry::Backoff),
        late("rate_limit_error", ErrorKind::RateLimited, Retry::Backoff),
        late("billing_error", ErrorKind::QuotaExceeded, Retry::Never),
        late("invalid_request_error", ErrorKind::InvalidInput, Retry::Never),
    ]
}
