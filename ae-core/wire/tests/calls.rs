//! Which requests are calls of a model, and what they say of their price.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use ae_core_wire::{Api, Call, CallFacts, Route};
use serde_json::{Value, json};

fn call(path: &str, query: Option<&str>) -> Call {
    match Call::of("POST", path, query) {
        Route::Costs(call) => call,
        other => panic!("{path}: {other:?}"),
    }
}

fn facts(path: &str, body: &Value) -> CallFacts {
    CallFacts::read(&call(path, None), body.to_string().as_bytes()).unwrap()
}

fn refused(path: &str, body: &str) -> String {
    CallFacts::read(&call(path, None), body.as_bytes()).unwrap_err().to_string()
}

const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";
const CHAT: &str = "/v1/chat/completions";
const GEMINI: &str = "/v1beta/models/gemini-3.8-flash:generateContent";

#[test]
fn calls_are_known_behind_any_prefix() {
    for (path, query, api, stream) in [
        ("/v1/messages", None, Api::AnthropicMessages, None),
        ("/r/t0ken/v1/messages", Some("beta=true"), Api::AnthropicMessages, None),
        ("/v1/responses", None, Api::OpenAiResponses, None),
        ("/responses", None, Api::OpenAiResponses, None),
        ("/v1/responses/compact", None, Api::OpenAiResponses, None),
        ("/openai/v1/responses", Some("api-version=preview"), Api::OpenAiResponses, None),
        ("/r/t0ken/v1/chat/completions", None, Api::OpenAiChat, None),
        (GEMINI, None, Api::Gemini, Some(false)),
        (
            "/r/t/v1beta/models/gemini-3.8-flash:streamGenerateContent",
            Some("alt=sse"),
            Api::Gemini,
            Some(true),
        ),
        ("/v1/models/gemini-3.8-flash:streamGenerateContent", Some("key=dummy"), Api::Gemini, Some(true)),
        (
            "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-3.8-flash:generateContent",
            Some("alt=json"),
            Api::Gemini,
            Some(false),
        ),
    ] {
        let call = call(path, query);
        assert_eq!((call.api, call.stream), (api, stream), "{path}");
        let model = (api == Api::Gemini).then_some("gemini-3.8-flash");
        assert_eq!(call.model.as_deref(), model, "{path}");
    }
}

#[test]
fn free_requests_are_known() {
    for (method, path, query) in [
        ("GET", "/v1/models", Some("client_version=0.169.0")),
        ("GET", "/v1/models/claude-opus-5-5", None),
        ("GET", "/v1beta/models", Some("pageSize=50")),
        ("POST", "/v1/messages/count_tokens", Some("beta=true")),
        ("POST", "/v1/responses/input_tokens", None),
        ("POST", "/v1beta/models/gemini-3.8-flash:countTokens", None),
    ] {
        assert_eq!(Call::of(method, path, query), Route::Free, "{method} {path}");
    }
}

#[test]
fn anything_else_is_unknown() {
    for (method, path, query) in [
        ("GET", "/v1/messages", None),
        ("GET", "/v1/responses/resp_1", None),
        ("GET", "/v1beta/models/gemini-3.8-flash:generateContent", None),
        ("DELETE", "/v1/models/m", None),
        ("post", "/v1/messages", None),
        ("POST", "/v1/messages/batches", None),
        ("POST", "/v1/embeddings", None),
        ("POST", "/v1/images/generations", None),
        ("POST", "/v1beta/models/m:embedContent", None),
        ("POST", "/v1beta/models/m:batchGenerateContent", None),
        ("POST", "/v1beta/models/m:generateContent:countTokens", None),
        ("POST", "/v1beta/models/m:generateContent", Some("alt=sse")),
        // Ways to make the vendor's server see another request than the proxy.
        ("POST", "/v1/messages/", None),
        ("POST", "//v1/messages", None),
        ("POST", "/v1/messages/../messages/count_tokens", None),
        ("POST", "/v1/./messages", None),
        ("POST", "/v1/messages%2Fcount_tokens", None),
        ("POST", "/v1/messages;x", None),
        ("POST", "/v1\\messages", None),
        ("POST", "v1/messages", None),
        ("POST", "", None),
        ("POST", GEMINI, Some("fields=candidates")),
        ("POST", GEMINI, Some("$fields=candidates")),
        ("POST", GEMINI, Some("%61lt=sse")),
        ("POST", "/v1/models/m:streamGenerateContent", Some("alt=sse&alt=json")),
        ("POST", "/v1/models/m:streamGenerateContent", Some("alt=proto")),
    ] {
        assert_eq!(Call::of(method, path, query), Route::Unknown, "{method} {path} {query:?}");
    }
}

