//! OpenAI Responses, OpenAI Chat Completions, and the same form of another vendor.

use std::time::Duration;

use ae_router::{
    Completion, FinishReason, Opaque, Part, Served, ToolCall, VendorClient,
    core::{Effect, ErrorKind, Retry, Secret, TokenUsage},
};
use serde_json::{Value, json};

use super::{Ending, Form, Late, Row, rate};
use crate::{KEY, server::Reply};

const THOUGHT: &str = "Oslo is in Norway.";
const HEADERS: &[(&str, &str)] = &[
    ("x-request-id", "req_1"),
    ("x-ratelimit-remaining-requests", "49"),
    ("x-ratelimit-reset-requests", "7s"),
    ("x-ratelimit-remaining-tokens", "38000"),
    ("x-ratelimit-reset-tokens", "1m0s"),
];

pub(super) fn responses() -> Form {
    let (whole, events) = response(&output(), "completed", Value::Null);
    Form {
        name: "openai",
        model: "gpt-5.2",
        client: || VendorClient::openai(Secret::new(KEY.to_owned())),
        key: ("authorization", format!("Bearer {KEY}")),
        targets: ["/responses"; 2],
        headers: HEADERS,
        whole,
        events,
        end: 1,
        thought: THOUGHT,
        counts_late: true,
        means: means(Some(Opaque::new("openai_responses", sealed())), Some(0)),
        ping: ": keep-alive\n\n",
        endings: responses_endings(),
        errors: errors(),
        late: responses_late(),
    }
}

pub(super) fn chat() -> Form {
    let mut form = compatible();
    form.name = "openai";
    form.client = || VendorClient::openai_chat(Secret::new(KEY.to_owned()));
    // OpenAI itself does not show any reasoning in this form.
    form.thought = "";
    (form.whole, form.events) = completion("", &calls(), "tool_calls");
    form.means = means(None, None);
    form
}

pub(super) fn compatible() -> Form {
    let (whole, events) = completion(THOUGHT, &calls(), "tool_calls");
    let reasoning = Opaque::new("openai_chat/local", json!({ "reasoning_content": THOUGHT }));
    Form {
        name: "local",
        model: "gpt-5.2",
        client: || {
            VendorClient::compatible("local", "http://127.0.0.1:9/v1", Some(Secret::new(KEY.to_owned())))
        },
        key: ("authorization", format!("Bearer {KEY}")),
        targets: ["/chat/completions"; 2],
        headers: HEADERS,
        whole,
        events,
        end: 3,
        thought: THOUGHT,
        counts_late: true,
        means: means(Some(reasoning), None),
        ping: ": OPENROUTER PROCESSING\n\n",
        endings: chat_endings(),
        errors: errors(),
        late: chat_late(),
    }
}

