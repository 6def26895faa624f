//! Requests of Chat Completions, and answers in its form.

use ae_router::{
    Completion, Delta, Effort, FinishReason, Opaque, Part, Role, ServiceTier, Thinking, ToolCall, ToolChoice,
    core::TokenUsage,
};
use serde_json::{Value, json};

use super::super::{Asked, Bad, Form, Seal, Stamp, Writer, whole};

fn seal() -> Seal {
    Seal::new(["secret"])
}

fn read(body: &Value) -> Result<Asked, Bad> {
    Asked::read(Form::Chat, body.to_string().as_bytes(), &seal())
}

/// A request with more fields.
fn asked(more: &Value) -> Result<Asked, Bad> {
    let mut body = json!({ "model": "gpt-5.2", "messages": [{ "role": "user", "content": "hi" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    read(&body)
}

fn stamp() -> Stamp {
    Stamp { id: "1".into(), created: 7 }
}

#[test]
fn every_field_is_carried() {
    let schema = json!({ "type": "object" });
    let asked = asked(&json!({
        "max_completion_tokens": 9, "temperature": 0.5, "top_p": 0.9, "seed": 3, "stop": ["a", "b"],
        "reasoning_effort": "low", "service_tier": "flex", "stream": true,
        "stream_options": { "include_usage": true }, "user": "u", "metadata": { "a": "b" }, "store": false,
        "n": 1, "logprobs": null, "presence_penalty": 0.0, "parallel_tool_calls": true,
        "tools": [{ "type": "function", "function": { "name": "t", "description": "d", "parameters": schema } }],
        "tool_choice": { "type": "function", "function": { "name": "t" } },
        "response_format": { "type": "json_schema", "json_schema": { "name": "o", "schema": schema, "strict": true } },
    }));
    let Asked { request, stream, usage, .. } = asked.unwrap();
    assert!(stream && usage);
    assert_eq!((request.model.as_str(), request.output_tokens_max), ("gpt-5.2", 9));
    assert_eq!(
        (request.sampling.temperature, request.sampling.top_p, request.sampling.seed),
        (Some(0.5), Some(0.9), Some(3))
    );
    assert_eq!(request.sampling.stop, ["a", "b"]);
    assert_eq!(
        (request.thinking, request.service_tier),
        (Thinking::Effort(Effort::Low), Some(ServiceTier::Flex))
    );
    assert_eq!((request.tools[0].name.as_str(), request.tools[0].description.as_str()), ("t", "d"));
    assert_eq!(request.tool_choice, ToolChoice::Tool("t".into()));
    assert_eq!(request.output.unwrap().schema, schema);
}

#[test]
fn a_field_that_can_not_be_carried_is_named() {
    for (fields, name) in [
        (json!({ "n": 2 }), "n"),
        (json!({ "logprobs": true }), "logprobs"),
        (json!({ "store": true }), "store"),
        (json!({ "frequency_penalty": 0.1 }), "frequency_penalty"),
        (json!({ "parallel_tool_calls": false }), "parallel_tool_calls"),
        (json!({ "prediction": {} }), "prediction"),
        (json!({ "audio": {} }), "audio"),
        (json!({ "of_next_year": 1 }), "of_next_year"),
        (json!({ "max_tokens": 0 }), "max_tokens"),
        (json!({ "max_tokens": 1, "max_completion_tokens": 2 }), "max_tokens"),
        (json!({ "max_tokens": -1 }), "max_tokens"),
        (json!({ "temperature": "warm" }), "temperature"),
        (json!({ "stop": [1] }), "stop"),
        (json!({ "seed": -1 }), "seed"),
        (json!({ "reasoning_effort": "xhigh" }), "reasoning_effort"),
        (json!({ "response_format": { "type": "json_object" } }), "response_format.type"),
        (json!({ "stream_options": { "x": 1 } }), "stream_options.x"),
        (json!({ "tools": [{ "type": "custom" }] }), "tools[0].type"),
        (json!({ "tool_choice": "some" }), "tool_choice"),
        (json!({ "model": null }), "model"),
        (json!({ "messages": [] }), "messages"),
        (json!({ "messages": [{ "role": "user", "content": "a", "name": "n" }] }), "messages[0].name"),
        (json!({ "messages": [{ "role": "user" }] }), "messages[0].content"),
        (json!({ "messages": [{ "role": "x" }] }), "messages[0].role"),
        (
            json!({ "messages": [{ "role": "user", "content": [{ "type": "file" }] }] }),
            "messages[0].content[0].type",
        ),
        (
            json!({ "messages": [{ "role": "user", "content": "a" }, { "role": "assistant", "content": "b" }] }),
            "messages",
        ),
        (
            json!({ "messages": [{ "role": "user", "content": "a" }, { "role": "system", "content": "b" }] }),
            "messages[1].role",
        ),
        (
            json!({ "messages": [{ "role": "tool", "tool_call_id": "x", "content": "b" }] }),
            "messages[0].tool_call_id",
        ),
        (
            json!({ "messages": [{ "role": "user", "content": [
                { "type": "image_url", "image_url": { "url": "https://x/y.png", "detail": "low" } }] }] }),
            "messages[0].content[0].image_url.detail",
        ),
    ] {
        assert_eq!(asked(&fields).unwrap_err().field, name, "{fields}");
    }
    let plain = asked(&json!({ "temperature": 1, "top_p": 1.0 })).unwrap().request.sampling;
    assert_eq!((plain.temperature, plain.top_p), (None, None));
    let error = Asked::read(Form::Chat, b"{", &seal()).unwrap_err();
    assert_eq!(error.field, "");
}

/// The answer with everything.
fn answer() -> Completion {
    let opaque = Part::Opaque(Opaque::new("anthropic_messages", json!({ "type": "thinking" })));
    let call = |id: &str| Part::ToolCall(ToolCall::new(id, "t", "{\"a\":1}").with_signature("s"));
    Completion::new("claude", vec![opaque, Part::Text("look".into()), call("1"), call("2")])
        .with_usage(TokenUsage::new(6, 5).with_cache_read(4).with_reasoning(2))
        .with_finish_reason(FinishReason::ToolUse)
}

#[test]
fn an_answer_comes_back_as_it_was() {
    let request = asked(&json!({})).unwrap();
    let body = whole(&request, &stamp(), &answer(), &seal());
    assert_eq!(body["usage"]["prompt_tokens"], 10);
    assert_eq!(body["usage"]["prompt_tokens_details"]["cached_tokens"], 4);
    assert_eq!(body["choices"][0]["finish_reason"], "tool_calls");
    let message = body["choices"][0]["message"].clone();
    let result = |id: &Value| json!({ "role": "tool", "tool_call_id": id, "content": "r" });
    let calls = &message["tool_calls"];
    let results = [result(&calls[0]["id"]), result(&calls[1]["id"])];
    let messages = json!([{ "role": "developer", "content": "s" }, { "role": "user", "content": "a" }, message,
        results[0], results[1], { "role": "user", "content": "b" }]);
    let request = asked(&json!({ "messages": messages })).unwrap().request;
    assert_eq!(request.system, "s");
    let [_, turn, results, last] = request.messages.as_slice() else { panic!("{:?}", request.messages) };
    assert_eq!((turn.role, &turn.parts), (Role::Assistant, answer().content.as_data()));
    let ids = results.parts.iter().map(|part| match part {
        Part::ToolResult(result) => (result.call.as_str(), result.name.as_str()),
        other => panic!("{other:?}"),
    });
    assert_eq!(ids.collect::<Vec<_>>(), [("1", "t"), ("2", "t")]);
    assert_eq!(last.text(), "b");
}

#[test]
fn unknown_usage_is_left_out_and_a_refusal_is_one() {
    let request = asked(&json!({})).unwrap();
    let refused = Completion::text_of("m", "no").with_finish_reason(FinishReason::Refused);
    let body = whole(&request, &stamp(), &refused, &seal());
    assert_eq!(body.get("usage"), None);
    assert_eq!(body["choices"][0]["message"]["content"], Value::Null);
    assert_eq!(body["choices"][0]["message"]["refusal"], "no");
    for (reason, word) in [
        (FinishReason::Stop, "stop"),
        (FinishReason::Length, "length"),
        (FinishReason::Context, "length"),
        (FinishReason::Filtered, "content_filter"),
    ] {
        let answer = Completion::text_of("m", "x").with_finish_reason(reason);
        let body = whole(&request, &stamp(), &answer, &seal());
        assert_eq!(body["choices"][0]["finish_reason"], word);
    }
}

/// The chunks of a stream.
fn chunks(text: &str) -> Vec<Value> {
    let data =
        text.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[test]
fn a_stream_has_the_rest_of_the_calls_at_its_end() {
    let request = asked(&json!({ "stream_options": { "include_usage": true } })).unwrap();
    for calls_at_end in [false, true] {
        let mut writer = Writer::new(&request, stamp(), "claude", calls_at_end, &seal());
        let mut text = writer.begin();
        for piece in [
            Delta::Reasoning("hm".into()),
            Delta::Text("look".into()),
            Delta::ToolCall { index: 0, id: "1".into(), name: "t".into() },
            Delta::ToolArguments { index: 0, json: "{\"a\"".into() },
            Delta::Usage(TokenUsage::new(1, 1)),
        ] {
            text.push_str(&writer.piece(&piece));
        }
        text.push_str(&writer.end(&answer()));
        assert!(text.ends_with("data: [DONE]\n\n"));
        let chunks = chunks(&text);
        let mut calls = [(String::new(), String::new()), (String::new(), String::new())];
        for call in chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].get(0)) {
            let (id, arguments) = &mut calls[usize::try_from(call["index"].as_u64().unwrap()).unwrap()];
            id.push_str(call["id"].as_str().unwrap_or_default());
            arguments.push_str(call["function"]["arguments"].as_str().unwrap_or_default());
        }
        let first = if calls_at_end { "1~sig~s" } else { "1" };
        let expected = [first, "2~sig~s"].map(|id| (id.to_owned(), "{\"a\":1}".to_owned()));
        assert_eq!(calls, expected);
        assert_eq!(chunks.last().unwrap()["usage"]["total_tokens"], 15);
        assert_eq!(chunks[chunks.len() - 2]["choices"][0]["finish_reason"], "tool_calls");
    }
}