#[test]
fn anthropic() {
    let body = json!({
        "model": "claude-opus-5-5",
        "max_tokens": 32000,
        "stream": true,
        "system": [
            { "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral", "ttl": "1h" } },
        ],
        "tools": [
            { "name": "Bash", "input_schema": { "type": "object", "properties": { "ttl": { "type": "string" } } } },
            { "type": "bash_20250124", "name": "bash" },
            { "type": "web_search_20260318", "name": "web_search", "max_uses": 5 },
            { "type": "advisor_20260301", "name": "advisor", "model": "claude-mythos-1" },
        ],
        "messages": [
            { "role": "user", "content": [
                { "type": "text", "text": "hi" },
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
            ] },
            { "role": "assistant", "content": [
                { "type": "tool_use", "id": "t", "name": "Fetch", "input": { "url": "https://a.example", "type": "url" } },
            ] },
        ],
        "metadata": { "user_id": "u" },
    });
    let found = facts(MESSAGES, &body);
    assert_eq!((found.api, found.model.as_str()), (Api::AnthropicMessages, "claude-opus-5-5"));
    assert_eq!((found.output_tokens_max, found.stream, found.reports_usage), (Some(32000), true, true));
    assert_eq!(found.input_bytes, u64::try_from(body.to_string().len()).unwrap());
    assert_eq!((found.media, found.input_elsewhere, found.cache_write_1h), (1, false, true));
    assert_eq!(found.server_tools, ["advisor_20260301", "web_search_20260318"]);
    assert_eq!(found.other_models, ["claude-mythos-1"]);
    assert_eq!(found.service_tier, None);
}

#[test]
fn anthropic_beyond_its_body() {
    let bare = json!({ "model": "m", "max_tokens": 5, "messages": [] });
    let with = |fields: Value| {
        let mut body = bare.clone();
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        facts(MESSAGES, &body)
    };
    assert_eq!(with(json!({})).output_tokens_max, Some(5));
    assert!(with(json!({ "cache_control": { "type": "ephemeral", "ttl": "1h" } })).cache_write_1h);
    assert!(!with(json!({ "cache_control": { "type": "ephemeral", "ttl": "5m" } })).cache_write_1h);
    assert!(!with(json!({ "cache_control": { "type": "ephemeral" } })).cache_write_1h);
    let cached_tool = json!([{ "name": "a", "cache_control": { "type": "ephemeral", "ttl": "1h" } }]);
    assert!(with(json!({ "tools": cached_tool })).cache_write_1h);
    let document = json!([{ "role": "user", "content": [
        { "type": "document", "source": { "type": "url", "url": "https://a.example/long.pdf" } },
    ] }]);
    let found = with(json!({ "messages": document }));
    assert_eq!((found.media, found.input_elsewhere), (1, true));
    let found = with(json!({ "fallbacks": [{ "model": "dear", "max_tokens": 9 }, { "model": "cheap" }] }));
    assert_eq!((found.other_models, found.output_tokens_max), (vec!["cheap".into(), "dear".into()], Some(9)));
    assert_eq!(with(json!({ "fallbacks": "default" })).other_models, ["default"]);
    let compact =
        json!({ "edits": [{ "type": "clear_tool_uses_20250919" }, { "type": "compact_20260112" }] });
    assert_eq!(with(json!({ "context_management": compact })).server_tools, ["compact_20260112"]);
    assert_eq!(with(json!({ "speed": "fast", "service_tier": "auto" })).service_tier.unwrap(), "fast");
    assert_eq!(with(json!({ "speed": "standard", "service_tier": "auto" })).service_tier.unwrap(), "auto");
}

