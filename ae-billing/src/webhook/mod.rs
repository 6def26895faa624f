//! Webhooks: what a provider says has happened, believed only when signed.

mod event;
mod intake;
mod offline;
mod store;

use std::{fmt, sync::Arc};

use ae_core::{BackendError, ErrorKind, Timestamp};
use http::HeaderMap;

pub use event::{EntitlementEnd, EventEffect, EventKind, PaidFor, PaidInvoice, ProviderEvent};
pub use intake::{RAW_BYTES_MAX, WebhookIntake};
pub(crate) use offline::Envelope;
pub use offline::{OfflineVerifier, SIGNATURE_HEADER, TOLERANCE_SECONDS, sign};
pub use store::{EventStore, Intake, ReceivedEvent};

/// Decides whether a webhook comes from its provider, and what it says.
///
/// # Contract
///
/// - **W1.** Pure: the same headers, bytes and time give the same answer. No clock, no I/O, no API key.
/// - **W2.** The signature covers the raw bytes as received; a body that was parsed and written again does not pass.
/// - **W3.** Secrets are compared in constant time. There is no default secret and no way to switch the check off.
/// - **W4.** What is too old or too far ahead is refused, where the provider signs a time.
/// - **W5.** The payload keeps its origin: it is data, and only the fields in [`EventEffect`] have a meaning.
///
/// # Errors
///
/// [`WebhookError`] says which check failed; nothing has happened.
///
/// # Cancel safety
///
/// Not async.
///
/// # Example
///
/// ```
/// use ae_billing::{OfflineVerifier, SIGNATURE_HEADER, WebhookVerifier, sign};
/// use ae_core::{Secret, Timestamp};
///
/// let secret = Secret::new("whsec_of_this_installation".to_owned());
/// let now = Timestamp::from_second(1_800_000_000)?;
/// let raw = br#"{"id":"evt_1","type":"ping","mode":"offline","created_at":"2027-01-15T08:00:00Z","data":{}}"#;
/// let mut headers = http::HeaderMap::new();
/// headers.insert(SIGNATURE_HEADER, sign(&secret, raw, now).parse()?);
/// let event = OfflineVerifier::new(secret)?.verify(&headers, raw, now)?;
/// assert_eq!(event.id, "evt_1");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub trait WebhookVerifier: fmt::Debug + Send + Sync + 'static {
    /// The provider's name, for example `offline-ledger`.
    fn name(&self) -> &str;

    /// The event in `raw`, when `headers` prove that the provider sent it around `now`.
    ///
    /// # Errors
    ///
    /// [`WebhookError`].
    fn verify(&self, headers: &HeaderMap, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError>;
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        impl<T: WebhookVerifier + ?Sized> WebhookVerifier for $pointer<T> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn verify(
                &self,
                headers: &HeaderMap,
                raw: &[u8],
                now: Timestamp,
            ) -> Result<ProviderEvent, WebhookError> {
                (**self).verify(headers, raw, now)
            }
        }
    )+};
}

forward!(Arc, Box);

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
    #[error("the signature is {age_s} s old, more than {TOLERANCE_SECONDS} s: a replay, or a clock is wrong")]
    TooOld {
        /// Seconds between signature and now.
        age_s: i64,
    },
    /// Signed in the future: a clock is wrong.
    #[error("the signature is {ahead_s} s ahead, more than {TOLERANCE_SECONDS} s: a clock is wrong")]
    TooNew {
        /// Seconds between now and signature.
        ahead_s: i64,
    },
    /// Another secret, or another body.
    #[error("no signature matches: the body was changed or the secret is another")]
    BadSignature,
    /// Signed, but not an event.
    #[error("the signed body is no event: {0}")]
    MalformedEvent(String),
}

impl WebhookError {
    /// `InvalidInput` for a body that is no event, `Internal` for a missing secret, `Unauthenticated` for all else.
    #[must_use]
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

const _: fn(&dyn WebhookVerifier) = |_| ();
