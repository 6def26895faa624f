//! The class of a failed call.

mod class;
mod stated;

use std::{borrow::Cow, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Retry};

use crate::Api;
use stated::Stated;

ae_core::wire_enum! {
    /// Why a vendor did not answer a call.
    #[non_exhaustive]
    pub enum FailureClass {
        /// The key is missing or wrong.
        Auth = "auth",
        /// The key is good and does not allow it.
        Permission = "permission",
        /// The account's money, credit or spend limit is used up, or the quota of the day. Waiting minutes does not help.
        Billing = "billing",
        /// Too many requests or tokens for now.
        RateLimited = "rate_limited",
        /// The vendor has no capacity for now.
        Overloaded = "overloaded",
        /// The model does not exist for this key.
        ModelNotFound = "model_not_found",
        /// The input, or input and ceiling together, is longer than the model or the server takes.
        ContextTooLong = "context_too_long",
        /// The vendor refused the content.
        Refused = "refused",
        /// The request is wrong in another way.
        InvalidRequest = "invalid_request",
        /// The vendor ran out of time.
        Timeout = "timeout",
        /// The vendor failed.
        Server = "server",
        /// The answer does not say.
        Unknown = "unknown",
    }
}

/// A failed call, as its answer describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireFailure {
    class: FailureClass,
    retry_after: Option<Duration>,
    final_by_header: bool,
    message: String,
    code: Option<String>,
    status: Option<u16>,
}

impl WireFailure {
    /// Why it failed.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        self.class
    }

    /// The shortest pause that the vendor asks for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The vendor's message, in one line of at most 500 bytes. It is a stranger's text, and may quote the request.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The vendor's code or type, for example `overloaded_error`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The HTTP status, or `None` for an error in a stream.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Replaces every occurrence of a secret in the vendor's texts, since a server may quote the key that it got.
    #[must_use]
    pub fn without(mut self, secret: &str) -> Self {
        if !secret.is_empty() {
            self.message = self.message.replace(secret, "[secret]");
            self.code = self.code.map(|code| code.replace(secret, "[secret]"));
        }
        self
    }

    /// The kind of error that this is to a caller.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self.class {
            FailureClass::Auth => ErrorKind::Unauthenticated,
            FailureClass::Permission => ErrorKind::PermissionDenied,
            FailureClass::Billing => ErrorKind::QuotaExceeded,
            FailureClass::RateLimited => ErrorKind::RateLimited,
            FailureClass::Overloaded | FailureClass::Server => ErrorKind::Unavailable,
            FailureClass::ModelNotFound => ErrorKind::NotFound,
            FailureClass::ContextTooLong | FailureClass::InvalidRequest => ErrorKind::InvalidInput,
            FailureClass::Refused => ErrorKind::Declined,
            FailureClass::Timeout => ErrorKind::Timeout,
            FailureClass::Unknown => ErrorKind::Protocol,
        }
    }

    /// Whether, and when, the same call may be sent again. A vendor's `x-should-retry: false` is final.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self.class {
            _ if self.final_by_header => Retry::Never,
            FailureClass::RateLimited
            | FailureClass::Overloaded
            | FailureClass::Timeout
            | FailureClass::Server => self.retry_after.map_or(Retry::Backoff, Retry::After),
            _ => Retry::Never,
        }
    }

    /// The same as the error of a port. Where the vendor itself failed or was late, the call may have cost something: the
    /// effect is unknown. Its context names the [class](FailureClass) as `class`, which says more than the kind.
    #[must_use]
    pub fn into_error(
        self,
        backend: impl Into<Cow<'static, str>>,
        operation: impl Into<Cow<'static, str>>,
    ) -> BackendError {
        let (kind, retry) = (self.kind(), self.retry());
        let effect = match self.class {
            FailureClass::Timeout | FailureClass::Server | FailureClass::Unknown => Effect::Unknown,
            _ => Effect::NotApplied,
        };
        let error = BackendError::new(kind, backend, operation, self.message)
            .with_retry(retry)
            .with_effect(effect)
            .with_context("class", self.class.as_str());
        let error = match self.code {
            Some(code) => error.with_code(code),
            None => error,
        };
        match self.status {
            Some(status) => error.with_status(status),
            None => error,
        }
    }

    /// An error in an answer that began well: the value of its field `error`, or a text.
    pub(crate) fn in_stream(api: Api, error: &[u8]) -> Self {
        Self::of(api, None, &Stated::of_error(error))
    }

    fn of(api: Api, status: Option<u16>, stated: &Stated) -> Self {
        Self {
            class: class::of(api, status.or(stated.status), stated),
            retry_after: stated.retry_after,
            final_by_header: false,
            message: stated.message.clone(),
            code: stated.code.clone(),
            status,
        }
    }
}

/// Reads a time as vendors write it in headers: `1.5s`, `20ms`, `6m0s`. At most a day.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    stated::duration(text.trim(), "")
}

/// Reads the class of a failed call from its answer.
///
/// `header` gives the value of a header by its lower-case name. Of `body` the first 64 KiB count. A `retry-after` in the
/// form of a date is passed over, since there is no clock here.
#[must_use]
pub fn classify<'h>(
    api: Api,
    status: u16,
    header: impl Fn(&str) -> Option<&'h str>,
    body: &[u8],
) -> WireFailure {
    let mut failure = WireFailure::of(api, Some(status), &Stated::of_body(body));
    let pause = |name: &str, unit: &str| header(name).and_then(|value| stated::duration(value.trim(), unit));
    if let Some(pause) = pause("retry-after-ms", "ms").or_else(|| pause("retry-after", "s")) {
        failure.retry_after = Some(pause);
    }
    failure.final_by_header = header("x-should-retry") == Some("false");
    if failure.message.is_empty() {
        failure.message = format!("HTTP {status} without a message");
    }
    failure
}
