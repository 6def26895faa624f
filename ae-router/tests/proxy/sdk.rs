//! The official SDKs as clients, with the same steps and the same results in both languages.

use std::{
    collections::BTreeMap,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::{
    process::{Process, target},
    vendor::{asked, vendor},
};

const MODELS: [&str; 4] = ["gpt-5.2", "claude-haiku-4-5", "gemini-3.8-flash", "lab"];

/// Notes that a part is missing: an error where it has to be there.
fn skipped(why: &str) {
    assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none(), "{why}");
    eprintln!("skipped: {why}");
}

async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

/// Runs a client, and checks what it saw.
async fn run(mut command: Command) {
    let vendor = vendor().await;
    let proxy = Process::start(&vendor.url(), &[]);
    command.arg(proxy.base_url()).args(MODELS);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name);
    }
    let output = output(command).await;
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{error}");
    let line = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        (line.as_object_mut().unwrap().remove("step").unwrap().as_str().unwrap().to_owned(), line)
    };
    let seen: BTreeMap<_, _> = out.lines().map(line).collect();
    let expected = expected();
    assert_eq!(seen.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    let wrong: Vec<_> = seen.iter().filter(|(step, facts)| expected[*step] != **facts).collect();
    let lines = wrong.iter().map(|(step, facts)| format!("{step}: {facts}, expected {}", expected[*step]));
    assert!(wrong.is_empty(), "{}", lines.collect::<Vec<_>>().join("\n"));

    // The router tries a model twice, and the client does not begin again.
    for (word, times) in [("[[429]]", 2), ("[[500]]", 2), ("[[503]]", 2), ("[[broke]]", 1), ("[[poor]]", 0)] {
        assert_eq!(asked(&vendor, word), times, "{word}");
    }
    // The call that the client left is cancelled and settled.
    proxy.metric("ae_proxy_reserved_usd{key=\"good\"} 0").await;
    proxy.metric("ae_proxy_requests_under_way 0").await;
    proxy.metric("ae_router_tries_total{model=\"gpt-5.2\",outcome=\"cancelled\"} 1").await;
    let metrics = proxy.metrics().await;
    let spent =
        metrics.lines().find_map(|line| line.strip_prefix("ae_proxy_spent_usd{key=\"good\"} ")).unwrap();
    assert!(spent.parse::<f64>().unwrap() > 0.0, "{spent}");
    assert!(metrics.contains("ae_router_unsettled_total 0"), "{metrics}");
    assert!(!metrics.contains("good-key"), "{metrics}");
}

/// The results of all steps.
fn expected() -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let mut add = |step: &str, facts: Value| drop(all.insert(step.to_owned(), facts));
    for model in MODELS {
        for (form, done, end) in
            [("chat", "stop", json!("stop")), ("responses", "completed", json!("response.completed"))]
        {
            let at = format!("{form} {model}");
            let hello = json!({ "text": "Hello there", "end": done, "tokens": [10, 5, 4] });
            let stream = json!({ "text": "Hello there", "end": end });
            let more = |mut facts: Value, more: Value| {
                facts.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                facts
            };
            let (of_hello, of_stream) = if form == "chat" {
                let facts = json!({ "model": true, "reason": true, "cost": true, "tries": "1" });
                (facts, json!({ "tokens": [10, 5] }))
            } else {
                (json!({}), json!({ "whole": "Hello there", "order": true }))
            };
            add(&format!("{at} hello"), more(hello, of_hello));
            add(&format!("{at} stream"), more(stream, of_stream));
            let tools = json!({ "calls": 2, "text": "Oslo 18 C, Bergen 12 C" });
            add(&format!("{at} tools"), tools.clone());
            add(&format!("{at} tools stream"), tools);
            add(&format!("{at} parse"), json!({ "degrees": 18 }));
            add(&format!("{at} image"), json!({ "text": "A cat." }));
        }
    }
    let error = |class: &str, status: u16, code: Option<&str>, param: Option<&str>, tries: Option<&str>| json!({ "error": class, "status": status, "code": code, "param": param, "tries": tries });
    add("wrong key", error("AuthenticationError", 401, Some("invalid_api_key"), None, None));
    for step in ["unknown model", "model of another"] {
        add(step, error("NotFoundError", 404, Some("model_not_found"), Some("model"), None));
    }
    for step in ["budget over", "budget over auto", "budget over stream"] {
        add(step, error("BadRequestError", 400, Some("insufficient_quota"), None, Some("0")));
    }
    add("field", error("BadRequestError", 400, None, Some("n"), None));
    add("field inside", error("BadRequestError", 400, None, Some("tools[0].type"), None));
    add("no sampling", error("BadRequestError", 400, Some("no_suitable_model"), None, Some("0")));
    add("429", error("RateLimitError", 429, Some("rate_limit_exceeded"), None, Some("2")));
    add("500", error("InternalServerError", 503, None, None, Some("2")));
    add("503", error("InternalServerError", 503, None, None, Some("2")));
    add("broke", error("RateLimitError", 429, Some("insufficient_quota"), None, Some("1")));
    for step in ["cut", "cut responses"] {
        add(step, json!({ "error": "APIError", "message": "it broke" }));
    }
    add("stop", json!({ "text": "Until here." }));
    add("sampling", json!({ "text": "At random." }));
    add("auto", json!({ "model": true, "tier": "TIER" }));
    add("models", json!({ "some": [true, true, true, false], "one": "lab" }));
    add("models of a small key", json!({ "all": ["auto", "lab"] }));
    add("cancel", json!({ "text": "Hello" }));
    all
}

#[tokio::test]
async fn the_official_sdk_in_python_is_served() {
    let mut found = Command::new("python3");
    found.args(["-c", "import openai"]);
    if !tokio::task::spawn_blocking(move || found.output()).await.unwrap().is_ok_and(|it| it.status.success())
    {
        return skipped("python3 does not have the package openai");
    }
    let mut command = Command::new("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proxy/client.py"));
    run(command).await;
}

#[tokio::test]
async fn the_official_sdk_in_javascript_is_served() {
    let folder = std::env::var_os("AE_OPENAI_JS").map_or_else(|| target().join("openai-js"), Into::into);
    if !folder.join("node_modules/openai").is_dir() {
        return skipped("the npm package openai is in neither AE_OPENAI_JS nor target/openai-js");
    }
    let mut command = Command::new("node");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proxy/client.mjs"));
    command.env("AE_OPENAI_JS", folder.canonicalize().unwrap());
    run(command).await;
}
