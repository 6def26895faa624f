//! An answer, whatever its status.

use std::{borrow::Cow, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Retry, Timestamp};
use jiff::fmt::rfc2822;
use reqwest::{
    StatusCode,
    header::{DATE, HeaderMap, RETRY_AFTER},
};
use serde::de::DeserializeOwned;

/// The longest pause that a service can ask for; a longer one is cut.
const PAUSE_MAX: Duration = Duration::from_secs(3600);

/// The answer of a service, read as a whole.
#[derive(Clone)]
pub struct Answer {
    pub(crate) backend: Cow<'static, str>,
    pub(crate) operation: &'static str,
    pub(crate) host: String,
    /// The effect of an answer that is not a clear refusal.
    pub(crate) effect: Effect,
    /// Whether an earlier try of the same request may have had its effect.
    pub(crate) doubtful: bool,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The value of a header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        text(&self.headers, name)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body of an answer that is understood, without a copy.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The pause that the service asks for in `retry-after`, at most an hour.
    pub fn pause(&self) -> Option<Duration> {
        pause(&self.headers)
    }

    /// Whether an earlier try of the same request may have had its effect, so that this answer, even a refusal, does not
    /// say that nothing happened.
    pub const fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    ///
    /// `Protocol` when it is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, BackendError> {
        serde_json::from_slice(&self.body).map_err(|source| {
            // The parser's message can quote the body, so its place alone is kept.
            let message = format!(
                "the answer of {} can't be read at line {} column {}",
                self.host,
                source.line(),
                source.column()
            );
            BackendError::new(ErrorKind::Protocol, self.backend.clone(), self.operation, message)
                .with_status(self.status())
                .with_effect(self.effect)
        })
    }

    /// The answer itself when its status is 2xx.
    ///
    /// # Errors
    ///
    /// [`error`](Self::error) for every other status.
    pub fn success(self) -> Result<Self, BackendError> {
        if self.status.is_success() { Ok(self) } else { Err(self.error()) }
    }

    /// The error that the status stands for, with its retry class and effect. A backend that reads more from the body
    /// adds its code or makes an error of its own.
    pub fn error(&self) -> BackendError {
        let (kind, hint) = meaning(self.status);
        let retry = match kind {
            ErrorKind::RateLimited | ErrorKind::Unavailable => {
                pause(&self.headers).map_or(Retry::Backoff, Retry::After)
            }
            ErrorKind::Timeout => Retry::Backoff,
            _ => Retry::Never,
        };
        let is_refusal = self.status.is_client_error() && kind != ErrorKind::Timeout && !self.doubtful;
        let effect = if is_refusal { Effect::NotApplied } else { self.effect };
        let message = format!("{} answered {}: {hint}", self.host, self.status.as_u16());
        let error = BackendError::new(kind, self.backend.clone(), self.operation, message)
            .with_status(self.status())
            .with_retry(retry)
            .with_effect(effect);
        match self.header("request-id").or_else(|| self.header("x-request-id")) {
            Some(id) => error.with_request_id(id),
            None => error,
        }
    }
}

/// Shows the status and the size: headers and body can hold secrets.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The pause that a service asks for: seconds, or a date against the service's own clock.
pub(crate) fn pause(headers: &HeaderMap) -> Option<Duration> {
    let text = text(headers, RETRY_AFTER.as_str())?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds).min(PAUSE_MAX));
    }
    let pause = time(text)?.duration_since(date(headers)?);
    Some(Duration::try_from(pause).unwrap_or_default().min(PAUSE_MAX))
}

/// The time of an answer, by the service's own clock.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    time(text(headers, DATE.as_str())?)
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn time(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn meaning(status: StatusCode) -> (ErrorKind, &'static str) {
    match status.as_u16() {
        401 => (ErrorKind::Unauthenticated, "check the key"),
        402 => (ErrorKind::Declined, "the payment was declined"),
        403 => (ErrorKind::PermissionDenied, "the key does not allow it, or this network is blocked"),
        404 => (ErrorKind::NotFound, "it does not exist"),
        405 | 501 => (ErrorKind::Unsupported, "the service can't do it"),
        408 => (ErrorKind::Timeout, "the request took too long"),
        409 | 412 => (ErrorKind::Conflict, "the state moved on or the key was used"),
        410 => (ErrorKind::Expired, "it is gone"),
        425 | 429 => (ErrorKind::RateLimited, "too many requests, wait"),
        400..=499 => (ErrorKind::InvalidInput, "the service refused the request"),
        507 => (ErrorKind::StorageFull, "its disk is full"),
        500..=599 => (ErrorKind::Unavailable, "the service is down"),
        _ => (ErrorKind::Protocol, "a status that was not expected"),
    }
}
