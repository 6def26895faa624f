//! Checks of both of OpenAI's forms: an answer is the same whole and streamed, and cut anywhere.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

use ae_core_wire::EventReader;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    Delta, FinishReason, Part, ToolCall,
    call::vendor::{Content, Dialect, openai_chat::OpenAiChat, openai_responses::OpenAiResponses},
};

/// An answer: its reasoning, its texts and its calls.
#[derive(Debug, Clone)]
struct Answer {
    reasoning: String,
    text: String,
    refusal: String,
    calls: Vec<(String, String)>,
}

fn answers() -> impl Strategy<Value = Answer> {
    let call = ("[a-z_]{1,9}", "[ -~é😀]{0,30}");
    ("[ -~ü]{0,20}", "[ -~\\n\\r→😀]{0,40}", "[a-z ]{0,8}", prop::collection::vec(call, 0..4))
        .prop_map(|(reasoning, text, refusal, calls)| Answer { reasoning, text, refusal, calls })
}

/// Cuts a text into pieces of `size` characters.
fn pieces(text: &str, size: usize) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(size).map(|piece| piece.iter().collect()).collect()
}

fn arguments(written: &str) -> &str {
    if written.is_empty() { "{}" } else { written }
}

/// The parts of an answer as the caller sees them.
fn expected(answer: &Answer) -> (Vec<Part>, FinishReason) {
    let texts = [&answer.text, &answer.refusal].into_iter().filter(|text| !text.is_empty());
    let mut parts: Vec<_> = texts.map(|text| Part::Text(text.clone())).collect();
    for (at, (name, written)) in answer.calls.iter().enumerate() {
        parts.push(Part::ToolCall(ToolCall::new(format!("c{at}"), name, arguments(written))));
    }
    let reason = match answer {
        Answer { calls, .. } if !calls.is_empty() => FinishReason::ToolUse,
        Answer { refusal, .. } if !refusal.is_empty() => FinishReason::Refused,
        _ => FinishReason::Stop,
    };
    (parts, reason)
}

fn responses(answer: &Answer, size: usize) -> (Value, Vec<Value>) {
    let mut output = Vec::new();
    let mut events = vec![json!({ "type": "response.created", "response": { "status": "in_progress" } })];
    let sealed = json!({ "type": "reasoning", "id": "rs_1", "summary": [{ "type": "summary_text",
        "text": answer.reasoning }], "encrypted_content": "c2VhbGVk" });
    events.push(json!({ "type": "response.output_item.added", "output_index": 0,
        "item": { "type": "reasoning", "id": "rs_1", "summary": [] } }));
    for piece in pieces(&answer.reasoning, size) {
        events.push(
            json!({ "type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": piece }),
        );
    }
    events.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": sealed }));
    output.push(sealed);
    let message = json!({ "type": "message", "role": "assistant", "phase": "final_answer", "content": [
        { "type": "output_text", "text": answer.text, "annotations": [] },
        { "type": "refusal", "refusal": answer.refusal } ] });
    let message = if answer.refusal.is_empty() {
        let text = message["content"][0].clone();
        json!({ "type": "message", "role": "assistant", "phase": "final_answer", "content": [text] })
    } else {
        message
    };
    events.push(json!({ "type": "response.output_item.added", "output_index": 1,
        "item": { "type": "message", "phase": "final_answer", "content": [] } }));
    for (kind, index, text) in [("output_text", 0, &answer.text), ("refusal", 1, &answer.refusal)] {
        for piece in pieces(text, size) {
            events.push(json!({ "type": format!("response.{kind}.delta"), "output_index": 1,
                "content_index": index, "delta": piece }));
        }
    }
    events.push(json!({ "type": "response.output_item.done", "output_index": 1, "item": message }));
    output.push(message);
    for (at, (name, written)) in answer.calls.iter().enumerate() {
        let item = json!({ "type": "function_call", "call_id": format!("c{at}"), "id": format!("fc_{at}"),
            "name": name, "arguments": written });
        let mut begun = item.clone();
        begun["arguments"] = json!("");
        let index = at + 2;
        events.push(json!({ "type": "response.output_item.added", "output_index": index, "item": begun }));
        for piece in pieces(written, size) {
            events.push(json!({ "type": "response.function_call_arguments.delta", "output_index": index,
                "delta": piece }));
        }
        events.push(json!({ "type": "response.output_item.done", "output_index": index, "item": item }));
        output.push(item);
    }
    let whole = json!({ "object": "response", "status": "completed", "output": output, "error": null });
    events.push(json!({ "type": "response.completed", "response": whole }));
    (whole, events)
}

fn chat(answer: &Answer, size: usize) -> (Value, Vec<Value>) {
    let chunk = |delta: Value, reason: Value| json!({ "id": "chatcmpl-1", "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] });
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), Value::Null)];
    for (field, text) in
        [("reasoning_content", &answer.reasoning), ("content", &answer.text), ("refusal", &answer.refusal)]
    {
        events
            .extend(pieces(text, size).into_iter().map(|piece| chunk(json!({ field: piece }), Value::Null)));
    }
    let mut calls = Vec::new();
    for (at, (name, written)) in answer.calls.iter().enumerate() {
        let call = |function: Value| json!([{ "index": at, "function": function }]);
        let mut first = call(json!({ "name": name, "arguments": "" }));
        first[0]["id"] = json!(format!("c{at}"));
        events.push(chunk(json!({ "tool_calls": first }), Value::Null));
        for piece in pieces(written, size) {
            events.push(chunk(json!({ "tool_calls": call(json!({ "arguments": piece })) }), Value::Null));
        }
        calls.push(json!({ "id": format!("c{at}"), "type": "function",
            "function": { "name": name, "arguments": written } }));
    }
    let reason = json!(if calls.is_empty() { "stop" } else { "tool_calls" });
    events.push(chunk(json!({}), reason.clone()));
    events.push(json!({ "id": "chatcmpl-1", "choices": [], "usage": { "prompt_tokens": 1 } }));
    let whole = json!({ "id": "chatcmpl-1", "choices": [{ "index": 0, "finish_reason": reason,
        "message": { "role": "assistant", "content": answer.text, "refusal": answer.refusal,
            "reasoning_content": answer.reasoning, "tool_calls": calls } }] });
    (whole, events)
}

