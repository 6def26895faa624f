use ae_core::ErrorKind;
use serde_json::{Value, json};

use super::{super::Dialect as _, OpenAiResponses};
use crate::{
    CompletionRequest, Delta, Effort, FinishReason, Message, Opaque, OutputSchema, Part, Role, Sampling,
    ServiceTier, Thinking, Tool, ToolCall, ToolChoice, ToolResult,
};

fn body(request: &CompletionRequest) -> Value {
    OpenAiResponses.request(request, false).unwrap().body
}

fn closed() -> Value {
    json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"],
        "additionalProperties": false })
}

#[test]
fn a_request_has_every_field_in_its_place() {
    let request = CompletionRequest::new("gpt-6.1-sol", "Hello", 300)
        .with_system("Be brief.")
        .with_tool(Tool::new("weather", "The weather", closed()))
        .with_tool(Tool::new("open", "Anything", json!({ "type": "object" })))
        .with_tool_choice(ToolChoice::Tool("weather".to_owned()))
        .with_output(OutputSchema::new("city", closed()))
        .with_sampling(Sampling::default().with_temperature(0.5).with_top_p(0.9))
        .with_thinking(Thinking::Effort(Effort::High))
        .with_service_tier(ServiceTier::Flex);
    let wire = OpenAiResponses.request(&request, true).unwrap();
    assert_eq!(wire.path, ["responses"]);
    assert_eq!(
        wire.body,
        json!({
            "model": "gpt-6.1-sol", "instructions": "Be brief.", "max_output_tokens": 300, "store": false,
            "include": ["reasoning.encrypted_content"], "stream": true, "service_tier": "flex",
            "temperature": 0.5, "top_p": 0.9, "reasoning": { "effort": "high" },
            "input": [{ "role": "user", "content": [{ "type": "input_text", "text": "Hello" }] }],
            "tools": [
                { "type": "function", "name": "weather", "description": "The weather", "parameters": closed(),
                    "strict": true },
                { "type": "function", "name": "open", "description": "Anything",
                    "parameters": { "type": "object" }, "strict": false } ],
            "tool_choice": { "type": "function", "name": "weather" },
            "text": { "format": { "type": "json_schema", "name": "city", "schema": closed(), "strict": true } },
        })
    );
}

#[test]
fn an_answer_goes_back_as_it_came() {
    let answer = json!({ "status": "completed", "output": [
        { "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbGVk" },
        { "type": "message", "role": "assistant", "phase": "commentary", "content": [
            { "type": "output_text", "text": "I look.", "annotations": [] }] },
        { "type": "web_search_call", "id": "ws_1" },
        { "type": "reasoning", "id": "rs_2", "summary": [] },
        { "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": "{}" },
    ] });
    let content = OpenAiResponses.answer(answer.to_string().as_bytes()).unwrap();
    assert_eq!(content.finish_reason, FinishReason::ToolUse);
    let call = ToolCall::new("call_1", "weather", "{}");
    let results = [ToolResult::of(&call, "rain"), ToolResult::of(&call, "gone").with_error()];
    let request = CompletionRequest::new("gpt-5.2", "Hello", 300)
        .with_message(
            Message::new(Role::Assistant, content.parts)
                .with_part(Part::Opaque(Opaque::new("anthropic_messages", json!({ "type": "thinking" })))),
        )
        .with_message(
            Message::new(Role::User, vec![Part::Text("So?".to_owned())])
                .with_part(Part::Image("https://example.com/a.png".to_owned()))
                .with_part(Part::ToolResult(results[0].clone()))
                .with_part(Part::ToolResult(results[1].clone())),
        );
    assert_eq!(
        body(&request)["input"],
        json!([
            { "role": "user", "content": [{ "type": "input_text", "text": "Hello" }] },
            { "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbGVk" },
            { "role": "assistant", "content": "I look.", "phase": "commentary" },
            { "type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}" },
            { "type": "function_call_output", "call_id": "call_1", "output": "rain" },
            { "type": "function_call_output", "call_id": "call_1", "output": "Error: gone" },
            { "role": "user", "content": [{ "type": "input_text", "text": "So?" },
                { "type": "input_image", "image_url": "https://example.com/a.png", "detail": "auto" }] },
        ])
    );
}

