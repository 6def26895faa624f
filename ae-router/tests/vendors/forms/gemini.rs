//! Gemini.

use std::time::Duration;

use ae_router::{
    Completion, FinishReason, Opaque, Part, RateState, Served, ToolCall, VendorClient,
    core::{Effect, ErrorKind, Retry, Secret, TokenUsage},
};
use serde_json::{Value, json};

use super::{Ending, Form, Late, Row, data};
use crate::{KEY, server::Reply};

const MODEL: &str = "gemini-3.8-flash";

pub(super) fn form() -> Form {
    Form {
        name: "google",
        model: MODEL,
        client: || VendorClient::gemini(Secret::new(KEY.to_owned())),
        key: ("x-goog-api-key", KEY.to_owned()),
        targets: [
            "/v1beta/models/gemini-3.8-flash:generateContent",
            "/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse",
        ],
        headers: &[("date", "Tue, 24 Nov 2026 12:00:00 GMT")],
        whole: whole(),
        events: events(),
        end: 2,
        thought: "Oslo is in Norway.",
        counts_late: false,
        means: means(),
        ping: ": keep-alive\r\n\r\n",
        endings: endings(),
        errors: errors(),
        late: late(),
    }
}

/// The totals after `output` tokens of the answer.
fn usage(output: u64) -> Value {
    json!({
        "promptTokenCount": 100,
        "cachedContentTokenCount": 40,
        "candidatesTokenCount": output,
        "thoughtsTokenCount": 20,
        "toolUsePromptTokenCount": 3,
        "totalTokenCount": 123 + output,
        "trafficType": "ON_DEMAND",
    })
}

fn response(parts: &Value, finish_reason: Option<&str>, output: u64) -> Value {
    let mut candidate = json!({ "index": 0, "content": { "role": "model", "parts": parts } });
    if let Some(reason) = finish_reason {
        candidate["finishReason"] = json!(reason);
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": usage(output),
        "modelVersion": MODEL,
        "responseId": "r1",
    })
}

fn whole() -> Value {
    let parts = json!([
        { "text": "Oslo is in Norway.", "thought": true },
        { "text": "I will look." },
        { "functionCall": { "name": "weather", "args": { "city": "Oslo" } }, "thoughtSignature": "c2ln" },
        { "functionCall": { "id": "fc_2", "name": "now", "args": {} } },
    ]);
    response(&parts, Some("STOP"), 30)
}

fn events() -> Vec<String> {
    let answers = [
        response(&json!([{ "text": "Oslo is ", "thought": true }]), None, 1),
        response(&json!([{ "text": "in Norway.", "thought": true }]), None, 2),
        response(&json!([{ "text": "I will" }]), None, 3),
        response(&json!([{ "text": " look." }]), None, 4),
        response(
            &json!([{ "functionCall": { "name": "weather", "args": { "city": "Oslo" } }, "thoughtSignature": "c2ln" }]),
            None,
            20,
        ),
        response(&json!([{ "functionCall": { "id": "fc_2", "name": "now", "args": {} } }]), Some("STOP"), 30),
    ];
    answers.iter().map(data).collect()
}

