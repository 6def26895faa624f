//! The model server itself, as a client without a library sees it.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use crate::models::{Act, Api, ModelServer, Script, Turn, Usage};

/// All bytes of the answer, until the connection ends or nothing has come for `patience`.
fn send(models: &ModelServer, method: &str, path: &str, body: &Value, patience: Duration) -> (String, bool) {
    let mut connection = TcpStream::connect(models.address()).unwrap();
    connection.set_read_timeout(Some(patience)).unwrap();
    let body = body.to_string();
    let length = body.len();
    write!(
        connection,
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: dummy\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut bytes = Vec::new();
    let ended = connection.read_to_end(&mut bytes).is_ok();
    (String::from_utf8(bytes).unwrap(), ended)
}

fn post(models: &ModelServer, path: &str, body: &Value) -> String {
    send(models, "POST", path, body, Duration::from_secs(20)).0
}

/// The body of a request in the form of each vendor, with a tool that writes files, and its path.
fn request(api: Api, stream: bool) -> (&'static str, Value) {
    let schema =
        json!({"type": "object", "properties": {"path": {"type": "string"}, "content": {"type": "string"}}});
    match api {
        Api::Anthropic => (
            "/s/v1/messages",
            json!({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "Do it."}],
                "tools": [{"name": "write_file", "input_schema": schema}]}),
        ),
        Api::Responses => (
            "/s/v1/responses",
            json!({"model": "m", "stream": stream, "input": [{"type": "message", "role": "user",
                "content": [{"type": "input_text", "text": "Do it."}]}],
                "tools": [{"type": "function", "name": "write_file", "parameters": schema}]}),
        ),
        Api::Chat => (
            "/s/v1/chat/completions",
            json!({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "Do it."}],
                "tools": [{"type": "function", "function": {"name": "write_file", "parameters": schema}}]}),
        ),
        Api::Gemini => (
            if stream {
                "/s/v1beta/models/m:streamGenerateContent?alt=sse"
            } else {
                "/s/v1beta/models/m:generateContent"
            },
            json!({"contents": [{"role": "user", "parts": [{"text": "Do it."}]}],
                "tools": [{"functionDeclarations": [{"name": "write_file", "parametersJsonSchema": schema}]}]}),
        ),
    }
}

const APIS: [Api; 4] = [Api::Anthropic, Api::Responses, Api::Chat, Api::Gemini];

#[test]
fn every_form_of_asking_gets_the_text_the_call_and_the_usage() {
    for api in APIS {
        for stream in [true, false] {
            let models = ModelServer::start();
            let turn = Turn::write("a.txt", "content of the file\n").saying("First words.");
            models.play("s", Script::turns([turn.with_usage(Usage { stored: 0, ..Usage::EACH })]));
            let (path, body) = request(api, stream);
            let answer = post(&models, path, &body);
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{api:?}\n{answer}");
            for part in ["write_file", "content of the file", "a.txt", "63", "First words."] {
                // The output of Gemini is without the reasoning, and a stream has the text in pieces.
                let part = match part {
                    "63" if api == Api::Gemini => "56",
                    "First words." if stream => "First words.".get(..6).unwrap(),
                    other => other,
                };
                assert!(answer.contains(part), "{api:?} {stream} {part}\n{answer}");
            }
            let calls = models.calls("s");
            let asked = calls[0].asked.as_ref().unwrap();
            assert_eq!(
                (asked.api, asked.model.as_str(), asked.prompt(), asked.stream),
                (api, "m", "Do it.", stream)
            );
            assert_eq!(asked.key.as_deref(), Some("dummy"));
            assert_eq!(models.spent("s"), Usage::EACH);
        }
    }
}

