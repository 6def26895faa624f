//! Why a webhook was not believed.

use ae_core::{BackendError, ErrorKind};

/// Why a webhook was not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// A verifier can't be made without a secret.
    #[error("the webhook secret is empty: configure the one the sender signs with")]
    EmptySecret,
    /// No signature.
    #[error("the request has no {0} header: it was not sent by the provider")]
    MissingSignature(&'static str),
    /// The header is not in the provider's form.
    #[error("the signature header can't be read: {0}")]
    MalformedSignature(&'static str),
    /// Signed too long ago: a replay, or a clock that is wrong.
    #[error("the signature is {age_s} s old, more than {most_s} s: a replay, or a clock is wrong")]
    TooOld {
        /// Seconds between signature and now.
        age_s: i64,
        /// How many are allowed.
        most_s: i64,
    },
    /// Signed in the future: a clock is wrong.
    #[error("the signature is {ahead_s} s ahead, more than {most_s} s: a clock is wrong")]
    TooNew {
        /// Seconds between now and signature.
        ahead_s: i64,
        /// How many are allowed.
        most_s: i64,
    },
    /// Another secret, or another body.
    #[error("no signature matches: the body was changed or the secret is another")]
    BadSignature,
    /// Signed, but not an event.
    #[error("the signed body is not an event: {0}")]
    MalformedEvent(String),
}

impl WebhookError {
    /// `InvalidInput` for a body that is not an event, `Internal` for a missing secret, `Unauthenticated` for all else.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::MalformedEvent(_) => ErrorKind::InvalidInput,
            Self::EmptySecret => ErrorKind::Internal,
            _ => ErrorKind::Unauthenticated,
        }
    }
}

impl From<WebhookError> for BackendError {
    fn from(error: WebhookError) -> Self {
        Self::new(error.kind(), "webhook", "verify", error.to_string())
    }
}
