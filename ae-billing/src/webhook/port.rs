//! The webhook verifier port.

use std::fmt;

use ae_core::Timestamp;
use http::HeaderMap;

use super::{ProviderEvent, WebhookError};

/// Decides whether a webhook comes from its provider, and what it says.
///
/// # Contract
///
/// - **W1.** Pure: the same headers, bytes and time give the same answer. No clock, no I/O, no API key.
/// - **W2.** The signature covers the raw bytes as received; a body that was parsed and written again does not pass.
/// - **W3.** A request without a signature is refused; the check can't be switched off.
/// - **W4.** What is too old or too far ahead is refused, where the provider signs a time.
/// - **W5.** The payload keeps its origin: it is data, and only the fields in [`EventEffect`](crate::EventEffect) have a meaning.
///
/// # Notes
///
/// Secrets are compared in constant time, and there is no default secret.
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
#[cfg_attr(feature = "mock", mockall::automock)]
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

ae_core::forward! { WebhookVerifier {
    fn name(&self) -> &str;
    fn verify(&self, headers: &HeaderMap, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError>;
} }