#[test]
fn errors_have_the_vendors_form() {
    for (api, word) in APIS.into_iter().zip([
        "rate_limit_error",
        "rate_limit_exceeded",
        "rate_limit_exceeded",
        "RESOURCE_EXHAUSTED",
    ]) {
        let models = ModelServer::start();
        models.play("s", Script::always(Turn::status(429).retry_after(7)));
        let (path, body) = request(api, true);
        let answer = post(&models, path, &body);
        assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
        assert!(answer.contains("retry-after: 7\r\n") && answer.contains(word), "{answer}");
        assert_eq!(models.spent("s"), Usage::default());
    }
}

#[test]
fn an_answer_can_be_cut_stall_or_never_come() {
    let models = ModelServer::start();
    let (path, body) = request(Api::Anthropic, true);
    let text = Turn::text("one two three four five six seven eight nine ten");
    let soon = Duration::from_millis(500);
    models.play("s", Script::always(text.clone().cut()));
    let (answer, ended) = send(&models, "POST", path, &body, Duration::from_secs(20));
    assert!(ended && answer.contains("message_start") && !answer.contains("message_stop"), "{answer}");
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    models.play("s", Script::always(text.stalled()));
    let (answer, ended) = send(&models, "POST", path, &body, soon);
    assert!(!ended && answer.contains("message_start") && !answer.contains("message_stop"), "{answer}");
    models.play("s", Script::always(Turn::Hang));
    assert_eq!(send(&models, "POST", path, &body, soon), (String::new(), false));
}

#[test]
fn a_script_sees_the_results_and_titles_are_no_steps() {
    let models = ModelServer::start();
    models.play(
        "s",
        Script::decide(|asked| match asked.results().as_slice() {
            [] => Turn::acts([Act::shell("cargo test"), Act::write("b.txt", "b")]),
            [first, _] if first.contains("FAILED") => Turn::text("It failed."),
            other => Turn::text(format!("{other:?}")),
        }),
    );
    let (path, mut body) = request(Api::Anthropic, false);
    assert!(post(&models, path, &body).contains("\"name\":\"write_file\""));
    body["messages"] = json!([
        {"role": "user", "content": "Do it."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "shell", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "1", "content": "test FAILED"},
            {"type": "tool_result", "tool_use_id": "2", "content": [{"type": "text", "text": "written"}]},
            {"type": "text", "text": "<system-reminder>Be brief.</system-reminder>"}]},
    ]);
    body["tools"].take();
    assert!(post(&models, path, &body).contains("A short text."));
    let (_, with_tools) = request(Api::Anthropic, false);
    body["tools"] = with_tools["tools"].clone();
    assert!(post(&models, path, &body).contains("It failed."));
    let calls = models.calls("s");
    let steps: Vec<_> = calls.iter().map(|call| (call.aside, call.asked.as_ref().unwrap().number)).collect();
    assert_eq!(steps, [(false, 1), (true, 2), (false, 2)]);
    assert_eq!(calls[2].asked.as_ref().unwrap().prompt(), "Do it.");
}

#[test]
fn what_is_free_costs_nothing_and_is_kept() {
    let models = ModelServer::start();
    models.play("s", Script::always(Turn::text("x")));
    let brief = Duration::from_secs(20);
    assert!(send(&models, "GET", "/s/v1/responses", &json!({}), brief).0.starts_with("HTTP/1.1 426"));
    assert!(post(&models, "/s/v1/messages/count_tokens", &json!({"messages": []})).contains("input_tokens"));
    assert!(send(&models, "HEAD", "/s", &json!({}), brief).0.starts_with("HTTP/1.1 200"));
    assert!(post(&models, "/s/api/event_logging", &json!({})).starts_with("HTTP/1.1 404"));
    assert!(post(&models, "/other/v1/messages", &json!({})).starts_with("HTTP/1.1 404"));
    let paths: Vec<_> = models.heard().into_iter().map(|heard| (heard.script, heard.path)).collect();
    assert_eq!(paths[3], ("s".to_owned(), "/api/event_logging".to_owned()));
    assert!(models.calls("s").is_empty());
}