fn means(reasoning: Option<Opaque>, web_searches: Option<u64>) -> Completion {
    let mut parts: Vec<_> = reasoning.map(Part::Opaque).into_iter().collect();
    parts.extend([
        Part::Text("I will look.".to_owned()),
        Part::ToolCall(ToolCall::new("call_1", "weather", r#"{"city":"Oslo"}"#)),
        Part::ToolCall(ToolCall::new("call_2", "now", "{}")),
    ]);
    let usage = TokenUsage::new(40, 50).with_cache_read(40).with_cache_writes(20, 0).with_reasoning(30);
    let served = Served::default()
        .with_request_id(Some("req_1".to_owned()))
        .with_service_tier(Some("default".to_owned()))
        .with_web_searches(web_searches)
        .with_rate(rate((49, 7), (38_000, 60)));
    Completion::new("gpt-5.2-2025-12-11", parts)
        .with_usage(usage)
        .with_finish_reason(FinishReason::ToolUse)
        .with_served(served)
}

fn sealed() -> Value {
    let summary = json!([{ "type": "summary_text", "text": THOUGHT }]);
    json!({ "type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": "c2VhbGVk" })
}

fn output() -> Vec<Value> {
    let call = |id: &str, name: &str, arguments: &str| {
        json!({ "type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name,
            "arguments": arguments, "status": "completed" })
    };
    let text = json!({ "type": "output_text", "text": "I will look.", "annotations": [] });
    vec![
        sealed(),
        json!({ "type": "message", "id": "msg_1", "role": "assistant", "content": [text] }),
        call("call_1", "weather", r#"{"city":"Oslo"}"#),
        call("call_2", "now", "{}"),
    ]
}

/// A response as a whole and as the events of a stream.
fn response(output: &[Value], status: &str, incomplete: Value) -> (Value, Vec<String>) {
    let of = |status: &str, output: &[Value], usage: Value| {
        json!({ "id": "resp_1", "object": "response", "status": status, "model": "gpt-5.2-2025-12-11",
            "output": output, "error": null, "incomplete_details": incomplete, "usage": usage,
            "service_tier": "default" })
    };
    let begun = of("in_progress", &[], Value::Null);
    let mut events = vec![json!({ "type": "response.created", "response": begun })];
    let halves = |text: &str| {
        let (one, other) = text.split_at(text.len() / 2);
        [one.to_owned(), other.to_owned()]
    };
    for (index, item) in output.iter().enumerate() {
        let mut empty = item.clone();
        for (field, nothing) in [("content", json!([])), ("summary", json!([])), ("arguments", json!(""))] {
            if item.get(field).is_some() {
                empty[field] = nothing;
            }
        }
        events.push(json!({ "type": "response.output_item.added", "output_index": index, "item": empty }));
        let (kind, text) = match item["type"].as_str().unwrap() {
            "reasoning" => ("reasoning_summary_text", item["summary"][0]["text"].as_str()),
            "function_call" => ("function_call_arguments", item["arguments"].as_str()),
            _ if item["content"][0]["type"] == "refusal" => {
                ("refusal", item["content"][0]["refusal"].as_str())
            }
            _ => ("output_text", item["content"][0]["text"].as_str()),
        };
        for delta in halves(text.unwrap()) {
            events.push(json!({ "type": format!("response.{kind}.delta"), "output_index": index,
                "content_index": 0, "delta": delta }));
        }
        events.push(json!({ "type": "response.output_item.done", "output_index": index, "item": item }));
    }
    let usage = json!({ "input_tokens": 100, "output_tokens": 50,
        "input_tokens_details": { "cached_tokens": 40, "cache_write_tokens": 20 },
        "output_tokens_details": { "reasoning_tokens": 30 } });
    let whole = of(status, output, usage);
    events.push(json!({ "type": format!("response.{status}"), "response": whole }));
    (whole, events.iter().map(event).collect())
}

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

fn calls() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![("call_1", "weather", r#"{"city":"Oslo"}"#), ("call_2", "now", "{}")]
}

/// A completion as a whole and as the events of a stream.
fn completion(thought: &str, calls: &[(&str, &str, &str)], reason: &str) -> (Value, Vec<String>) {
    let usage = json!({ "prompt_tokens": 100, "completion_tokens": 50,
        "prompt_tokens_details": { "cached_tokens": 40, "cache_write_tokens": 20 },
        "completion_tokens_details": { "reasoning_tokens": 30 } });
    let of = |choices: Value, usage: &Value| {
        json!({ "id": "chatcmpl-1", "model": "gpt-5.2-2025-12-11", "service_tier": "default", "choices": choices,
            "usage": usage })
    };
    let chunk = |delta: Value, reason: Value| {
        of(json!([{ "index": 0, "delta": delta, "finish_reason": reason }]), &Value::Null)
    };
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), Value::Null)];
    let mut message = json!({ "role": "assistant", "content": "I will look." });
    if !thought.is_empty() {
        message["reasoning_content"] = json!(thought);
        events.push(chunk(json!({ "reasoning_content": thought }), Value::Null));
    }
    for text in ["I will", " look."] {
        events.push(chunk(json!({ "content": text }), Value::Null));
    }
    if !calls.is_empty() {
        message["tool_calls"] = json!([]);
    }
    for (index, (id, name, arguments)) in calls.iter().enumerate() {
        let call = |function: Value| json!({ "index": index, "function": function });
        let mut begun = call(json!({ "name": name, "arguments": "" }));
        begun["id"] = json!(id);
        events.push(chunk(json!({ "tool_calls": [begun] }), Value::Null));
        events.push(chunk(json!({ "tool_calls": [call(json!({ "arguments": arguments }))] }), Value::Null));
        let whole =
            json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
        message["tool_calls"].as_array_mut().unwrap().push(whole);
    }
    events.push(chunk(json!({}), json!(reason)));
    events.push(of(json!([]), &usage));
    let mut events: Vec<_> = events.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    events.push("data: [DONE]\n\n".to_owned());
    (of(json!([{ "index": 0, "message": message, "finish_reason": reason }]), &usage), events)
}

fn responses_endings() -> Vec<Ending> {
    let text = json!({ "type": "message", "content": [{ "type": "output_text", "text": "Half a" }] });
    let refusal = json!({ "type": "message", "content": [{ "type": "refusal", "refusal": "I can't." }] });
    let ending = |output: &[Value], status: &str, incomplete: Value, reason| {
        let (whole, events) = response(output, status, incomplete);
        Ending { whole, events, reason }
    };
    let incomplete = |word: &str, reason| {
        ending(std::slice::from_ref(&text), "incomplete", json!({ "reason": word }), reason)
    };
    vec![
        ending(std::slice::from_ref(&text), "completed", Value::Null, FinishReason::Stop),
        ending(&[refusal], "completed", Value::Null, FinishReason::Refused),
        incomplete("max_output_tokens", FinishReason::Length),
        incomplete("content_filter", FinishReason::Filtered),
        incomplete("of_next_year", FinishReason::Unknown),
    ]
}

fn chat_endings() -> Vec<Ending> {
    let ending = |calls: &[(&str, &str, &str)], word: &str, reason| {
        let (whole, events) = completion("", calls, word);
        Ending { whole, events, reason }
    };
    vec![
        ending(&[], "stop", FinishReason::Stop),
        ending(&calls(), "stop", FinishReason::ToolUse),
        ending(&[], "length", FinishReason::Length),
        ending(&[], "content_filter", FinishReason::Filtered),
        ending(&[], "of_next_year", FinishReason::Unknown),
    ]
}

fn error(status: u16, kind: &str, code: &str, message: &str) -> Reply {
    let code = if code.is_empty() { Value::Null } else { json!(code) };
    let error = json!({ "message": message, "type": kind, "param": null, "code": code });
    Reply::json(status, &json!({ "error": error })).header("x-request-id", "req_1")
}

fn errors() -> Vec<Row> {
    use ErrorKind::{
        Declined, NotFound, PermissionDenied, RateLimited, Timeout, Unauthenticated, Unavailable,
    };
    let (maybe, not) = (Effect::Unknown, Effect::NotApplied);
    let busy = || error(429, "tokens", "rate_limit_exceeded", "Rate limit reached for gpt-5.2");
    let after = |ms| Retry::After(Duration::from_millis(ms));
    let wait =
        error(429, "requests", "rate_limit_exceeded", "Rate limit. Please try again in 1.5s. Visit us.");
    let failed = || error(500, "server_error", "", "The server had an error");
    let mut rows = vec![
        Row::new(busy(), RateLimited, Retry::Backoff, not),
        Row::new(busy().header("retry-after", "7"), RateLimited, after(7000), not),
        Row::new(
            busy().header("retry-after", "7").header("retry-after-ms", "250"),
            RateLimited,
            after(250),
            not,
        ),
        Row::new(wait, RateLimited, after(1500), not),
        Row::new(busy().header("x-should-retry", "false"), RateLimited, Retry::Never, not),
        Row::new(error(429, "server_error", "slow_down", "Slow down"), Unavailable, Retry::Backoff, not),
        Row::new(error(503, "server_error", "slow_down", "Slow down"), Unavailable, Retry::Backoff, not),
        Row::new(error(503, "server_error", "", "Overloaded"), Unavailable, Retry::Backoff, not),
        Row::new(failed(), Unavailable, Retry::Backoff, maybe),
        Row::new(failed().header("x-should-retry", "false"), Unavailable, Retry::Never, maybe),
        Row::new(error(408, "timeout", "", "Timed out"), Timeout, Retry::Backoff, maybe),
        Row::new(error(409, "conflict", "", "Locked"), Unavailable, Retry::Backoff, maybe),
        Row::new(Reply::new(502, "text/html").bytes("<html>"), Unavailable, Retry::Backoff, maybe),
        Row::new(Reply::new(504, "text/html"), Timeout, Retry::Backoff, maybe),
        Row::last(error(401, "invalid_request_error", "invalid_api_key", "Wrong key"), Unauthenticated),
        Row::last(error(403, "permission_error", "", "Not here"), PermissionDenied),
        Row::last(error(404, "invalid_request_error", "model_not_found", "gpt-x"), NotFound),
        Row::last(error(400, "invalid_request_error", "content_filter", "Filtered"), Declined),
        Row::last(error(400, "invalid_request_error", "invalid_prompt", "Policy"), Declined),
    ];
    rows.extend(final_errors());
    rows
}

/// The errors that no time and no second try heals.
fn final_errors() -> Vec<Row> {
    let spent = |code: &str| {
        // Even if a pause is named.
        let reply = error(429, "insufficient_quota", code, "You exceeded your current quota")
            .header("retry-after", "1");
        Row::last(reply, ErrorKind::QuotaExceeded)
    };
    let wrong = |status: u16, code: &str, message: &str| {
        Row::last(error(status, "invalid_request_error", code, message), ErrorKind::InvalidInput)
    };
    vec![
        spent("insufficient_quota"),
        spent("credit_balance_exhausted"),
        spent("organization_spend_limit_exceeded"),
        spent("project_spend_limit_exceeded"),
        spent("organization_usage_limit_exceeded"),
        // OpenRouter.
        Row::last(
            Reply::json(402, &json!({ "error": { "code": 402, "message": "Insufficient credits" } })),
            ErrorKind::QuotaExceeded,
        ),
        wrong(400, "context_length_exceeded", "Your input exceeds the context window of this model."),
        // vLLM.
        wrong(
            400,
            "",
            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
        ),
        wrong(400, "", "Unsupported value: 'temperature' does not support 0.5 with this model."),
        wrong(413, "", "Request too large"),
        // Ollama.
        Row::last(Reply::json(404, &json!({ "error": "model 'x' not found" })), ErrorKind::NotFound),
    ]
}

fn responses_late() -> Vec<Late> {
    let failed = |code: &str, message: &str| {
        let error = json!({ "code": code, "message": message });
        let response = json!({ "status": "failed", "output": [], "error": error, "usage": null });
        event(&json!({ "type": "response.failed", "response": response }))
    };
    let stated =
        |code: &str| event(&json!({ "type": "error", "code": code, "message": "too late", "param": null }));
    let late = |event, kind, retry| Late { event, kind, retry };
    let wait = Retry::After(Duration::from_secs(2));
    vec![
        late(failed("server_error", "sorry"), ErrorKind::Unavailable, Retry::Backoff),
        late(failed("rate_limit_exceeded", "Please try again in 2s."), ErrorKind::RateLimited, wait),
        late(failed("invalid_prompt", "policy"), ErrorKind::Declined, Retry::Never),
        late(stated("insufficient_quota"), ErrorKind::QuotaExceeded, Retry::Never),
        late(stated("server_is_overloaded"), ErrorKind::Unavailable, Retry::Backoff),
    ]
}

fn chat_late() -> Vec<Late> {
    let late = |error: Value, kind, retry| Late { event: format!("data: {error}\n\n"), kind, retry };
    let chosen = json!({ "choices": [{ "index": 0, "delta": { "content": "" }, "finish_reason": "error",
        "error": { "code": 429, "message": "upstream" } }] });
    // OpenRouter states both.
    let both = json!({ "error": { "code": 502, "message": "upstream" },
        "choices": [{ "index": 0, "delta": { "content": "" }, "finish_reason": "error" }] });
    let named =
        |kind: &str, code: &str| json!({ "error": { "type": kind, "code": code, "message": "too late" } });
    vec![
        late(named("server_error", ""), ErrorKind::Unavailable, Retry::Backoff),
        late(named("insufficient_quota", "insufficient_quota"), ErrorKind::QuotaExceeded, Retry::Never),
        late(named("requests", "rate_limit_exceeded"), ErrorKind::RateLimited, Retry::Backoff),
        late(both, ErrorKind::Unavailable, Retry::Backoff),
        late(chosen, ErrorKind::RateLimited, Retry::Backoff),
    ]
}