#[test]
fn responses() {
    let body = json!({
        "model": "gpt-6.1-sol",
        "max_output_tokens": 1000,
        "stream": true,
        "store": false,
        "service_tier": "priority",
        "input": [
            { "type": "message", "role": "user", "content": [
                { "type": "input_text", "text": "https://a.example" },
                { "type": "input_image", "image_url": "data:image/png;base64,AAAA" },
            ] },
            { "type": "web_search_call", "action": { "type": "open_page", "url": "https://a.example" } },
        ],
        "tools": [
            { "type": "function", "name": "shell", "parameters": { "type": "object" } },
            { "type": "custom", "name": "apply_patch" },
            { "type": "web_search", "external_web_access": false },
            { "type": "image_generation", "model": "gpt-image-2" },
        ],
    });
    let found = facts(RESPONSES, &body);
    assert_eq!((found.model.as_str(), found.output_tokens_max), ("gpt-6.1-sol", Some(1000)));
    assert_eq!((found.stream, found.reports_usage, found.media), (true, true, 1));
    assert!(!found.input_elsewhere);
    assert_eq!(found.server_tools, ["image_generation", "web_search"]);
    assert_eq!(found.other_models, ["gpt-image-2"]);
    assert_eq!(found.service_tier.as_deref(), Some("priority"));
    for (field, value) in [
        ("previous_response_id", json!("resp_1")),
        ("conversation", json!({ "id": "conv_1" })),
        ("prompt", json!({ "id": "pmpt_1" })),
        ("input", json!([{ "type": "input_image", "image_url": "https://a.example/a.png" }])),
        ("input", json!([{ "type": "input_file", "file_id": "file_1" }])),
    ] {
        let mut body = json!({ "model": "m", "input": "hi", "previous_response_id": null });
        assert!(!facts(RESPONSES, &body).input_elsewhere);
        body[field] = value;
        assert!(facts(RESPONSES, &body).input_elsewhere, "{field}");
    }
}

#[test]
fn chat() {
    let body = json!({
        "model": "gpt-5.4-mini",
        "max_completion_tokens": 100,
        "n": 3,
        "stream": true,
        "stream_options": { "include_usage": true },
        "messages": [{ "role": "user", "content": [
            { "type": "text", "text": "hi" },
            { "type": "image_url", "image_url": { "url": "https://a.example/a.png" } },
        ] }],
        "tools": [{ "type": "function", "function": { "name": "f" } }],
        "web_search_options": {},
    });
    let found = facts(CHAT, &body);
    assert_eq!((found.model.as_str(), found.output_tokens_max), ("gpt-5.4-mini", Some(300)));
    assert_eq!((found.stream, found.reports_usage, found.media), (true, true, 1));
    assert!(found.input_elsewhere);
    assert_eq!(found.server_tools, ["web_search"]);
    let silent = json!({ "model": "m", "stream": true, "messages": [], "max_tokens": 7, "n": null });
    let found = facts(CHAT, &silent);
    assert_eq!((found.reports_usage, found.output_tokens_max), (false, Some(7)));
    assert!(facts(CHAT, &json!({ "model": "m", "messages": [] })).reports_usage);
    let chain = json!({ "model": "m", "models": ["b", "a"], "plugins": [{ "id": "web" }], "messages": [] });
    let found = facts(CHAT, &chain);
    assert_eq!(
        (found.other_models, found.server_tools),
        (vec!["a".into(), "b".into()], vec!["plugins".into()])
    );
}

