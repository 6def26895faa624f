//! Refusals.

use ae_core::{BackendError, ErrorKind, Retry};
use ae_core_http::Answer;
use serde::Deserialize;

use crate::stripe::config::NAME;

/// A refusal, and whether it is a stored one that would come again and again under its key.
#[derive(Debug)]
pub(in crate::stripe) struct Failure {
    pub(in crate::stripe) error: BackendError,
    pub(in crate::stripe) is_replayed: bool,
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        Self { error, is_replayed: false }
    }
}

impl From<Failure> for BackendError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

#[derive(Debug, Default, Deserialize)]
struct Envelope {
    #[serde(default)]
    error: Detail,
}

#[derive(Debug, Default, Deserialize)]
struct Detail {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
}

/// Words of Stripe's own; anything else could quote what was sent.
fn plain(text: Option<String>) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_[].".contains(&byte);
    text.filter(|text| (1..=100).contains(&text.len()) && text.bytes().all(is_plain))
}

/// The error of an answer that is not a success. Stripe's message stays out of it, because it quotes parameters.
pub(in crate::stripe) fn failure(answer: &Answer) -> Failure {
    let base = answer.error();
    let detail = answer.json::<Envelope>().unwrap_or_default().error;
    let (class, code) = (plain(detail.kind).unwrap_or_default(), plain(detail.code).unwrap_or_default());
    let (kind, retry) = meaning(answer.status(), &class, &code, base.kind(), base.retry());
    let mut message = base.message().to_owned();
    let param = plain(detail.param);
    for (what, value) in [("code", Some(code.clone()).filter(|code| !code.is_empty())), ("at", param.clone())]
    {
        if let Some(value) = value {
            message.push_str(&format!("; {what} {value}"));
        }
    }
    if let Some(hint) = hint(&class, &code) {
        message.push_str("; ");
        message.push_str(hint);
    }
    let mut error = BackendError::new(kind, NAME, base.operation().to_owned(), message)
        .with_status(answer.status())
        .with_retry(retry)
        .with_effect(base.effect());
    if let Some(id) = base.request_id() {
        error = error.with_request_id(id);
    }
    let shown = if code.is_empty() { class } else { code };
    if !shown.is_empty() {
        error = error.with_code(shown);
    }
    for (name, value) in [("param", param), ("decline_code", plain(detail.decline_code))] {
        if let Some(value) = value {
            error = error.with_context(name, value);
        }
    }
    let is_replayed = answer.header("idempotent-replayed") == Some("true");
    Failure { error, is_replayed }
}

fn meaning(status: u16, class: &str, code: &str, kind: ErrorKind, retry: Retry) -> (ErrorKind, Retry) {
    match (status, class, code) {
        (_, "idempotency_error", _) => (ErrorKind::Conflict, Retry::Never),
        (400 | 404, _, "resource_missing") => (ErrorKind::NotFound, Retry::Never),
        (_, _, "resource_already_exists") => (ErrorKind::Conflict, Retry::Never),
        (_, _, "livemode_mismatch" | "testmode_charges_only") => (ErrorKind::PermissionDenied, Retry::Never),
        (402, _, _) => (ErrorKind::Declined, Retry::Never),
        // Another request under the same key, or on the same object, was under way.
        (409, _, _) => (ErrorKind::Conflict, Retry::Backoff),
        _ => (kind, retry),
    }
}

fn hint(class: &str, code: &str) -> Option<&'static str> {
    Some(match (class, code) {
        ("idempotency_error", _) => "the key was used for another request",
        (_, "resource_already_exists") => "it is there already",
        (_, "livemode_mismatch") => "key and object are of different modes",
        (_, "amount_too_small") => "raise the price: each currency has a smallest charge",
        (_, "charge_already_refunded") => "nothing is left of the payment",
        (_, "secret_key_required") => "the key is a publishable one: use a restricted or secret key",
        _ => return None,
    })
}
