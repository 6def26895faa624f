//! Any bytes, cut anywhere, and any content, whole and streamed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use ae_core_wire::EventReader;
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use super::{Content, Dialect, anthropic::Anthropic, gemini::Gemini};
use crate::{Delta, FinishReason, Part};

/// The pieces and the content that a dialect makes of a stream.
#[derive(Debug, Default, PartialEq)]
struct Read {
    deltas: Vec<Delta>,
    errors: usize,
    content: Option<Content>,
}

fn read(dialect: &dyn Dialect, body: &[u8], cuts: &[Index]) -> Read {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    at.extend([0, body.len()]);
    at.sort_unstable();
    let (mut events, mut decoder, mut read) = (EventReader::new(1 << 20), dialect.decoder(), Read::default());
    for pair in at.windows(2) {
        events.push(body.get(pair[0]..pair[1]).unwrap()).unwrap();
        while let Some(data) = events.next_event() {
            read.errors += usize::from(decoder.event(&data, &mut read.deltas).is_err());
        }
    }
    read.content = decoder.finish();
    read
}

/// Pieces of the forms, in any order: what random bytes would never build.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "data: ",
        "data:",
        "event: error",
        ": ",
        "\n",
        "\r\n\r\n",
        "\n\n",
        "\u{feff}",
        "[DONE]",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "\\",
        "null",
        "-1.5e3",
        "{\"type\":\"message_stop\"}",
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":",
        "{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"a\",\"input\":{}}",
        "{\"type\":\"text\",\"text\":\"\"}",
        "{\"type\":\"thinking\",\"thinking\":7}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":",
        "{\"type\":\"text_delta\",\"text\":\"hi\"}",
        "{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}",
        "{\"type\":\"input_json_delta\",\"partial_json\":\"{\"}",
        "{\"type\":\"content_block_stop\",\"index\":0}",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}",
        "{\"candidates\":[",
        "{\"content\":{\"parts\":[",
        "{\"text\":\"hi\",\"thought\":true}",
        "{\"functionCall\":{\"name\":\"a\",\"args\":{}}}",
        "{\"finishReason\":\"STOP\"}",
        "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
        "ö",
        "\u{0}",
    ];
    let piece = prop_oneof![
        9 => proptest::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A piece of content, in pieces as a stream brings it.
#[derive(Debug, Clone)]
enum Piece {
    Text(Vec<String>),
    Thought(Vec<String>),
    Call(String, Value),
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let texts = || proptest::collection::vec(".{1,9}", 1..4);
    let arguments = proptest::collection::btree_map("[a-zö\"]{0,5}", any::<i64>(), 0..3);
    let piece = prop_oneof![
        texts().prop_map(Piece::Text),
        texts().prop_map(Piece::Thought),
        ("[a-z]{1,9}", arguments).prop_map(|(name, arguments)| Piece::Call(name, json!(arguments))),
    ];
    proptest::collection::vec(piece, 0..8)
}

/// The same content as a whole answer and as the events of a stream.
fn anthropic(pieces: &[Piece]) -> (Value, Vec<Value>) {
    let (mut blocks, mut events) = (Vec::new(), Vec::new());
    for (index, piece) in pieces.iter().enumerate() {
        let (whole, begin, deltas) = match piece {
            Piece::Text(texts) => (
                json!({ "type": "text", "text": texts.concat() }),
                json!({ "type": "text", "text": "" }),
                texts.iter().map(|text| json!({ "type": "text_delta", "text": text })).collect(),
            ),
            Piece::Thought(texts) => {
                let thought = |text: &String| json!({ "type": "thinking_delta", "thinking": text });
                let mut deltas: Vec<_> = texts.iter().map(thought).collect();
                deltas.push(json!({ "type": "signature_delta", "signature": "c2ln" }));
                (
                    json!({ "type": "thinking", "thinking": texts.concat(), "signature": "c2ln" }),
                    json!({ "type": "thinking", "thinking": "", "signature": "" }),
                    deltas,
                )
            }
            Piece::Call(name, arguments) => {
                let text = arguments.to_string();
                let pieces: Vec<_> = if text == "{}" { Vec::new() } else { text.chars().collect() };
                let delta = |piece: &char| json!({ "type": "input_json_delta", "partial_json": piece });
                (
                    json!({ "type": "tool_use", "id": format!("toolu_{index}"), "name": name, "input": arguments }),
                    json!({ "type": "tool_use", "id": format!("toolu_{index}"), "name": name, "input": {} }),
                    pieces.iter().map(delta).collect(),
                )
            }
        };
        blocks.push(whole);
        events.push(json!({ "type": "content_block_start", "index": index, "content_block": begin }));
        let delta = |delta| json!({ "type": "content_block_delta", "index": index, "delta": delta });
        events.extend(deltas.into_iter().map(delta));
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    events.push(json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" } }));
    events.push(json!({ "type": "message_stop" }));
    (json!({ "content": blocks, "stop_reason": "end_turn" }), events)
}

fn gemini(pieces: &[Piece]) -> (Value, Vec<Value>) {
    let (mut parts, mut events) = (Vec::new(), Vec::new());
    let answer =
        |parts: &[Value]| json!({ "candidates": [{ "content": { "parts": parts } }], "responseId": "r" });
    for piece in pieces {
        match piece {
            Piece::Text(texts) => {
                parts.push(json!({ "text": texts.concat() }));
                events.extend(texts.iter().map(|text| answer(&[json!({ "text": text })])));
            }
            Piece::Thought(texts) => {
                let thought = |text: &str| json!({ "text": text, "thought": true });
                parts.push(thought(&texts.concat()));
                events.extend(texts.iter().map(|text| answer(&[thought(text)])));
            }
            Piece::Call(name, arguments) => {
                let call = json!({ "functionCall": { "name": name, "args": arguments } });
                events.push(answer(std::slice::from_ref(&call)));
                parts.push(call);
            }
        }
    }
    let end = |parts: &[Value]| json!({ "candidates": [{ "content": { "parts": parts }, "finishReason": "STOP" }], "responseId": "r" });
    events.push(end(&[]));
    (end(&parts), events)
}

fn check(dialect: &dyn Dialect, whole: &Value, events: &[Value], cuts: &[Index]) {
    let whole = dialect.answer(whole.to_string().as_bytes()).unwrap();
    let body: String = events.iter().map(|event| format!("event: x\ndata: {event}\n\n")).collect();
    let read = read(dialect, body.as_bytes(), cuts);
    assert_eq!((read.content.as_ref(), read.errors), (Some(&whole), 0));
    let (mut text, mut arguments) = (String::new(), Vec::<String>::new());
    for delta in &read.deltas {
        match delta {
            Delta::Text(piece) => text.push_str(piece),
            Delta::ToolCall { index, .. } => {
                assert_eq!(*index, arguments.len());
                arguments.push(String::new());
            }
            Delta::ToolArguments { index, json } => arguments[*index].push_str(json),
            _ => {}
        }
    }
    let texts = whole.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(text, texts.collect::<String>());
    let calls = whole.parts.iter().filter_map(|part| match part {
        Part::ToolCall(call) => Some(&call.arguments),
        _ => None,
    });
    assert_eq!(arguments.iter().collect::<Vec<_>>(), calls.collect::<Vec<_>>());
    let reasons = [FinishReason::Stop, FinishReason::ToolUse];
    assert!(reasons.contains(&whole.finish_reason));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_mean_the_same_however_they_are_cut(
        body in soup(),
        cuts in proptest::collection::vec(any::<Index>(), 0..12),
    ) {
        for dialect in [&Anthropic as &dyn Dialect, &Gemini] {
            prop_assert_eq!(read(dialect, &body, &cuts), read(dialect, &body, &[]));
            let _ = dialect.answer(&body);
        }
    }

    #[test]
    fn a_stream_means_what_the_whole_answer_means(
        pieces in pieces(),
        cuts in proptest::collection::vec(any::<Index>(), 0..12),
    ) {
        let (whole, events) = anthropic(&pieces);
        check(&Anthropic, &whole, &events, &cuts);
        // Two thoughts in a row are one in a stream.
        let mut pieces = pieces;
        pieces.dedup_by(|one, other| matches!((one, other), (Piece::Thought(_), Piece::Thought(_))));
        let (whole, events) = gemini(&pieces);
        check(&Gemini, &whole, &events, &cuts);
    }
}
