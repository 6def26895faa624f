//! Reads an answer of the search service: pure, and lenient where the service is.

use ae_core::{BackendError, ErrorKind, Origin, Timestamp, Untrusted};
use serde::Deserialize;
use serde_json::Value;

use super::{BACKEND, COLLECT, markup};
use crate::{Signal, SourceReport};

#[derive(Debug, Deserialize)]
struct Answer {
    hits: Vec<Value>,
}

/// Every field optional: dead and text posts lack some.
#[derive(Debug, Deserialize)]
struct Hit {
    #[serde(rename = "objectID")]
    id: Option<String>,
    title: Option<String>,
    story_title: Option<String>,
    points: Option<i64>,
    num_comments: Option<i64>,
    created_at_i: Option<i64>,
    story_text: Option<String>,
}

/// The signals of one answer; a hit that can't be used is counted in `report`.
///
/// # Errors
///
/// `Protocol` when the answer is not JSON with a list of hits.
pub(super) fn read(
    bytes: &[u8],
    now: Timestamp,
    chars_max: usize,
    report: &mut SourceReport,
) -> Result<Vec<Signal>, BackendError> {
    let answer: Answer = serde_json::from_slice(bytes).map_err(|source| {
        let message = "the answer is not a list of hits; the service may have changed or be blocked here";
        BackendError::new(ErrorKind::Protocol, BACKEND, COLLECT, message).with_source(source)
    })?;
    let mut signals = Vec::new();
    for (position, value) in (1..).zip(answer.hits) {
        let Ok(hit) = serde_json::from_value::<Hit>(value) else {
            report.skip_row(position, "the hit has a field of the wrong type");
            continue;
        };
        let (Some(id), Some(title)) = (hit.id, hit.title.or(hit.story_title)) else {
            report.skip_row(position, "the hit has no id or no title");
            continue;
        };
        if title.trim().is_empty() {
            report.skip_row(position, "the title is empty");
            continue;
        }
        let outside = |text: &str| {
            let plain = markup::plain(text).chars().take(chars_max).collect::<String>();
            Untrusted::new(Origin::Signals(BACKEND.to_owned()), plain)
        };
        let mut signal = Signal::new(BACKEND, &*id, outside(&title), now);
        signal.url = Some(format!("https://news.ycombinator.com/item?id={id}"));
        signal.body = hit.story_text.as_deref().filter(|text| !text.is_empty()).map(outside);
        signal.points = hit.points.and_then(|points| u64::try_from(points).ok());
        signal.comments = hit.num_comments.and_then(|comments| u64::try_from(comments).ok());
        signal.posted_at = hit.created_at_i.and_then(|seconds| Timestamp::from_second(seconds).ok());
        signals.push(signal);
    }
    Ok(signals)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(text: &str) -> (Result<Vec<Signal>, BackendError>, SourceReport) {
        let mut report = SourceReport::new("hackernews", Timestamp::UNIX_EPOCH);
        (read(text.as_bytes(), Timestamp::UNIX_EPOCH, 100, &mut report), report)
    }

    #[test]
    fn hits_become_signals() {
        let (signals, report) = answer(
            r#"{"hits":[
                {"objectID":"7","title":"Ask HN: Best &quot;CSV&quot; editor?","url":null,"points":42,"num_comments":31,
                 "created_at_i":1714564800,"story_text":"I keep <i>breaking</i> files&hellip;","_tags":["story"]},
                {"objectID":"8","title":null},
                {"objectID":9,"title":"x"},
                null,
                {"objectID":"10","title":"No counts","points":null,"num_comments":null}
            ],"nbHits":5}"#,
        );
        let signals = signals.unwrap();
        assert_eq!(signals.len(), 2);
        assert_eq!(signals[0].title.as_data(), "Ask HN: Best \"CSV\" editor?");
        assert_eq!(signals[0].body.as_ref().unwrap().as_data(), "I keep breaking files…");
        assert_eq!(signals[0].url.as_deref(), Some("https://news.ycombinator.com/item?id=7"));
        assert_eq!((signals[0].points, signals[1].points), (Some(42), None));
        assert_eq!(report.rows_skipped, 3);
    }

    #[test]
    fn what_is_no_answer_is_a_protocol_error() {
        for text in [
            "",
            "{",
            "[]",
            "{\"hits\":3}",
            "<html>",
            "{\"message\":\"blocked\"}",
            "{\"hits\":[{\"objectID\":\"1\"",
        ] {
            let (signals, _) = answer(text);
            assert_eq!(signals.unwrap_err().kind(), ErrorKind::Protocol, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_panics(text in ".{0,200}") {
            let _ = answer(&text);
        }
    }
}