/// Reads a stream that arrives in two parts.
fn streamed(dialect: &dyn Dialect, body: &[u8], cut: usize) -> (Vec<Delta>, Option<Content>) {
    let mut reader = EventReader::new(1 << 20);
    let mut decoder = dialect.decoder();
    let mut deltas = Vec::new();
    let (before, after) = body.split_at(cut.min(body.len()));
    for bytes in [before, after] {
        reader.push(bytes).unwrap();
        while let Some(event) = reader.next_event() {
            decoder.event(&event, &mut deltas).unwrap();
        }
    }
    (deltas, decoder.finish())
}

/// The content as the deltas tell it.
fn told(deltas: &[Delta]) -> (String, String, Vec<ToolCall>) {
    let (mut text, mut reasoning, mut calls) = (String::new(), String::new(), Vec::new());
    for delta in deltas {
        match delta {
            Delta::Text(more) => text.push_str(more),
            Delta::Reasoning(more) => reasoning.push_str(more),
            Delta::ToolCall { index, id, name } => {
                assert_eq!(*index, calls.len());
                calls.push(ToolCall::new(id, name, ""));
            }
            Delta::ToolArguments { index, json } => calls[*index].arguments.push_str(json),
            other => panic!("{other:?}"),
        }
    }
    (text, reasoning, calls)
}

fn visible(content: &Content) -> Vec<Part> {
    content.parts.iter().filter(|part| !matches!(part, Part::Opaque(_))).cloned().collect()
}

proptest! {
    #[test]
    fn an_answer_is_the_same_whole_and_streamed_and_cut_anywhere(
        answer in answers(),
        size in 1_usize..9,
        cut in 0_usize..6000,
    ) {
        for (dialect, (whole, events)) in [
            (Box::new(OpenAiResponses) as Box<dyn Dialect>, responses(&answer, size)),
            (Box::new(OpenAiChat::compatible("local")), chat(&answer, size)),
        ] {
            let content = dialect.answer(whole.to_string().as_bytes()).unwrap();
            prop_assert_eq!((visible(&content), content.finish_reason), expected(&answer));
            let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
            let (deltas, streamed) = streamed(&*dialect, format!("{body}data: [DONE]\n\n").as_bytes(), cut);
            prop_assert_eq!(streamed.as_ref(), Some(&content));
            let (text, reasoning, calls) = told(&deltas);
            prop_assert_eq!(text, format!("{}{}", answer.text, answer.refusal));
            prop_assert_eq!(&reasoning, &answer.reasoning);
            let of_content = content.parts.iter().filter_map(|part| match part {
                Part::ToolCall(call) => Some(call.clone()),
                _ => None,
            });
            prop_assert_eq!(calls, of_content.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_cut_stream_has_no_end(answer in answers(), left_out in 2_usize..5) {
        for (dialect, (_, events)) in [
            (Box::new(OpenAiResponses) as Box<dyn Dialect>, responses(&answer, 4)),
            (Box::new(OpenAiChat::compatible("local")), chat(&answer, 4)),
        ] {
            let kept = events.len().saturating_sub(left_out);
            let body: String = events[..kept].iter().map(|event| format!("data: {event}\n\n")).collect();
            prop_assert_eq!(streamed(&*dialect, body.as_bytes(), 0).1, None);
        }
    }

    #[test]
    fn any_bytes_are_an_answer_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for dialect in [Box::new(OpenAiResponses) as Box<dyn Dialect>, Box::new(OpenAiChat::compatible("x"))] {
            let _ = dialect.answer(&bytes);
            let mut decoder = dialect.decoder();
            let _ = decoder.event(&bytes, &mut Vec::new());
            let _ = decoder.finish();
        }
    }

    /// The texts of the deltas are the texts of the content, in order, whatever a server sends in which order.
    #[test]
    fn events_in_any_order_keep_the_texts_together(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        answer in answers(),
    ) {
        for (dialect, (_, events)) in [
            (Box::new(OpenAiResponses) as Box<dyn Dialect>, responses(&answer, 3)),
            (Box::new(OpenAiChat::compatible("local")), chat(&answer, 3)),
        ] {
            let picked = picks.iter().map(|pick| pick.get(&events));
            let body: String = picked.map(|event| format!("data: {event}\n\n")).collect();
            let (deltas, content) = streamed(&*dialect, body.as_bytes(), 0);
            let Some(content) = content else { continue };
            let texts = content.parts.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                _ => None,
            });
            let (text, _, calls) = told(&deltas);
            prop_assert_eq!(texts.collect::<String>(), text);
            let of_content = content.parts.iter().filter_map(|part| match part {
                Part::ToolCall(call) => Some(call.clone()),
                _ => None,
            });
            prop_assert_eq!(of_content.collect::<Vec<_>>(), calls);
        }
    }
}
