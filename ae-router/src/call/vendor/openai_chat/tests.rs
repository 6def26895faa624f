use ae_core::ErrorKind;
use serde_json::{Value, json};

use super::{super::Dialect as _, OpenAiChat};
use crate::{
    CompletionRequest, Delta, Effort, FinishReason, Message, Opaque, OutputSchema, Part, Role, Sampling,
    ServiceTier, Thinking, Tool, ToolCall, ToolChoice, ToolResult, call::vendor::Content,
};

fn local() -> OpenAiChat {
    OpenAiChat::compatible("local")
}

/// Reads a stream of these events.
fn read(events: &[Value]) -> (Vec<Delta>, Content) {
    let mut decoder = local().decoder();
    let mut deltas = Vec::new();
    for event in events {
        decoder.event(event.to_string().as_bytes(), &mut deltas).unwrap();
    }
    (deltas, decoder.finish().unwrap())
}

fn chunk(delta: &Value) -> Value {
    json!({ "id": "chatcmpl-7", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
}

fn end(reason: &str) -> Value {
    json!({ "id": "chatcmpl-7", "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

fn calls(content: &Content) -> Vec<&ToolCall> {
    let parts = content.parts.iter();
    parts
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            _ => None,
        })
        .collect()
}

#[test]
fn a_request_has_every_field_in_its_place() {
    let closed = json!({ "type": "object", "properties": {}, "required": [], "additionalProperties": false });
    let request = CompletionRequest::new("gpt-5.2", "Hello", 300)
        .with_system("Be brief.")
        .with_tool(Tool::new("now", "The time", closed.clone()))
        .with_tool(Tool::new("open", "Anything", json!({ "type": "object" })))
        .with_tool_choice(ToolChoice::Required)
        .with_output(OutputSchema::new("nothing", closed.clone()))
        .with_sampling(
            Sampling::default()
                .with_temperature(0.5)
                .with_top_p(0.9)
                .with_seed(7)
                .with_stop(vec!["END".into()]),
        )
        .with_thinking(Thinking::Effort(Effort::Low))
        .with_service_tier(ServiceTier::Priority);
    let wire = OpenAiChat::openai().request(&request, true).unwrap();
    assert_eq!(wire.path, ["chat", "completions"]);
    let expected = json!({
        "model": "gpt-5.2", "max_completion_tokens": 300, "store": false, "stream": true,
        "stream_options": { "include_usage": true }, "service_tier": "priority", "temperature": 0.5, "top_p": 0.9,
        "seed": 7, "stop": ["END"], "reasoning_effort": "low", "tool_choice": "required",
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello" }],
        "tools": [
            { "type": "function", "function": { "name": "now", "description": "The time", "parameters": closed,
                "strict": true } },
            { "type": "function", "function": { "name": "open", "description": "Anything",
                "parameters": { "type": "object" } } } ],
        "response_format": { "type": "json_schema",
            "json_schema": { "name": "nothing", "schema": closed, "strict": true } },
    });
    assert_eq!(wire.body, expected);
    let mut compatible = local().request(&request, false).unwrap().body;
    assert_eq!(compatible["max_tokens"], 300);
    for field in ["max_completion_tokens", "store", "stream", "stream_options"] {
        assert_eq!(compatible.get(field), None, "{field}");
    }
    compatible["tool_choice"] = Value::Null;
    let named = request.with_tool_choice(ToolChoice::Tool("now".to_owned()));
    let named = local().request(&named, false).unwrap().body;
    assert_eq!(named["tool_choice"], json!({ "type": "function", "function": { "name": "now" } }));
}

#[test]
fn a_conversation_with_calls_and_reasoning_goes_back() {
    let answer = json!({ "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": {
        "content": "I look.", "reasoning": "Hm.", "reasoning_details": [
            { "type": "reasoning.encrypted", "data": "c2VhbGVk", "index": 0 }],
        "tool_calls": [
            { "id": "c1", "function": { "name": "weather", "arguments": "{\"city\":\"Oslo\"}" } },
            { "id": "c2", "function": { "name": "now", "arguments": "" } } ] } }] });
    let content = local().answer(answer.to_string().as_bytes()).unwrap();
    let results = calls(&content).into_iter().map(|call| ToolResult::of(call, "fine")).collect::<Vec<_>>();
    let turn = Message::new(Role::Assistant, content.parts)
        .with_part(Part::Opaque(Opaque::new("openai_responses", json!({ "type": "reasoning" }))));
    let request = CompletionRequest::new("m", "Hello", 300).with_message(turn).with_message(
        Message::results(results).with_part(Part::Image("data:image/png;base64,AA==".to_owned())),
    );
    let messages = &local().request(&request, false).unwrap().body["messages"];
    assert_eq!(
        messages,
        &json!([
            { "role": "user", "content": "Hello" },
            { "role": "assistant", "content": "I look.", "reasoning_details": [
                { "type": "reasoning.encrypted", "data": "c2VhbGVk", "index": 0 }],
                "tool_calls": [
                    { "type": "function", "id": "c1",
                        "function": { "name": "weather", "arguments": "{\"city\":\"Oslo\"}" } },
                    { "type": "function", "id": "c2", "function": { "name": "now", "arguments": "{}" } } ] },
            { "role": "tool", "tool_call_id": "c1", "content": "fine" },
            { "role": "tool", "tool_call_id": "c2", "content": "fine" },
            { "role": "user", "content": [
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } }] },
        ])
    );
    let elsewhere = OpenAiChat::openai().request(&request, false).unwrap().body;
    assert_eq!(elsewhere["messages"][1].get("reasoning_details"), None, "they are another vendor's");
}