#[test]
fn a_request_without_a_place_is_refused() {
    let request = || CompletionRequest::new("gpt-5.2", "Hello", 300);
    let kind = |request: &CompletionRequest| OpenAiResponses.request(request, false).unwrap_err().kind();
    for refused in [
        request().with_sampling(Sampling::default().with_seed(7)),
        request().with_sampling(Sampling::default().with_stop(vec!["END".to_owned()])),
        request().with_thinking(Thinking::Tokens(1000)),
        request().with_service_tier(ServiceTier::Batch),
        request().with_message(Message::new(Role::Assistant, vec![Part::Image("data:x".to_owned())])),
    ] {
        assert_eq!(kind(&refused), ErrorKind::Unsupported, "{refused:?}");
    }
    for wrong in [
        request().with_sampling(Sampling::default().with_temperature(f64::NAN)),
        request().with_tool_choice(ToolChoice::Required),
        request().with_tool_choice(ToolChoice::Tool("weather".to_owned())),
        request().with_message(Message::new(Role::User, Vec::new())),
        request().with_message(Message::new(Role::User, vec![Part::Image("/a.png".to_owned())])),
        request().with_message(Message::new(
            Role::User,
            vec![Part::ToolCall(ToolCall::new("call_1", "weather", "{}"))],
        )),
    ] {
        assert_eq!(kind(&wrong), ErrorKind::InvalidInput, "{wrong:?}");
    }
    assert_eq!(body(&request()).get("tool_choice"), None);
    assert_eq!(body(&request().with_tool_choice(ToolChoice::None)).get("tool_choice"), None);
    assert_eq!(body(&request().with_model("gpt-4.1")).get("include"), None);
}

#[test]
fn reasons_to_stop() {
    let message = json!([{ "type": "message", "content": [{ "type": "output_text", "text": "Half" }] }]);
    let refusal = json!([{ "type": "message", "content": [{ "type": "refusal", "refusal": "I can't." }] }]);
    let cut = json!([{ "type": "function_call", "call_id": "c", "name": "f", "arguments": "" }]);
    for (status, details, output, reason) in [
        ("completed", Value::Null, &message, FinishReason::Stop),
        ("completed", Value::Null, &refusal, FinishReason::Refused),
        ("incomplete", json!({ "reason": "max_output_tokens" }), &message, FinishReason::Length),
        ("incomplete", json!({ "reason": "max_output_tokens" }), &cut, FinishReason::Length),
        ("incomplete", json!({ "reason": "content_filter" }), &message, FinishReason::Filtered),
        ("incomplete", json!({ "reason": "steered" }), &message, FinishReason::Unknown),
    ] {
        let answer = json!({ "status": status, "incomplete_details": details, "output": output });
        let content = OpenAiResponses.answer(answer.to_string().as_bytes()).unwrap();
        assert_eq!(content.finish_reason, reason, "{answer}");
        assert_eq!(content.parts.len(), 1, "{answer}");
    }
    for body in
        ["", "[]", "{}", r#"{"status":"in_progress","output":[]}"#, r#"{"status":"failed","output":[]}"#]
    {
        assert_eq!(
            OpenAiResponses.answer(body.as_bytes()).unwrap_err().kind(),
            ErrorKind::Protocol,
            "{body}"
        );
    }
}

/// Servers of the form that send no parts, or leave the output out of the last event.
#[test]
fn what_was_not_streamed_is_filled_in() {
    let message = json!({ "type": "message", "content": [{ "type": "output_text", "text": "Hi" }] });
    let call = json!({ "type": "function_call", "id": "fc_1", "name": "f", "arguments": "{\"a\":1}" });
    let events = [
        json!({ "type": "response.output_item.done", "output_index": 0, "item": message }),
        json!({ "type": "response.completed", "response": { "status": "completed", "output": [message, call] } }),
    ];
    let mut decoder = OpenAiResponses.decoder();
    let mut deltas = Vec::new();
    for event in &events {
        decoder.event(event.to_string().as_bytes(), &mut deltas).unwrap();
    }
    let expected = [
        Delta::Text("Hi".to_owned()),
        Delta::ToolCall { index: 0, id: "fc_1".to_owned(), name: "f".to_owned() },
        Delta::ToolArguments { index: 0, json: "{\"a\":1}".to_owned() },
    ];
    assert_eq!(deltas, expected);
    assert_eq!(decoder.finish().unwrap().parts.len(), 2);
    let mut decoder = OpenAiResponses.decoder();
    let failed = json!({ "type": "response.failed", "response": { "status": "failed", "output": [] } });
    decoder.event(failed.to_string().as_bytes(), &mut Vec::new()).unwrap();
    assert_eq!(decoder.finish(), None, "a failure is not an end");
}
