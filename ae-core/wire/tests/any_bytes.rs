//! Any bytes, cut anywhere.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use ae_core_wire::{Api, Call, CallFacts, EventReader, Route, UsageReader, classify};
use proptest::{prelude::*, sample::Index};

/// Everything that a reader says.
fn said(reader: &UsageReader) -> String {
    format!(
        "{:?} {} {:?} {:?} {:?} {:?} {}",
        reader.usage(),
        reader.is_complete(),
        reader.model(),
        reader.service_tier(),
        reader.web_searches(),
        reader.failure(),
        reader.skipped()
    )
}

fn whole(api: Api, body: &[u8]) -> String {
    let mut reader = UsageReader::new(api);
    reader.push(body);
    said(&reader)
}

fn parts<'a>(body: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    at.extend([0, body.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect()
}

fn in_parts(api: Api, body: &[u8], cuts: &[Index]) -> String {
    let mut reader = UsageReader::new(api);
    parts(body, cuts).into_iter().for_each(|part| reader.push(part));
    said(&reader)
}

fn events(body: &[u8], cuts: &[Index]) -> Vec<Vec<u8>> {
    let (mut reader, mut events) = (EventReader::new(1 << 20), Vec::new());
    for part in parts(body, cuts) {
        reader.push(part).unwrap();
        events.extend(std::iter::from_fn(|| reader.next_event()));
    }
    events.extend(reader.rest());
    events
}

fn api() -> impl Strategy<Value = Api> {
    proptest::sample::select(Api::ALL)
}

/// Pieces of the forms, in any order: what random bytes would never build.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "data: ",
        "data:",
        "data",
        "event: error",
        ": ",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\u{feff}",
        "[DONE]",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\\\"",
        " ",
        "null",
        "7",
        "-1.5e3",
        "true",
        "\"type\":",
        "\"usage\":",
        "\"message\":",
        "\"model\":\"m\"",
        "\"response\":",
        "\"error\":",
        "\"code\":\"slow_down\"",
        "{\"input_tokens\":5,\"output_tokens\":6}",
        "\"output\":",
        "\"choices\":",
        "\"candidates\":",
        "\"usageMetadata\":{\"promptTokenCount\":9}",
        "\"finish_reason\":\"stop\"",
        "\"finishReason\":\"STOP\"",
        "\"message_stop\"",
        "\"response.completed\"",
        "\"web_search_call\"",
        "ö",
        "\u{0}",
    ];
    let piece = prop_oneof![
        9 => proptest::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

const STREAMS: [(Api, &str, &str); 4] = [
    (
        Api::AnthropicMessages,
        concat!(
            "event: message_start\r\n",
            "data: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-opus-5-5\",\"usage\":{\"input_tokens\":10,",
            "\"cache_read_input_tokens\":2000,\"cache_creation_input_tokens\":300,\"output_tokens\":1}}}\r\n\r\n",
            ": ping\n\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"\\\"usage\\\":{ \u{1f980}\"}}\n\n",
            "data: {\"type\":\"message_delta\",\ndata: \"usage\":{\"output_tokens\":56}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ),
        "output: 56",
    ),
    (
        Api::OpenAiResponses,
        concat!(
            "data: {\"type\":\"response.created\",\"response\":{\"id\":\"\\\\\",\"usage\":null,\"model\":\"m\"}}\n\n",
            "data: {\"response\":{\"output\":[{\"text\":\"\\\"}]}\\\\\",\"type\":\"web_search_call\"},{}],\"usage\":",
            "{\"input_tokens\":9,\"output_tokens\":56},\"error\":null},\"type\":\"response.completed\"}\r\r",
        ),
        "output: 56",
    ),
    (
        Api::OpenAiChat,
        concat!(
            "data: {\"choices\":[{\"delta\":{\"content\":\"a \\\"quoted\\\\\\\" \\u005d\"}}],\"usage\":null}\n\n",
            "data: {\"choices\":[],\"x\":-1.5e3 , \"us\\u0061ge\":{},\"usage\":{\"completion_tokens\":56}}\n\n",
            "data: [DONE]\n\n",
        ),
        "output: 56",
    ),
    (
        Api::Gemini,
        concat!(
            "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"]},{\\\"\"}]}}],\"modelVersion\":\"m\"}\n,\r\n",
            "{\"usageMetadata\" : { \"candidatesTokenCount\": 56 }, \"candidates\":[{\"finishReason\":\"STOP\"}]}\n]",
        ),
        "output: 56",
    ),
];

#[test]
fn a_stream_means_the_same_cut_at_every_byte_and_into_single_bytes() {
    for (api, body, usage) in STREAMS {
        let body = body.as_bytes();
        let expected = whole(api, body);
        assert!(expected.contains(usage) && expected.contains(") true "), "{api}: {expected}");
        for at in 0..=body.len() {
            let mut reader = UsageReader::new(api);
            reader.push(&body[..at]);
            reader.push(&body[at..]);
            assert_eq!(said(&reader), expected, "{api}: cut at {at}");
        }
        let mut reader = UsageReader::new(api);
        body.chunks(1).for_each(|byte| reader.push(byte));
        assert_eq!(said(&reader), expected, "{api}");
    }
}

#[test]
fn a_stream_is_complete_at_its_end_and_not_before() {
    for (api, body, _) in STREAMS {
        let body = body.trim_end();
        let early = |end: usize| {
            let mut reader = UsageReader::new(api);
            reader.push(&body.as_bytes()[..end]);
            reader.is_complete()
        };
        // The brackets at the end of the list add nothing.
        let last = body.trim_end_matches(['\n', ']', '}', 'E', 'N', 'O', 'D']).len();
        assert!(early(body.len()) && !early(last), "{api}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_answer_means_the_same_however_it_is_cut(
        api in api(),
        body in soup(),
        cuts in proptest::collection::vec(any::<Index>(), 0..12),
    ) {
        prop_assert_eq!(in_parts(api, &body, &cuts), whole(api, &body));
    }

    #[test]
    fn any_events_are_the_same_however_they_are_cut(
        body in soup(),
        cuts in proptest::collection::vec(any::<Index>(), 0..12),
    ) {
        let whole = events(&body, &[]);
        prop_assert!(whole.iter().all(|event| !event.is_empty() && !event.contains(&b'\r')));
        prop_assert_eq!(events(&body, &cuts), whole);
    }

    #[test]
    fn any_request_is_read_or_refused(api in api(), body in soup(), path in "[ -~]{0,40}") {
        for asked in [path.as_str(), "/v1/messages", "/v1/models/m:streamGenerateContent"] {
            if let Route::Costs(call) = Call::of("POST", asked, Some(&path)) {
                let _ = CallFacts::read(&call, &body);
            }
            if let Route::Costs(mut call) = Call::of("POST", asked, None) {
                call.api = api;
                let _ = CallFacts::read(&call, &body);
            }
        }
    }

    #[test]
    fn any_failure_has_a_bounded_message(api in api(), status in 0_u16..700, body in soup(), pause in "[ -~]{0,12}") {
        let failure = classify(api, status, |_| Some(pause.as_str()), &body);
        prop_assert!(!failure.message().is_empty() && failure.message().len() <= 500);
        prop_assert!(!failure.message().chars().any(char::is_control));
    }
}