#[test]
fn a_request_without_a_place_is_refused() {
    let request = || CompletionRequest::new("m", "Hello", 300);
    for (refused, kind) in [
        (request().with_thinking(Thinking::Tokens(1000)), ErrorKind::Unsupported),
        (request().with_service_tier(ServiceTier::Batch), ErrorKind::Unsupported),
        (
            request().with_message(Message::new(Role::Assistant, vec![Part::Image("data:x".to_owned())])),
            ErrorKind::Unsupported,
        ),
        (request().with_message(Message::new(Role::User, Vec::new())), ErrorKind::InvalidInput),
        (request().with_sampling(Sampling::default().with_top_p(f64::INFINITY)), ErrorKind::InvalidInput),
    ] {
        assert_eq!(local().request(&refused, false).unwrap_err().kind(), kind, "{refused:?}");
    }
}

#[test]
fn reasons_to_stop() {
    let call = json!([{ "id": "c", "function": { "name": "f", "arguments": "{" } }]);
    for (reason, refusal, calls, expected) in [
        (json!("stop"), Value::Null, Value::Null, FinishReason::Stop),
        (json!("stop"), json!("I can't."), Value::Null, FinishReason::Refused),
        (json!("stop"), Value::Null, call.clone(), FinishReason::ToolUse),
        (json!("tool_calls"), Value::Null, call.clone(), FinishReason::ToolUse),
        (json!("function_call"), Value::Null, call.clone(), FinishReason::ToolUse),
        (json!("tool_calls"), Value::Null, Value::Null, FinishReason::Unknown),
        (json!("length"), Value::Null, call.clone(), FinishReason::Length),
        (json!("content_filter"), Value::Null, Value::Null, FinishReason::Filtered),
        (json!("model_length"), Value::Null, Value::Null, FinishReason::Context),
        (json!("abort"), Value::Null, Value::Null, FinishReason::Unknown),
        (Value::Null, Value::Null, Value::Null, FinishReason::Unknown),
    ] {
        let answer = json!({ "choices": [{ "finish_reason": reason,
            "message": { "content": "x", "refusal": refusal, "tool_calls": calls } }] });
        let content = local().answer(answer.to_string().as_bytes()).unwrap();
        assert_eq!(content.finish_reason, expected, "{answer}");
    }
    for body in ["", "{}", r#"{"choices":[]}"#, r#"{"choices":null}"#, "<html>"] {
        assert_eq!(local().answer(body.as_bytes()).unwrap_err().kind(), ErrorKind::Protocol, "{body}");
    }
}

/// The ways in which servers write calls that are not quite the form's.
#[test]
fn calls_are_told_apart_however_they_come() {
    let whole = |id: Value, index: Value, name: &str| json!({ "id": id, "index": index, "function": { "name": name, "arguments": "{\"a\":1}" } });
    let at_once = json!([whole(json!("x"), json!(0), "f"), whole(json!("y"), json!(0), "g")]);
    let no_index = json!([whole(json!("x"), Value::Null, "f"), whole(json!("y"), Value::Null, "g")]);
    let bare = json!([whole(Value::Null, Value::Null, "f"), whole(json!(""), Value::Null, "g")]);
    let from_one = json!([whole(json!("x"), json!(1), "f"), whole(json!("y"), json!(2), "g")]);
    for list in [at_once, no_index, bare, from_one] {
        let (deltas, content) = read(&[chunk(&json!({ "tool_calls": list })), end("stop")]);
        let calls = calls(&content);
        assert_eq!(calls.iter().map(|call| call.name.as_str()).collect::<Vec<_>>(), ["f", "g"], "{list}");
        assert!(calls.iter().all(|call| call.arguments == "{\"a\":1}"), "{calls:?}");
        assert_ne!(calls[0].id, calls[1].id);
        assert_eq!(deltas.len(), 4);
        assert_eq!(content.finish_reason, FinishReason::ToolUse);
    }
    // Pieces of one call without an index, an object in place of a text, and a name after the arguments.
    let (_, content) = read(&[
        chunk(&json!({ "tool_calls": [{ "function": { "name": "f", "arguments": "{\"a\"" } }] })),
        chunk(&json!({ "tool_calls": [{ "function": { "arguments": ":1}" } }] })),
        chunk(&json!({ "tool_calls": [{ "function": { "name": "g", "arguments": { "b": 2 } } }] })),
        chunk(&json!({ "tool_calls": [{ "index": 9, "function": { "arguments": "{" } }] })),
        chunk(&json!({ "tool_calls": [{ "index": 9, "function": { "name": "h", "arguments": "}" } }] })),
        end("tool_calls"),
    ]);
    let found: Vec<_> =
        calls(&content).iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect();
    assert_eq!(found, [("f", "{\"a\":1}"), ("g", "{\"b\":2}"), ("h", "{}")]);
    let old = json!({ "choices": [{ "finish_reason": "function_call",
        "message": { "content": null, "function_call": { "name": "f", "arguments": "{}" } } }] });
    let content = local().answer(old.to_string().as_bytes()).unwrap();
    assert_eq!((calls(&content).len(), content.finish_reason), (1, FinishReason::ToolUse));
}

