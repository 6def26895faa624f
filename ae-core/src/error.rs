//! What every port returns when a backend could not do its job.

use std::{error::Error as StdError, fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// Why a backend failed, for branching. Each kind says what a caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request can't be right as it stands: change it.
    InvalidInput,
    /// What was named does not exist.
    NotFound,
    /// The state moved on, or the same key was used for another request: read again, then decide.
    Conflict,
    /// No valid credentials: provide them.
    Unauthenticated,
    /// The credentials do not allow it.
    PermissionDenied,
    /// Too many requests: wait as [`Retry`] says.
    RateLimited,
    /// A budget, quota or disk is used up: more time does not help.
    QuotaExceeded,
    /// No answer in time; see [`Effect`] for whether it may have happened.
    Timeout,
    /// The backend can't be reached or is down.
    Unavailable,
    /// The caller cancelled.
    Cancelled,
    /// This backend has no such ability.
    Unsupported,
    /// The answer could not be understood, or stored data is damaged.
    Protocol,
    /// A defect in the backend itself.
    Internal,
}

impl ErrorKind {
    /// The wire name, lower snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::RateLimited => "rate_limited",
            Self::QuotaExceeded => "quota_exceeded",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Cancelled => "cancelled",
            Self::Unsupported => "unsupported",
            Self::Protocol => "protocol",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
pub struct BackendError(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    retry: Retry,
    effect: Effect,
    backend: &'static str,
    operation: &'static str,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl BackendError {
    /// An error of `kind` in `operation` of `backend`. Not retryable and not applied until said otherwise.
    #[must_use]
    pub fn new(
        kind: ErrorKind,
        backend: &'static str,
        operation: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self(Box::new(Inner {
            kind,
            retry: Retry::Never,
            effect: Effect::NotApplied,
            backend,
            operation,
            message,
            source: None,
        }))
    }

    /// Says when the same request may be sent again.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// Says whether the effect may have happened.
    #[must_use]
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.0.effect = effect;
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether and when to try again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// Whether the effect may have happened.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.0.effect
    }

    /// The backend's name, for example `stripe`.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        self.0.backend
    }

    /// The operation that failed, for example `ensure_price`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// What happened and what to do next, without backend and operation.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.backend, self.0.operation, self.0.message)
    }
}

impl fmt::Debug for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendError")
            .field("kind", &self.0.kind)
            .field("retry", &self.0.retry)
            .field("effect", &self.0.effect)
            .field("backend", &self.0.backend)
            .field("operation", &self.0.operation)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
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

    #[test]
    fn wire_names_match_serde() {
        for kind in [ErrorKind::InvalidInput, ErrorKind::QuotaExceeded, ErrorKind::Internal] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
