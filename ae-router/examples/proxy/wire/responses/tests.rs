//! Requests of Responses, and answers in its form.

use ae_router::{
    Completion, Delta, Effort, FinishReason, Opaque, Part, Role, Thinking, ToolCall, ToolChoice,
    core::TokenUsage,
};
use serde_json::{Value, json};

use super::super::{Asked, Bad, Form, Seal, Stamp, Writer, whole};

fn seal() -> Seal {
    Seal::new(["secret"])
}

/// A request with more fields.
fn asked(more: &Value) -> Result<Asked, Bad> {
    let mut body = json!({ "model": "auto", "input": "hi" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Asked::read(Form::Responses, body.to_string().as_bytes(), &seal())
}

fn stamp() -> Stamp {
    Stamp { id: "1".into(), created: 7 }
}

#[test]
fn every_field_is_carried() {
    let schema = json!({ "type": "object" });
    let asked = asked(&json!({
        "max_output_tokens": 9, "temperature": 0.5, "reasoning": { "effort": "high", "summary": "auto" },
        "instructions": "s", "stream": true, "stream_options": { "include_obfuscation": false },
        "include": ["reasoning.encrypted_content"], "truncation": "disabled", "background": false, "store": false,
        "tools": [{ "type": "function", "name": "t", "parameters": schema, "strict": true }],
        "tool_choice": { "type": "function", "name": "t" },
        "text": { "format": { "type": "json_schema", "name": "o", "schema": schema }, "verbosity": "medium" },
        "input": [{ "role": "developer", "content": "d" }, { "type": "message", "role": "user", "content": [
            { "type": "input_text", "text": "a" },
            { "type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto" }] }],
    }));
    let Asked { request, stream, .. } = asked.unwrap();
    assert!(stream);
    assert_eq!((request.model.as_str(), request.system.as_str()), ("", "s\n\nd"));
    assert_eq!((request.output_tokens_max, request.thinking), (9, Thinking::Effort(Effort::High)));
    assert_eq!(request.tool_choice, ToolChoice::Tool("t".into()));
    assert_eq!(request.output.unwrap().name, "o");
    assert_eq!(
        request.messages[0].parts,
        [Part::Text("a".into()), Part::Image("data:image/png;base64,AA==".into())]
    );
}

#[test]
fn a_field_that_can_not_be_carried_is_named() {
    for (fields, name) in [
        (json!({ "previous_response_id": "x" }), "previous_response_id"),
        (json!({ "conversation": "x" }), "conversation"),
        (json!({ "background": true }), "background"),
        (json!({ "truncation": "auto" }), "truncation"),
        (json!({ "store": true }), "store"),
        (json!({ "include": ["message.output_text.logprobs"] }), "include"),
        (json!({ "prompt": {} }), "prompt"),
        (json!({ "max_tool_calls": 1 }), "max_tool_calls"),
        (json!({ "tools": [{ "type": "web_search" }] }), "tools[0].type"),
        (json!({ "tool_choice": "required" }), "tool_choice"),
        (json!({ "text": { "format": { "type": "json_object" } } }), "text.format.type"),
        (json!({ "text": { "verbosity": "low" } }), "text.verbosity"),
        (json!({ "input": null }), "input"),
        (json!({ "input": [{ "type": "item_reference", "id": "x" }] }), "input[0].type"),
        (
            json!({ "input": [{ "type": "reasoning", "encrypted_content": "x" }] }),
            "input[0].encrypted_content",
        ),
        (
            json!({ "input": [{ "role": "user", "content": [{ "type": "input_file" }] }] }),
            "input[0].content[0].type",
        ),
    ] {
        assert_eq!(asked(&fields).unwrap_err().field, name, "{fields}");
    }
}

/// The answer with everything, in an order that not every vendor has.
fn answer() -> Completion {
    let opaque =
        |at: u64| Part::Opaque(Opaque::new("openai_responses", json!({ "type": "reasoning", "at": at })));
    let call = |id: &str| Part::ToolCall(ToolCall::new(id, "t", "{\"a\":1}"));
    let parts = vec![opaque(0), Part::Text("look".into()), call("1"), opaque(1), call("2")];
    Completion::new("gpt", parts)
        .with_usage(TokenUsage::new(6, 5).with_cache_read(4).with_reasoning(2))
        .with_finish_reason(FinishReason::ToolUse)
}

/// The turn that a client hands back.
fn back(output: &Value) -> Vec<Part> {
    let mut input = vec![json!({ "role": "user", "content": "a" })];
    input.extend(output.as_array().unwrap().iter().cloned());
    for call in ["1", "2"] {
        input.push(json!({ "type": "function_call_output", "call_id": call, "output": "r" }));
    }
    let request = asked(&json!({ "input": input })).unwrap().request;
    assert_eq!(request.messages[1].role, Role::Assistant);
    assert_eq!(request.messages[2].parts.len(), 2);
    request.messages[1].parts.clone()
}

#[test]
fn an_answer_comes_back_as_it_was() {
    let request = asked(&json!({ "temperature": 0.5, "user": null })).unwrap();
    let body = whole(&request, &stamp(), &answer(), &seal());
    assert_eq!((&body["status"], &body["temperature"]), (&json!("completed"), &json!(0.5)));
    assert_eq!(body["usage"]["input_tokens"], 10);
    assert_eq!(&back(&body["output"]), answer().content.as_data());
}

fn events(text: &str) -> Vec<Value> {
    let data = text.split("\n\n").filter(|event| !event.is_empty()).map(|event| {
        let (name, data) = event.split_once('\n').unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name.strip_prefix("event: ").unwrap(), data["type"]);
        data
    });
    data.collect()
}

#[test]
fn a_stream_is_the_same_answer() {
    let request = asked(&json!({})).unwrap();
    let mut writer = Writer::new(&request, stamp(), "gpt", false, &seal());
    let mut text = writer.begin();
    for piece in [
        Delta::Reasoning("hm".into()),
        Delta::Text("lo".into()),
        Delta::Text("ok".into()),
        Delta::ToolCall { index: 0, id: "1".into(), name: "t".into() },
        Delta::ToolArguments { index: 0, json: "{\"a\"".into() },
        Delta::ToolCall { index: 1, id: "2".into(), name: "t".into() },
        Delta::ToolArguments { index: 1, json: "{\"a\":1}".into() },
        Delta::ToolArguments { index: 0, json: ":1}".into() },
    ] {
        text.push_str(&writer.piece(&piece));
    }
    text.push_str(&writer.end(&answer()));
    let events = events(&text);
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], at);
    }
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(count("response.output_item.added"), count("response.output_item.done"));
    assert_eq!(count("response.function_call_arguments.done"), 2);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    for (at, item) in last["response"]["output"].as_array().unwrap().iter().enumerate() {
        let done = events
            .iter()
            .find(|event| event["type"] == "response.output_item.done" && event["output_index"] == at);
        assert_eq!(&done.unwrap()["item"], item);
    }
    assert_eq!(&back(&last["response"]["output"]), answer().content.as_data());
}

#[test]
fn an_answer_that_is_cut_is_incomplete() {
    let request = asked(&json!({})).unwrap();
    for (reason, status, streamed) in [
        (FinishReason::Length, "max_output_tokens", "max_output_tokens"),
        (FinishReason::Filtered, "content_filter", "content_filter"),
        (FinishReason::Refused, "", "content_filter"),
    ] {
        let answer = Completion::text_of("m", "no").with_finish_reason(reason);
        let body = whole(&request, &stamp(), &answer, &seal());
        assert_eq!(body["incomplete_details"]["reason"].as_str().unwrap_or_default(), status);
        let kind = if reason == FinishReason::Refused { "refusal" } else { "output_text" };
        assert_eq!(body["output"][0]["content"][0]["type"], kind);
        let mut writer = Writer::new(&request, stamp(), "m", false, &seal());
        let text = writer.piece(&Delta::Text("no".into())) + &writer.end(&answer);
        let last = events(&text).pop().unwrap();
        assert_eq!(
            (&last["type"], &last["response"]["incomplete_details"]["reason"]),
            (&json!("response.incomplete"), &json!(streamed))
        );
    }
}
