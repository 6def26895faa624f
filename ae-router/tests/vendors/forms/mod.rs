//! The wire forms, each with its answers and its errors.

mod anthropic;
mod gemini;
mod openai;

use std::time::Duration;

use ae_router::{
    Completion, CompletionRequest, FinishReason, RateState, VendorClient,
    core::{BackendError, Effect, ErrorKind, Retry},
};
use serde_json::Value;

use crate::server::{Reply, Seen};

/// A wire form.
pub struct Form {
    /// The vendor.
    pub name: &'static str,
    pub model: &'static str,
    /// A client with the key of these tests.
    pub client: fn() -> Result<VendorClient, BackendError>,
    /// The header of the key, and its value.
    pub key: (&'static str, String),
    /// The path and the query of a call, and those of a stream.
    pub targets: [&'static str; 2],
    /// The headers of a good answer.
    pub headers: &'static [(&'static str, &'static str)],
    /// The same answer in both forms, and what it means.
    pub whole: Value,
    pub events: Vec<String>,
    /// The number of the events that make the end.
    pub end: usize,
    /// The reasoning that is shown.
    pub thought: &'static str,
    /// Whether only the end states the usage.
    pub counts_late: bool,
    pub means: Completion,
    /// A keep-alive.
    pub ping: &'static str,
    /// Answers that end otherwise.
    pub endings: Vec<Ending>,
    /// Answers with a bad status.
    pub errors: Vec<Row>,
    /// Errors after a good beginning, in place of the last event.
    pub late: Vec<Late>,
}

/// An answer that ends otherwise.
pub struct Ending {
    pub whole: Value,
    pub events: Vec<String>,
    pub reason: FinishReason,
}

/// An answer with a bad status.
pub struct Row {
    pub reply: Reply,
    pub kind: ErrorKind,
    pub retry: Retry,
    pub effect: Effect,
}

impl Row {
    fn new(reply: Reply, kind: ErrorKind, retry: Retry, effect: Effect) -> Self {
        Self { reply, kind, retry, effect }
    }

    /// One that is final and did nothing.
    fn last(reply: Reply, kind: ErrorKind) -> Self {
        Self::new(reply, kind, Retry::Never, Effect::NotApplied)
    }
}

/// An error event.
pub struct Late {
    pub event: String,
    pub kind: ErrorKind,
    pub retry: Retry,
}

pub fn all() -> Vec<Form> {
    vec![anthropic::form(), gemini::form(), openai::responses(), openai::chat(), openai::compatible()]
}

impl Form {
    pub fn client(&self, url: &str) -> VendorClient {
        (self.client)().unwrap().with_base_url(url).unwrap()
    }

    pub fn request(&self) -> CompletionRequest {
        CompletionRequest::new(self.model, "What is the weather in Oslo?", 64)
    }

    /// The good answer, in the form that is asked for.
    pub fn good(&self) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
        let (whole, events, headers) = (self.whole.clone(), self.events.clone(), self.headers);
        move |seen| {
            let reply = if seen.streams() { Reply::events(&events) } else { Reply::json(200, &whole) };
            headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value))
        }
    }
}

/// The events of a stream with nothing but their data.
fn data(data: &Value) -> String {
    format!("data: {data}\r\n\r\n")
}

fn rate(requests: (u64, u64), tokens: (u64, u64)) -> RateState {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    RateState::default()
        .with_requests_left(Some(requests.0))
        .with_requests_reset(seconds(requests.1))
        .with_tokens_left(Some(tokens.0))
        .with_tokens_reset(seconds(tokens.1))
}