#[test]
fn gemini() {
    let body = json!({
        "contents": [{ "role": "user", "parts": [
            { "text": "hi" }, { "inlineData": { "mimeType": "image/png", "data": "AAAA" } },
        ] }],
        "systemInstruction": { "parts": [{ "text": "Be brief." }] },
        "generationConfig": { "maxOutputTokens": 8192, "candidateCount": 2, "temperature": 0.5 },
        "tools": [{ "functionDeclarations": [{ "name": "f" }] }, { "googleSearch": {} }],
    });
    let found = facts(GEMINI, &body);
    assert_eq!((found.model.as_str(), found.output_tokens_max), ("gemini-3.8-flash", Some(16384)));
    assert_eq!((found.stream, found.media, found.input_elsewhere), (false, 1, false));
    assert_eq!(found.server_tools, ["googleSearch"]);
    let streamed = facts("/v1beta/models/m:streamGenerateContent", &json!({ "contents": [] }));
    assert_eq!((streamed.stream, streamed.output_tokens_max), (true, None));
    let snake = json!({ "contents": [], "generation_config": { "max_output_tokens": 3, "candidate_count": 2 },
        "cached_content": "cachedContents/1", "model": "models/gemini-3.8-flash" });
    let found = facts(GEMINI, &snake);
    assert_eq!((found.output_tokens_max, found.input_elsewhere), (Some(6), true));
    let file = json!({ "contents": [{ "parts": [{ "fileData": { "fileUri": "https://a.example/f" } }] }] });
    let found = facts(GEMINI, &file);
    assert_eq!((found.media, found.input_elsewhere), (1, true));
}

#[test]
fn a_field_that_is_stated_twice_is_refused() {
    for (path, body, field) in [
        (MESSAGES, r#"{"model":"cheap","max_tokens":1,"model":"dear"}"#, "model"),
        (MESSAGES, r#"{"model":"cheap","max_tokens":1,"mod\u0065l":"dear"}"#, "model"),
        (MESSAGES, r#"{"model":"m","max_tokens":1,"max_tokens":99999}"#, "max_tokens"),
        (MESSAGES, r#"{"model":"m","tools":[{"type":"custom","type":"web_search_20250305"}]}"#, "type"),
        (RESPONSES, r#"{"model":"m","stream":false,"stream":true}"#, "stream"),
        (RESPONSES, r#"{"model":"m","tools":[],"tools":[{"type":"web_search"}]}"#, "tools"),
        (CHAT, r#"{"model":"m","n":1,"n":100}"#, "n"),
        (
            CHAT,
            r#"{"model":"m","stream_options":{"include_usage":true,"include_usage":false}}"#,
            "include_usage",
        ),
        (GEMINI, r#"{"generationConfig":{"maxOutputTokens":1},"generation_config":{}}"#, "generationConfig"),
        (
            GEMINI,
            r#"{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":99999}}"#,
            "maxOutputTokens",
        ),
    ] {
        let message = refused(path, body);
        assert!(message.contains(&format!("duplicate field `{field}`")), "{body}: {message}");
    }
}

#[test]
fn a_body_that_cannot_be_read_is_refused_without_a_word_of_it() {
    for (path, body) in [
        (MESSAGES, ""),
        (MESSAGES, "[]"),
        (MESSAGES, r#"{"max_tokens":1}"#),
        (MESSAGES, r#"{"model":""}"#),
        (MESSAGES, r#"{"model":"m","max_tokens":"hush"}"#),
        (MESSAGES, r#"{"model":"m","max_tokens":-1}"#),
        (MESSAGES, r#"{"model":"m","stream":"hush"}"#),
        (MESSAGES, r#"{"model":"m"} {"model":"hush"}"#),
        (MESSAGES, r#"{"model":"m","tools":{"type":"hush"}}"#),
        (RESPONSES, r#"{"model":"m","background":true}"#),
        (RESPONSES, r#"{"prompt":{"id":"hush"}}"#),
        (CHAT, r#"{"model":"m","max_tokens":18446744073709551615,"n":2}"#),
        (GEMINI, r#"{"model":"models/hush"}"#),
    ] {
        let message = refused(path, body);
        assert!(!message.contains("hush") && message.len() > 20, "{body}: {message}");
    }
    let deep = format!(r#"{{"model":"m","messages":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    refused(MESSAGES, &deep);
}
