//! Adds up what an answer states.

use ae_core::TokenUsage;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    counts::{self, Counts},
    places::Field,
    scan::Sink,
};
use crate::{Api, WireFailure};

/// The longest name of a model or of a class of service.
const NAME_BYTES_MAX: usize = 256;

#[derive(Debug)]
pub(super) struct Tally {
    api: Api,
    counts: Option<Counts>,
    event: Event,
    /// A reason to end was seen, in one of the choices.
    finished: bool,
    /// The stream said that it is over.
    over: bool,
    pub(super) model: Option<String>,
    model_json: Vec<u8>,
    pub(super) service_tier: Option<String>,
    pub(super) web_searches: Option<u64>,
    pub(super) failure: Option<WireFailure>,
    pub(super) skipped: u64,
}

/// The values of the event that is being read, or of the one object of an answer.
#[derive(Debug, Default)]
struct Event {
    kind: Option<String>,
    has_usage: bool,
    finished: bool,
    failed: bool,
    code: Option<String>,
    message: Option<String>,
    web_searches: Option<u64>,
}

impl Tally {
    pub(super) fn new(api: Api) -> Self {
        Self {
            api,
            counts: None,
            event: Event::default(),
            finished: false,
            over: false,
            model: None,
            model_json: Vec::new(),
            service_tier: None,
            web_searches: None,
            failure: None,
            skipped: 0,
        }
    }

    pub(super) fn usage(&self) -> Option<TokenUsage> {
        self.counts.map(|counts| counts.normalised(self.api))
    }

    /// The stream said `[DONE]`.
    pub(super) fn done(&mut self) {
        self.over = true;
    }

    pub(super) fn is_complete(&self, whole_json: bool) -> bool {
        let ended = match self.api {
            Api::AnthropicMessages | Api::OpenAiResponses => false,
            // A stream states its usage after the reason to end.
            Api::OpenAiChat => self.finished && (whole_json || self.counts.is_some()),
            Api::Gemini => self.finished,
        };
        self.over || ended
    }

    /// Drops what an event that was cut had brought.
    pub(super) fn forget_event(&mut self) {
        self.event = Event::default();
    }

    fn take_usage(&mut self, json: &[u8]) {
        if json == b"null" {
            return;
        }
        let Ok(stated) = counts::read(self.api, json) else {
            self.skipped += 1;
            return;
        };
        self.event.has_usage = true;
        self.counts = Some(self.counts.unwrap_or_default().max(stated.counts));
        self.service_tier = stated.service_tier.or(self.service_tier.take());
        self.web_searches = self.web_searches.max(stated.web_searches);
    }

    fn take_error(&mut self, json: &[u8]) {
        if json != b"null" {
            self.event.failed = true;
            self.failure = Some(WireFailure::in_stream(self.api, json));
        }
    }

    /// A short text.
    fn text(&mut self, json: &[u8]) -> Option<String> {
        if json == b"null" {
            return None;
        }
        match serde_json::from_slice::<Option<String>>(json) {
            Ok(text) => text.filter(|text| text.len() <= NAME_BYTES_MAX),
            Err(_) => {
                self.skipped += 1;
                None
            }
        }
    }

    /// The end of OpenAI's and Anthropic's streams, by the type of the last event.
    fn end_typed(&mut self) {
        let kind = self.event.kind.as_deref();
        self.over |= match (self.api, kind) {
            (Api::AnthropicMessages, Some(kind)) => {
                kind == "message_stop" || kind == "message" && self.event.has_usage
            }
            (Api::OpenAiResponses, Some(kind)) => {
                matches!(
                    kind,
                    "response.completed" | "response.done" | "response.incomplete" | "response.failed"
                )
            }
            // The whole JSON has no type. Its usage is `null` while the answer is being made.
            (Api::OpenAiResponses, None) => self.event.has_usage,
            _ => false,
        };
        if self.api == Api::OpenAiResponses && kind == Some("error") && !self.event.failed {
            let code = self.event.code.take();
            let error = serde_json::json!({ "code": code, "message": self.event.message.take() });
            self.failure = Some(WireFailure::in_stream(self.api, error.to_string().as_bytes()));
        }
    }
}

/// Events with a part of the answer's text or tool calls and nothing else: nearly all of a stream.
fn is_part(api: Api, kind: &[u8]) -> bool {
    match api {
        Api::AnthropicMessages => kind.starts_with(b"\"content_block_"),
        Api::OpenAiResponses => {
            let ends = [".delta\"", ".done\"", ".added\""];
            // The end of a whole answer in the form for sockets, which some servers send as events.
            kind != b"\"response.done\"" && ends.iter().any(|end| kind.ends_with(end.as_bytes()))
        }
        Api::OpenAiChat | Api::Gemini => false,
    }
}

impl Sink for Tally {
    fn value(&mut self, field: Field, json: &[u8]) -> bool {
        match field {
            Field::Kind if is_part(self.api, json) => return false,
            Field::Usage => self.take_usage(json),
            Field::Error => self.take_error(json),
            Field::Kind => self.event.kind = self.text(json),
            // Every event of a stream names it again.
            Field::Model if self.model_json == json => {}
            Field::Model => {
                self.model = self.text(json).or(self.model.take());
                self.model_json = json.to_vec();
            }
            Field::Tier => self.service_tier = self.text(json).or(self.service_tier.take()),
            // The code and the message of another event can be anything.
            Field::Code => self.event.code = Option::deserialize(&mut parser(json)).unwrap_or_default(),
            Field::Message => self.event.message = Option::deserialize(&mut parser(json)).unwrap_or_default(),
            Field::Finish => {
                let reason = self.text(json);
                self.event.finished |= reason.is_some_and(|reason| !reason.ends_with("_UNSPECIFIED"));
            }
            Field::Part => {
                let search = u64::from(json == b"\"web_search_call\"");
                self.event.web_searches = Some(self.event.web_searches.unwrap_or_default() + search);
            }
            Field::Queries => {
                let queries = Vec::<IgnoredAny>::deserialize(&mut parser(json)).map_or(0, |list| list.len());
                let queries = u64::try_from(queries).unwrap_or(u64::MAX);
                self.event.web_searches =
                    Some(self.event.web_searches.unwrap_or_default().saturating_add(queries));
            }
        }
        true
    }

    fn skip(&mut self, field: Field) {
        // The texts of other events may be long.
        if matches!(field, Field::Code | Field::Message) {
            return;
        }
        self.skipped += 1;
        if field == Field::Error {
            self.take_error(b"{}");
        }
    }

    fn end(&mut self) {
        self.end_typed();
        // Only now: the usage may stand after the reason to end.
        self.finished |= self.event.finished;
        self.web_searches = self.web_searches.max(self.event.web_searches);
        self.event = Event::default();
    }
}

fn parser(json: &[u8]) -> serde_json::Deserializer<serde_json::de::SliceRead<'_>> {
    serde_json::Deserializer::from_slice(json)
}
