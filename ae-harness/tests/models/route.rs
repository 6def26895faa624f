//! Which request is for an answer of a model.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Api, Asked, anthropic, chat, gemini, responses};

/// The kinds of a request.
#[derive(Debug)]
pub(super) enum Route {
    /// For an answer of a model.
    Call(Api),
    /// Free of cost, with the answer to it.
    Free(u16, Value),
}

/// By the path after the script's name.
pub(super) fn route(method: &str, path: &str, body: &Value) -> Route {
    let path = path.trim_end_matches('/');
    let whole = |tail: &str| path.ends_with(tail);
    match method {
        "POST" if whole("/messages/count_tokens") => Route::Free(200, json!({"input_tokens": counted(body)})),
        "POST" if whole("/messages") => Route::Call(Api::Anthropic),
        "POST" if whole("/responses") => Route::Call(Api::Responses),
        "POST" if whole("/chat/completions") => Route::Call(Api::Chat),
        "POST" if whole(":generateContent") || whole(":streamGenerateContent") => Route::Call(Api::Gemini),
        "POST" if whole(":countTokens") => Route::Free(200, json!({"totalTokens": counted(body)})),
        // Agents that would rather have a WebSocket go on without one after this status.
        "GET" if whole("/responses") => Route::Free(426, json!({"error": {"message": "No WebSocket here."}})),
        "GET" if whole("/models") => Route::Free(200, json!({"object": "list", "data": [], "models": []})),
        // Agents ask whether the server is there.
        "HEAD" => Route::Free(200, Value::Null),
        _ => Route::Free(
            404,
            json!({"error": {"type": "not_found_error", "message": "Not found", "code": 404}}),
        ),
    }
}

/// About four bytes a token.
fn counted(body: &Value) -> usize {
    body.to_string().len() / 4
}

pub(super) fn asked(api: Api, path: &str, headers: BTreeMap<String, String>, body: Value) -> Asked {
    let (said, tools) = match api {
        Api::Anthropic => (anthropic::said(&body), anthropic::tools(&body)),
        Api::Responses => (responses::said(&body), responses::tools(&body)),
        Api::Chat => (chat::said(&body), chat::tools(&body)),
        Api::Gemini => (gemini::said(&body), gemini::tools(&body)),
    };
    let model = match body["model"].as_str() {
        Some(model) => model.to_owned(),
        // …/models/NAME:generateContent
        None => path.rsplit('/').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned(),
    };
    let stream = body["stream"] == true || path.ends_with(":streamGenerateContent");
    let key = key(&headers);
    Asked { api, model, stream, key, number: 0, said, tools, headers, body }
}

pub(super) fn key(headers: &BTreeMap<String, String>) -> Option<String> {
    let bearer = headers.get("authorization").map(|value| value.trim_start_matches("Bearer ").to_owned());
    ["x-api-key", "x-goog-api-key"].iter().find_map(|name| headers.get(*name).cloned()).or(bearer)
}
