//! The classes of failed calls.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use ae_core_wire::{
    Api, FailureClass, WireFailure, classify,
    core::{Effect, ErrorKind, Retry},
    duration,
};
use serde_json::{Value, json};

fn failed(api: Api, status: u16, body: &Value) -> WireFailure {
    classify(api, status, |_| None, body.to_string().as_bytes())
}

fn anthropic(name: &str, message: &str) -> Value {
    json!({ "type": "error", "error": { "type": name, "message": message }, "request_id": "req_1" })
}

fn openai(name: &str, code: &Value, message: &str) -> Value {
    json!({ "error": { "message": message, "type": name, "param": null, "code": code } })
}

fn gemini(code: u16, status: &str, message: &str, details: &Value) -> Value {
    json!({ "error": { "code": code, "message": message, "status": status, "details": details } })
}

#[test]
fn every_row_of_the_vendors_tables() {
    use Api::{AnthropicMessages as A, Gemini as G, OpenAiChat as C, OpenAiResponses as R};
    let null = Value::Null;
    let day = json!([{ "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [
        { "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier" } ] }]);
    let minute = json!([{ "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [
        { "quotaId": "GenerateContentInputTokensPerModelPerMinute-FreeTier" } ] }]);
    let key = json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID" }]);
    let quota = "You exceeded your current quota, please check your plan and billing details.";
    for (api, status, body, class) in [
        (A, 401, anthropic("authentication_error", "invalid x-api-key"), FailureClass::Auth),
        (A, 403, anthropic("permission_error", "no"), FailureClass::Permission),
        (A, 400, anthropic("invalid_request_error", "messages: empty"), FailureClass::InvalidRequest),
        (
            A,
            400,
            anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
            FailureClass::Billing,
        ),
        (
            A,
            400,
            anthropic("invalid_request_error", "You have reached your specified API usage limits."),
            FailureClass::Billing,
        ),
        (A, 402, anthropic("billing_error", "pay"), FailureClass::Billing),
        (
            A,
            429,
            json!({ "type": "error", "error": { "type": "rate_limit_error", "message": "spent",
                "details": { "error_code": "enforced_spend_limit_reached" } } }),
            FailureClass::Billing,
        ),
        (A, 429, anthropic("rate_limit_error", "slowly"), FailureClass::RateLimited),
        (A, 529, anthropic("overloaded_error", "Overloaded"), FailureClass::Overloaded),
        (A, 500, anthropic("api_error", "Internal server error"), FailureClass::Server),
        (A, 504, anthropic("timeout_error", "late"), FailureClass::Timeout),
        (A, 404, anthropic("not_found_error", "model: m"), FailureClass::ModelNotFound),
        (
            A,
            400,
            anthropic("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            FailureClass::ContextTooLong,
        ),
        (A, 413, anthropic("request_too_large", "32 MB"), FailureClass::ContextTooLong),
        (A, 409, anthropic("api_error", "conflict"), FailureClass::Server),
        (R, 401, openai("invalid_request_error", &json!("invalid_api_key"), "Incorrect"), FailureClass::Auth),
        (C, 401, openai("invalid_request_error", &null, "You didn't provide a key"), FailureClass::Auth),
        (R, 429, openai("insufficient_quota", &json!("insufficient_quota"), quota), FailureClass::Billing),
        (
            R,
            429,
            openai("insufficient_quota", &json!("project_spend_limit_exceeded"), "spent"),
            FailureClass::Billing,
        ),
        (R, 429, openai("tokens", &json!("rate_limit_exceeded"), "Rate limit"), FailureClass::RateLimited),
        (R, 503, openai("server_error", &json!("slow_down"), "Slow down"), FailureClass::Overloaded),
        (R, 500, openai("server_error", &null, "Sorry"), FailureClass::Server),
        (
            R,
            400,
            openai("invalid_request_error", &json!("context_length_exceeded"), "too long"),
            FailureClass::ContextTooLong,
        ),
        (
            R,
            400,
            openai("invalid_request_error", &json!("model_not_found"), "gone"),
            FailureClass::ModelNotFound,
        ),
        (C, 400, openai("invalid_request_error", &json!("invalid_prompt"), "policy"), FailureClass::Refused),
        (C, 400, openai("invalid_request_error", &null, "wrong"), FailureClass::InvalidRequest),
        (G, 400, gemini(400, "INVALID_ARGUMENT", "API key not valid.", &key), FailureClass::Auth),
        (G, 403, gemini(403, "PERMISSION_DENIED", "no", &json!([])), FailureClass::Permission),
        (G, 404, gemini(404, "NOT_FOUND", "models/m is not found", &json!([])), FailureClass::ModelNotFound),
        (G, 429, gemini(429, "RESOURCE_EXHAUSTED", quota, &minute), FailureClass::RateLimited),
        (G, 429, gemini(429, "RESOURCE_EXHAUSTED", quota, &day), FailureClass::Billing),
        (G, 500, gemini(500, "INTERNAL", "An internal error", &json!([])), FailureClass::Server),
        (G, 503, gemini(503, "UNAVAILABLE", "overloaded", &json!([])), FailureClass::Overloaded),
        (
            G,
            400,
            gemini(
                400,
                "INVALID_ARGUMENT",
                "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).",
                &json!([]),
            ),
            FailureClass::ContextTooLong,
        ),
        (G, 400, json!([gemini(400, "INVALID_ARGUMENT", "bad", &json!([]))]), FailureClass::InvalidRequest),
    ] {
        let failure = failed(api, status, &body);
        assert_eq!(failure.class(), class, "{api} {status} {body}");
        assert!(!failure.message().is_empty() && failure.status() == Some(status));
        let passing = matches!(
            class,
            FailureClass::RateLimited
                | FailureClass::Overloaded
                | FailureClass::Server
                | FailureClass::Timeout
        );
        assert_eq!(failure.retry() != Retry::Never, passing, "{class}");
    }
}