fn means() -> Completion {
    let parts = vec![
        Part::Opaque(Opaque::new("gemini", json!({ "text": "Oslo is in Norway.", "thought": true }))),
        Part::Text("I will look.".to_owned()),
        Part::ToolCall(ToolCall::new("gemini-r1-0", "weather", r#"{"city":"Oslo"}"#).with_signature("c2ln")),
        Part::ToolCall(ToolCall::new("fc_2", "now", "{}")),
    ];
    let served =
        Served::default().with_service_tier(Some("ON_DEMAND".to_owned())).with_rate(RateState::default());
    Completion::new(MODEL, parts)
        .with_usage(TokenUsage::new(63, 50).with_cache_read(40).with_reasoning(20))
        .with_finish_reason(FinishReason::ToolUse)
        .with_served(served)
}

fn endings() -> Vec<Ending> {
    let ending = |answer: Value, reason| Ending { events: vec![data(&answer)], whole: answer, reason };
    let blocked = json!({
        "promptFeedback": { "blockReason": "PROHIBITED_CONTENT" },
        "usageMetadata": { "promptTokenCount": 100 },
        "modelVersion": MODEL,
    });
    let stated = |stated: &str| response(&json!([{ "text": "a" }]), Some(stated), 30);
    vec![
        ending(stated("STOP"), FinishReason::Stop),
        ending(stated("MAX_TOKENS"), FinishReason::Length),
        ending(stated("SAFETY"), FinishReason::Filtered),
        ending(blocked, FinishReason::Filtered),
        ending(stated("OF_NEXT_YEAR"), FinishReason::Unknown),
    ]
}

fn error(status: u16, name: &str, message: &str, details: &Value) -> Reply {
    let error = json!({ "code": status, "message": message, "status": name, "details": details });
    Reply::json(status, &json!({ "error": error }))
}

fn errors() -> Vec<Row> {
    use ErrorKind::{
        InvalidInput, NotFound, PermissionDenied, QuotaExceeded, RateLimited, Timeout, Unauthenticated,
        Unavailable,
    };
    let (maybe, not) = (Effect::Unknown, Effect::NotApplied);
    let none = json!([]);
    let delay = json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s" }]);
    let of_the_day = json!([{
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{ "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }],
    }]);
    let no_key =
        json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID" }]);
    let exhausted =
        |details: &Value| error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", details);
    let too_long = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).";
    vec![
        Row::new(exhausted(&delay), RateLimited, Retry::After(Duration::from_secs(37)), not),
        Row::new(exhausted(&none), RateLimited, Retry::Backoff, not),
        Row::new(
            error(503, "UNAVAILABLE", "The model is overloaded", &none),
            Unavailable,
            Retry::Backoff,
            not,
        ),
        Row::new(error(500, "INTERNAL", "An internal error", &none), Unavailable, Retry::Backoff, maybe),
        Row::new(error(504, "DEADLINE_EXCEEDED", "Too slow", &none), Timeout, Retry::Backoff, maybe),
        Row::new(error(409, "ABORTED", "Conflict", &none), Unavailable, Retry::Backoff, maybe),
        Row::new(Reply::new(502, "text/html").bytes("<html>"), Unavailable, Retry::Backoff, maybe),
        Row::last(exhausted(&of_the_day), QuotaExceeded),
        Row::last(error(402, "FAILED_PRECONDITION", "Billing", &none), QuotaExceeded),
        Row::last(error(400, "INVALID_ARGUMENT", "API key not valid", &no_key), Unauthenticated),
        Row::last(error(401, "UNAUTHENTICATED", "No key", &none), Unauthenticated),
        Row::last(error(403, "PERMISSION_DENIED", "Not allowed", &none), PermissionDenied),
        Row::last(error(404, "NOT_FOUND", "models/x is not found", &none), NotFound),
        Row::last(error(413, "INVALID_ARGUMENT", "Request payload size", &none), InvalidInput),
        Row::last(error(400, "INVALID_ARGUMENT", too_long, &none), InvalidInput),
        Row::last(error(400, "INVALID_ARGUMENT", "Unknown name", &none), InvalidInput),
    ]
}

fn late() -> Vec<Late> {
    let late = |code: u16, status: &str, kind| Late {
        event: data(&json!({ "error": { "code": code, "status": status, "message": "too late" } })),
        kind,
        retry: Retry::Backoff,
    };
    vec![
        late(503, "UNAVAILABLE", ErrorKind::Unavailable),
        late(500, "INTERNAL", ErrorKind::Unavailable),
        late(429, "RESOURCE_EXHAUSTED", ErrorKind::RateLimited),
        late(504, "DEADLINE_EXCEEDED", ErrorKind::Timeout),
    ]
}
