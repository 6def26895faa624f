//! The error of every port.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use crate::Money;

crate::wire_enum! {
    /// Why a backend failed, for branching. Each kind says what a caller does next.
    #[non_exhaustive]
    pub enum ErrorKind {
        /// The request can't be right as it stands: change it.
        InvalidInput = "invalid_input",
        /// The object that was named does not exist.
        NotFound = "not_found",
        /// The state moved on, or the same key was used for another request: read again, then decide.
        Conflict = "conflict",
        /// No valid credentials: provide them.
        Unauthenticated = "unauthenticated",
        /// The credentials do not allow it.
        PermissionDenied = "permission_denied",
        /// Too many requests: wait as [`Retry`] says.
        RateLimited = "rate_limited",
        /// A budget, quota or cap is used up: more time does not help.
        QuotaExceeded = "quota_exceeded",
        /// The disk is full: make room, then try again.
        StorageFull = "storage_full",
        /// A person or a payment network said no: the same request has the same answer.
        Declined = "declined",
        /// The time for it has passed: begin again.
        Expired = "expired",
        /// No answer in time; see [`Effect`] for whether it may have happened.
        Timeout = "timeout",
        /// The backend can't be reached or is down.
        Unavailable = "unavailable",
        /// The caller cancelled.
        Cancelled = "cancelled",
        /// This backend has no such ability.
        Unsupported = "unsupported",
        /// The answer could not be understood, or stored data is damaged.
        Protocol = "protocol",
        /// A defect in the backend itself.
        Internal = "internal",
    }
}

/// Whether, and when, the same request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// The same request will fail again, or repeating it could do harm.
    Never,
    /// Worth another try after a growing pause.
    Backoff,
    /// Worth another try, but not before this much time has passed.
    After(Duration),
}

/// Whether the effect that was asked for may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// It certainly did not happen.
    NotApplied,
    /// It may have happened: reconcile by key before anything else, never repeat blindly.
    Unknown,
}

/// The error of every port.
///
/// `Display` is one line, `backend operation: message`, and never prints the source; walk [`StdError::source`] for
/// causes. Neither holds secrets: a backend redacts before it builds one.
#[derive(Debug)]
pub struct BackendError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    retry: Retry,
    effect: Effect,
    backend: Cow<'static, str>,
    operation: Cow<'static, str>,
    message: String,
    code: Option<String>,
    request_id: Option<String>,
    status: Option<u16>,
    cost: Option<Money>,
    context: Vec<(&'static str, String)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl BackendError {
    /// An error of `kind` in `operation` of `backend`. Not retryable and not applied until said otherwise.
    pub fn new(
        kind: ErrorKind,
        backend: impl Into<Cow<'static, str>>,
        operation: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            retry: Retry::Never,
            effect: Effect::NotApplied,
            backend: backend.into(),
            operation: operation.into(),
            message: message.into(),
            code: None,
            request_id: None,
            status: None,
            cost: None,
            context: Vec::new(),
            source: None,
        }))
    }

    /// Adds a named value for logs. Not a secret, and not part of `Display`.
    #[must_use]
    pub fn with_context(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.context.push((name, value.into()));
        self
    }

    /// Why it failed.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether and when to try again.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// Whether the effect may have happened.
    pub fn effect(&self) -> Effect {
        self.0.effect
    }

    /// The backend's name, for example `stripe`.
    pub fn backend(&self) -> &str {
        &self.0.backend
    }

    /// The operation that failed, for example `ensure_price`.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The event and the next step, without backend and operation.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The vendor's own code.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The id under which the vendor logged the request.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The cost that the failed request certainly had; `None` when it was not measured.
    pub fn cost(&self) -> Option<Money> {
        self.0.cost
    }

    /// Named values for logs, in the order in which they were added.
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }
}

crate::setters! { BackendError.0 {
    /// Says when the same request may be sent again.
    fn with_retry(retry: Retry);
    /// Says whether the effect may have happened.
    fn with_effect(effect: Effect);
    /// Sets the vendor's own code, for example `card_declined`.
    fn with_code(code: some into String);
    /// Sets the id under which the vendor logged the request.
    fn with_request_id(request_id: some into String);
    /// Sets the HTTP status of the answer.
    fn with_status(status: some u16);
    /// Sets the cost that the failed request certainly had.
    fn with_cost(cost: some Money);
    /// Keeps the cause.
    fn with_source(source: some into Box<dyn StdError + Send + Sync>);
} }

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.backend, self.0.operation, self.0.message)
    }
}

impl StdError for BackendError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_line_without_the_source() {
        let error = BackendError::new(ErrorKind::Timeout, "stripe", "ensure_price", "no answer in 30 s")
            .with_effect(Effect::Unknown)
            .with_source(std::io::Error::other("connection reset"));
        assert_eq!(error.to_string(), "stripe ensure_price: no answer in 30 s");
        assert_eq!(error.source().unwrap().to_string(), "connection reset");
        assert_eq!((error.effect(), error.retry()), (Effect::Unknown, Retry::Never));
    }
}