#[test]
fn pauses_come_from_headers_and_bodies() {
    let body = anthropic("rate_limit_error", "slowly").to_string();
    let with = |name: &'static str, value: &'static str| {
        let header = |asked: &str| (asked == name).then_some(value);
        classify(Api::AnthropicMessages, 429, header, body.as_bytes())
    };
    assert_eq!(with("retry-after", "7").retry(), Retry::After(Duration::from_secs(7)));
    assert_eq!(with("retry-after", " 1.5 ").retry_after(), Some(Duration::from_millis(1500)));
    assert_eq!(with("retry-after-ms", "250").retry_after(), Some(Duration::from_millis(250)));
    assert_eq!(with("retry-after", "99999999999").retry_after(), Some(Duration::from_secs(86_400)));
    for odd in ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "", "1e9", "NaN", "soon"] {
        assert_eq!(with("retry-after", odd).retry(), Retry::Backoff, "{odd}");
    }
    assert_eq!(with("x-should-retry", "false").retry(), Retry::Never);
    let delay = json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s" }]);
    let failure = failed(Api::Gemini, 429, &gemini(429, "RESOURCE_EXHAUSTED", "later", &delay));
    assert_eq!(failure.retry_after(), Some(Duration::from_millis(34_500)));
    for (said, pause) in [
        ("Please try again in 11.25s. Visit us.", 11_250),
        ("Please try again in 20ms.", 20),
        ("Please try again in 6m0s.", 360_000),
        ("Please retry in 3s", 3_000),
    ] {
        let failure = failed(Api::OpenAiChat, 429, &openai("tokens", &json!("rate_limit_exceeded"), said));
        assert_eq!(failure.retry_after(), Some(Duration::from_millis(pause)), "{said}");
    }
}

#[test]
fn a_page_of_a_server_in_between_is_a_failure_of_that_server() {
    let page = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\x1b[31m";
    let failure = classify(Api::OpenAiResponses, 502, |_| None, page);
    assert_eq!(failure.class(), FailureClass::Server);
    assert_eq!(failure.message(), "<html> <head><title>502 Bad Gateway</title></head> [31m");
    assert_eq!(classify(Api::Gemini, 503, |_| None, b"").message(), "HTTP 503 without a message");
    let long = openai("server_error", &Value::Null, &"ö".repeat(2000));
    let message = failed(Api::OpenAiChat, 500, &long).message().to_owned();
    assert!(message.len() <= 500 && message.len() > 490 && message.ends_with('…'), "{}", message.len());
    let text = json!({ "error": "model is loading" });
    assert_eq!(failed(Api::OpenAiChat, 503, &text).message(), "model is loading");
}

#[test]
fn a_failure_becomes_the_error_of_a_port() {
    let error = failed(Api::AnthropicMessages, 529, &anthropic("overloaded_error", "Overloaded"))
        .into_error("anthropic", "complete");
    assert_eq!(error.context().first().map(|(name, _)| *name), Some("class"));
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff));
    assert_eq!((error.code(), error.status()), (Some("overloaded_error"), Some(529)));
    assert_eq!(
        (error.to_string().as_str(), error.effect()),
        ("anthropic complete: Overloaded", Effect::NotApplied)
    );
    let error = failed(Api::Gemini, 500, &gemini(500, "INTERNAL", "oops", &json!([])))
        .into_error("gemini", "complete");
    assert_eq!(error.effect(), Effect::Unknown);
}

#[test]
fn a_secret_that_a_server_quotes_is_taken_out() {
    let body = openai("invalid_request_error", &json!("sk-1"), "Incorrect API key: sk-1, not sk-1!");
    let failure = failed(Api::OpenAiChat, 401, &body).without("sk-1");
    assert_eq!(failure.message(), "Incorrect API key: [secret], not [secret]!");
    assert_eq!(failure.code(), Some("[secret]"));
    assert_eq!(failed(Api::OpenAiChat, 401, &body).without("").code(), Some("sk-1"));
}

#[test]
fn a_time_is_read_as_vendors_write_it() {
    for (text, milliseconds) in [
        ("1s", Some(1000)),
        ("6m0s", Some(360_000)),
        ("20ms", Some(20)),
        (" 1h2m3.5s ", Some(3_723_500)),
        ("100000h", Some(86_400_000)),
        ("7", None),
        ("soon", None),
        ("", None),
        ("-1s", None),
        ("2026-11-24T12:00:00Z", None),
    ] {
        assert_eq!(duration(text), milliseconds.map(Duration::from_millis), "{text}");
    }
}
