//! Errors in OpenAI's own form. Pure.

use std::time::Duration;

use ae_router::{
    CallError,
    core::{BackendError, ErrorKind, Retry},
};
use serde_json::{Value, json};

use super::wire::Bad;

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
    /// Whether the same request may be sent again. Official clients obey it.
    pub(crate) again: bool,
    /// The time to wait before.
    pub(crate) after: Option<Duration>,
}

impl Failure {
    fn new(status: u16, kind: &'static str, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status, kind, code, param: None, message: message.into(), again: false, after: None }
    }

    /// A request that can't be right.
    pub(crate) fn invalid(status: u16, message: impl Into<String>) -> Self {
        Self::new(status, "invalid_request_error", None, message)
    }

    pub(crate) fn no_key() -> Self {
        let message = "the key is missing or not one of this proxy: send it as Authorization: Bearer KEY";
        Self::new(401, "invalid_request_error", Some("invalid_api_key"), message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "invalid_request_error", None, message)
    }

    pub(crate) fn no_model(model: &str) -> Self {
        let message = format!(
            "the model {model:.80?} does not exist here, or the key may not use it: GET /v1/models lists those that do"
        );
        let failure = Self::new(404, "invalid_request_error", Some("model_not_found"), message);
        Self { param: Some("model".to_owned()), ..failure }
    }

    pub(crate) fn no_page(method: &str, path: &str) -> Self {
        let message = format!("there is nothing at {method} {path:.80}");
        Self::new(404, "invalid_request_error", Some("unknown_url"), message)
    }

    /// The error of a call.
    pub(crate) fn of_call(error: &CallError) -> Self {
        let tried = !error.tries().is_empty();
        Self::of(error.error(), tried)
    }

    /// `tried` says whether a vendor was asked: then the router has tried again as often as it may, and a client that did
    /// the same would only multiply the load.
    fn of(error: &BackendError, tried: bool) -> Self {
        let message = error.message();
        let server = |status, message: &str| Self::new(status, "server_error", None, message);
        let own = matches!(error.backend(), "ae-router" | "proxy" | "memory-budget");
        let failure = match error.kind() {
            ErrorKind::QuotaExceeded if own => {
                Self::new(400, "insufficient_quota", Some("insufficient_quota"), message)
            }
            ErrorKind::QuotaExceeded => {
                Self::new(429, "insufficient_quota", Some("insufficient_quota"), message)
            }
            ErrorKind::RateLimited => {
                Self::new(429, "rate_limit_error", Some("rate_limit_exceeded"), message)
            }
            ErrorKind::InvalidInput => {
                let long = error.context().iter().any(|(_, value)| value == "context_too_long");
                let code = (long || error.status() == Some(413)).then_some("context_length_exceeded");
                Self::new(400, "invalid_request_error", code, message)
            }
            ErrorKind::Unsupported => Self::new(400, "invalid_request_error", None, message),
            ErrorKind::Declined => Self::new(400, "invalid_request_error", Some("content_filter"), message),
            // The model exists, else the call would not have been made.
            ErrorKind::NotFound if own => {
                Self::new(400, "invalid_request_error", Some("no_suitable_model"), message)
            }
            ErrorKind::NotFound => Self::new(404, "invalid_request_error", Some("model_not_found"), message),
            ErrorKind::PermissionDenied if own => Self::forbidden(message),
            ErrorKind::Unauthenticated | ErrorKind::PermissionDenied => {
                server(502, &format!("the vendor refuses the key of this proxy: {message}"))
            }
            ErrorKind::Timeout => server(504, message),
            ErrorKind::Unavailable | ErrorKind::Cancelled | ErrorKind::StorageFull => server(503, message),
            ErrorKind::Protocol => server(502, message),
            _ => server(500, message),
        };
        let after = match error.retry() {
            Retry::After(pause) => Some(pause),
            _ => None,
        };
        Self { again: !tried && error.retry() != Retry::Never, after, ..failure }
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        json!({ "error": { "message": self.message, "type": self.kind, "param": self.param, "code": self.code } })
    }
}

impl From<Bad> for Failure {
    fn from(bad: Bad) -> Self {
        let message = bad.to_string();
        Self { param: Some(bad.field).filter(|field| !field.is_empty()), ..Self::invalid(400, message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_status() {
        let error = |kind, backend: &'static str| BackendError::new(kind, backend, "complete", "no");
        for (kind, backend, status, code) in [
            (ErrorKind::QuotaExceeded, "memory-budget", 400, Some("insufficient_quota")),
            (ErrorKind::QuotaExceeded, "openai", 429, Some("insufficient_quota")),
            (ErrorKind::RateLimited, "openai", 429, Some("rate_limit_exceeded")),
            (ErrorKind::InvalidInput, "openai", 400, None),
            (ErrorKind::Unsupported, "openai", 400, None),
            (ErrorKind::NotFound, "ae-router", 400, Some("no_suitable_model")),
            (ErrorKind::NotFound, "openai", 404, Some("model_not_found")),
            (ErrorKind::PermissionDenied, "proxy", 403, None),
            (ErrorKind::Unauthenticated, "openai", 502, None),
            (ErrorKind::Timeout, "openai", 504, None),
            (ErrorKind::Unavailable, "openai", 503, None),
            (ErrorKind::Protocol, "openai", 502, None),
            (ErrorKind::Internal, "openai", 500, None),
        ] {
            let failure = Failure::of(&error(kind, backend), true);
            assert_eq!((failure.status, failure.code), (status, code), "{kind} of {backend}");
            assert!(!failure.again);
        }
        let long = error(ErrorKind::InvalidInput, "openai").with_context("class", "context_too_long");
        assert_eq!(Failure::of(&long, true).code, Some("context_length_exceeded"));
    }

    #[test]
    fn a_client_tries_again_only_where_the_router_did_not() {
        let pause = Duration::from_secs(7);
        let error = BackendError::new(ErrorKind::Unavailable, "ae-router", "call", "all rest");
        let error = error.with_retry(Retry::After(pause));
        let untried = Failure::of(&error, false);
        assert_eq!((untried.again, untried.after), (true, Some(pause)));
        assert_eq!((Failure::of(&error, true).again, Failure::of(&error, true).after), (false, Some(pause)));
    }

    #[test]
    fn a_field_is_named() {
        let failure = Failure::from(Bad::new("n", "one answer is given"));
        assert_eq!(failure.body()["error"]["param"], "n");
        assert_eq!(failure.body()["error"]["message"], "n: one answer is given");
    }
}