#[test]
fn made_up_ids_differ_between_answers() {
    let answer = |id: &str| {
        let call = json!([{ "function": { "name": "f", "arguments": "{}" } }]);
        let body =
            json!({ "id": id, "choices": [{ "finish_reason": "stop", "message": { "tool_calls": call } }] });
        calls(&local().answer(body.to_string().as_bytes()).unwrap())[0].id.clone()
    };
    let id = answer("chatcmpl-1");
    assert_ne!(id, answer("chatcmpl-2"));
    assert_eq!(id, answer("chatcmpl-1"));
    assert!(id.len() <= 40 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{id}");
}

#[test]
fn reasoning_is_shown_once_and_goes_back_with_calls() {
    let call =
        json!({ "tool_calls": [{ "id": "c", "index": 0, "function": { "name": "f", "arguments": "" } }] });
    let detail =
        |text: &str| json!([{ "type": "reasoning.text", "text": text, "index": 0, "signature": null }]);
    let events = [
        chunk(&json!({ "reasoning": "I ", "reasoning_content": "I ", "reasoning_details": detail("I ") })),
        chunk(
            &json!({ "reasoning": "think", "reasoning_content": "think", "reasoning_details": detail("think") }),
        ),
        chunk(&json!({ "reasoning_details": [{ "type": "reasoning.text", "index": 0, "signature": "s" }] })),
        chunk(&call),
        end("tool_calls"),
    ];
    let (deltas, content) = read(&events);
    let shown: String = deltas
        .iter()
        .filter_map(|delta| match delta {
            Delta::Reasoning(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(shown, "I think");
    let Some(Part::Opaque(opaque)) = content.parts.first() else { panic!("{content:?}") };
    assert_eq!(opaque.api, "openai_chat/local");
    let details = json!([{ "type": "reasoning.text", "text": "I think", "index": 0, "signature": "s" }]);
    assert_eq!(opaque.json, json!({ "reasoning_details": details }));
    let plain =
        [chunk(&json!({ "reasoning_content": "I" })), chunk(&json!({ "content": "Hi" })), end("stop")];
    assert_eq!(read(&plain).1.parts, [Part::Text("Hi".to_owned())]);
    let with_call = [chunk(&json!({ "reasoning_content": "I" })), chunk(&call), end("tool_calls")];
    let Some(Part::Opaque(opaque)) = read(&with_call).1.parts.first().cloned() else { panic!() };
    assert_eq!(opaque.json, json!({ "reasoning_content": "I" }));
}

#[test]
fn odd_chunks_are_read() {
    let events = [
        json!({ "choices": [] }),
        json!({ "choices": null, "usage": null }),
        json!({ "choices": [{ "index": 1, "delta": { "content": "another choice" } }] }),
        json!({ "choices": [{ "delta": { "content": [{ "type": "text", "text": "H" }] }, "finish_reason": "" }] }),
        json!({ "choices": [{ "message": { "content": "i" }, "finish_reason": null }] }),
        json!({ "error": { "message": "the transport reads it" }, "choices": [{ "delta": { "content": "no" } }] }),
        end("stop"),
        json!({ "choices": [], "usage": { "prompt_tokens": 5 } }),
    ];
    assert_eq!(read(&events).1.parts, [Part::Text("Hi".to_owned())]);
    let mut decoder = local().decoder();
    decoder.event(b"[DONE]", &mut Vec::new()).unwrap();
    assert_eq!(decoder.finish().unwrap().finish_reason, FinishReason::Unknown);
    assert_eq!(local().decoder().finish(), None);
}

#[test]
fn an_error_within_a_choice_is_not_an_end() {
    let body = json!({ "choices": [{ "index": 0, "finish_reason": "error", "error": { "code": 429, "message": "no" },
        "message": { "content": "ha" } }] })
    .to_string();
    assert_eq!(local().answer(body.as_bytes()).unwrap_err().kind(), ErrorKind::Protocol);
    let mut decoder = local().decoder();
    decoder.event(body.as_bytes(), &mut Vec::new()).unwrap();
    assert_eq!(decoder.finish(), None);
}
