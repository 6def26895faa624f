//! The clients of vendors against the vendors' own SDKs: the same requests, and the same reading of the answers.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests"
)]

mod answers;
mod operations;
mod recorder;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use ae_core::{Digest, IdempotencyKey, RunId};
use ae_router::{Completion, FinishReason, ModelClient as _};
use serde_json::{Value, json};

use self::{
    operations::{FORMS, client, hello, operations},
    recorder::{Heard, Recorder},
};

/// The differences that are meant: form and operation, place, and reason.
const DIFFERENCES: [(&str, &str, &str); 6] = [
    ("anthropic", "/headers/anthropic-version", "the newer version takes no temperature and no top_p"),
    (
        "anthropic",
        "/headers/authorization",
        "the key has the header that gateways know, and the vendor's guide shows",
    ),
    ("anthropic", "/headers/x-api-key", "as above"),
    ("chat/schema", "/body/stream: null | false", "the SDK's helper writes the default"),
    ("compatible/schema", "/body/stream: null | false", "as above"),
    ("gemini", "/path", "only v1beta knows the names of the latest models"),
];

/// Fields that Google's servers read in both spellings, and that its SDK writes in the second one.
const SPELLINGS: [(&str, &str); 5] = [
    ("includeThoughts", "include_thoughts"),
    ("mimeType", "mime_type"),
    ("parametersJsonSchema", "parameters_json_schema"),
    ("thinkingBudget", "thinking_budget"),
    ("thinkingLevel", "thinking_level"),
];

fn key() -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"sdk")), "call", "complete", 0)
}

/// Runs the SDKs against a recorder; what they read of the answers.
fn official(recorder: &Recorder) -> Option<Vec<Value>> {
    let sdks = "import anthropic, openai, google.genai";
    let found = Command::new("python3").args(["-c", sdks]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        let message = "python3 does not have the packages anthropic, openai and google-genai";
        assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none(), "{message}");
        eprintln!("skipped: {message}");
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/official.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(recorder.url());
    // Settings of the machine would be part of the requests.
    for name in ["ANTHROPIC_", "OPENAI_", "GOOGLE_", "GEMINI_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().to_ascii_uppercase().starts_with(name) {
                command.env_remove(variable);
            }
        }
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    Some(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Makes the same calls, and gives what was read of the answers.
async fn ours(recorder: &Recorder) -> Vec<Value> {
    let mut read = Vec::new();
    for form in FORMS {
        for stream in [false, true] {
            let cases = answers::CASES.map(|case| (case, hello(form)));
            for (operation, request) in operations(form).into_iter().chain(cases) {
                let client = client(form, &recorder.url(), operation);
                let answer = if stream {
                    client.stream(&key(), &request).await.unwrap().finish().await
                } else {
                    client.complete(&key(), &request).await
                };
                let answer = answer.unwrap_or_else(|error| panic!("{form} {operation} {stream}: {error}"));
                if answers::CASES.contains(&operation) {
                    read.push(json!({ "form": form, "case": operation, "stream": stream,
                        "read": summary(form, &answer) }));
                }
            }
        }
    }
    read
}

/// An answer in the form in which two readers are compared.
fn summary(form: &str, answer: &Completion) -> Value {
    let calls = answer.tool_calls().map(|call| {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
        json!([call.id, call.name, arguments])
    });
    let usage = answer.usage.unwrap();
    // Gemini says nothing of its tier.
    let tier = answer.served.service_tier.as_deref();
    json!({ "text": answer.text().as_data(), "calls": calls.collect::<Vec<_>>(),
        "stop": stop(form, answer.finish_reason), "model": answer.model, "tier": tier,
        "input": usage.input + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h,
        "cached": usage.cache_read, "output": usage.output, "reasoning": usage.reasoning })
}

/// The vendor's word for a reason to stop.
fn stop(form: &str, reason: FinishReason) -> &'static str {
    match (form, reason) {
        ("anthropic", FinishReason::Stop) => "end_turn",
        ("anthropic", FinishReason::ToolUse) => "tool_use",
        ("anthropic", FinishReason::Length) => "max_tokens",
        ("anthropic" | "chat" | "compatible" | "responses", FinishReason::Refused) => "refusal",
        ("chat" | "compatible", FinishReason::Stop) => "stop",
        ("chat" | "compatible", FinishReason::ToolUse) => "tool_calls",
        ("chat" | "compatible", FinishReason::Length) => "length",
        ("responses", FinishReason::Length) => "max_output_tokens",
        ("responses", FinishReason::Stop | FinishReason::ToolUse) => "completed",
        ("gemini", FinishReason::Stop | FinishReason::ToolUse) => "STOP",
        ("gemini", FinishReason::Length) => "MAX_TOKENS",
        ("gemini", FinishReason::Filtered) => "SAFETY",
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requests_and_readings_are_those_of_the_official_sdks() {
    let theirs = Recorder::start();
    let Some(read) = official(&theirs) else { return };
    let mine = Recorder::start();
    let our_read = ours(&mine).await;

    let (theirs, mine) = (theirs.heard(), mine.heard());
    assert_eq!(mine.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    let mut wrong = Vec::new();
    let mut used = vec![false; DIFFERENCES.len()];
    for (name, heard) in &mine {
        for place in differences(heard, &theirs[name]) {
            let is_meant =
                |(form, at, _): &(&str, &str, &str)| name.starts_with(form) && place.starts_with(at);
            let meant = DIFFERENCES.iter().position(is_meant);
            match meant {
                Some(meant) => used[meant] = true,
                None => wrong.push(format!("{name}: {place}")),
            }
        }
    }
    assert!(wrong.is_empty(), "ours | theirs\n{}", wrong.join("\n"));
    let unused: Vec<_> = DIFFERENCES.iter().zip(&used).filter(|(_, used)| !**used).collect();
    assert!(unused.is_empty(), "differences that are gone: {unused:?}");

    assert_eq!(our_read.len(), read.len());
    for line in &our_read {
        let same =
            |other: &&Value| ["form", "case", "stream"].iter().all(|field| other[*field] == line[*field]);
        assert_eq!(Some(line), read.iter().find(same));
    }
}

/// The places in which two requests differ, each with both values.
fn differences(ours: &Heard, theirs: &Heard) -> Vec<String> {
    let whole = |heard: &Heard| {
        json!({ "method": heard.method, "path": heard.path, "query": heard.query, "headers": heard.headers,
            "body": heard.body })
    };
    let mut found = Vec::new();
    compare("", &whole(ours), &whole(theirs), &mut found);
    found
}

fn compare(at: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let spelt = |name: &String| {
                SPELLINGS
                    .iter()
                    .find(|(_, theirs)| theirs == name)
                    .map_or(name.clone(), |(ours, _)| (*ours).to_owned())
            };
            let theirs: BTreeMap<_, _> = theirs.iter().map(|(name, value)| (spelt(name), value)).collect();
            let names: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
            for name in names {
                let (ours, theirs) = (ours.get(name), theirs.get(name).copied());
                let null = Value::Null;
                compare(&format!("{at}/{name}"), ours.unwrap_or(&null), theirs.unwrap_or(&null), found);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                compare(&format!("{at}/{index}"), ours, theirs, found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{at}: {ours} | {theirs}")),
    }
}
