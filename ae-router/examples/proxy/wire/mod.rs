//! OpenAI's two forms and the router's types. Pure: no I/O, no clock.

mod chat;
mod fields;
mod responses;
mod seal;
mod shared;
mod stream;
mod turns;

use ae_router::{CompletionRequest, core::TokenUsage};
use serde_json::{Value, json};

pub(crate) use self::{fields::Bad, seal::Seal, stream::Writer};

/// The model that stands for the policy's choice.
pub(crate) const AUTO: &str = "auto";

/// A form of request and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Chat,
    Responses,
}

/// A request as the router takes it, and what its answer depends on.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) form: Form,
    /// With an empty model for the policy's choice.
    pub(crate) request: CompletionRequest,
    pub(crate) stream: bool,
    /// Whether a stream of Chat Completions ends with the usage.
    usage: bool,
    /// Fields of the request that the answer repeats.
    echo: Value,
}

impl Asked {
    /// Reads a request.
    pub(crate) fn read(form: Form, body: &[u8], seal: &Seal) -> Result<Self, Bad> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| Bad::new("", format!("the body is not JSON: {error}")))?;
        match form {
            Form::Chat => chat::read(body, seal),
            Form::Responses => responses::read(body, seal),
        }
    }
}

/// The facts of an answer that are made up by the proxy.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    /// An id without a prefix: letters and digits.
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) created: i64,
}

/// A whole answer.
pub(crate) fn whole(asked: &Asked, stamp: &Stamp, answer: &ae_router::Completion, seal: &Seal) -> Value {
    match asked.form {
        Form::Chat => chat::whole(stamp, answer, seal),
        Form::Responses => responses::whole(&asked.echo, stamp, answer, seal),
    }
}

/// The input tokens of both forms: those of caches included.
fn input_tokens(usage: &TokenUsage) -> u64 {
    [usage.cache_read, usage.cache_write_5m, usage.cache_write_1h]
        .into_iter()
        .fold(usage.input, u64::saturating_add)
}

fn cached_writes(usage: &TokenUsage) -> u64 {
    usage.cache_write_5m.saturating_add(usage.cache_write_1h)
}

/// A server-sent event.
fn event(name: Option<&str>, data: &Value) -> String {
    name.map_or_else(|| format!("data: {data}\n\n"), |name| format!("event: {name}\ndata: {data}\n\n"))
}

/// A field of the same value, `null` without one.
fn or_null<T: Into<Value>>(value: Option<T>) -> Value {
    value.map_or(json!(null), Into::into)
}
