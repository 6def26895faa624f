//! The way of a webhook: verify, keep and book in one transaction, answer.

use std::sync::Arc;

use ae_core::{BackendError, ErrorKind, Timestamp};
use http::HeaderMap;

use super::WebhookVerifier;
use crate::{EventStore, Intake, Mode, ProviderEvent, ReceivedEvent};

/// The largest body that is looked at, in bytes.
pub const RAW_BYTES_MAX: usize = 256 * 1024;

/// Takes webhooks in.
///
/// The bytes are verified as received; an event that passes is kept and booked by the [`EventStore`] in one
/// transaction. A repeat does no work. An event of another [`Mode`] is kept but never booked.
#[derive(Debug, Clone)]
pub struct WebhookIntake {
    verifier: Arc<dyn WebhookVerifier>,
    store: Arc<dyn EventStore>,
    mode: Mode,
}

impl WebhookIntake {
    /// An intake for [`Mode::Offline`].
    pub fn new(verifier: Arc<dyn WebhookVerifier>, store: Arc<dyn EventStore>) -> Self {
        Self { verifier, store, mode: Mode::Offline }
    }

    /// Takes one request in. Every [`Intake`] is a success for the sender.
    ///
    /// # Errors
    ///
    /// `Unauthenticated` and `InvalidInput` when the event is not believed or not understood: answer with a client
    /// error. Everything else comes from the store: answer with a server error, and the sender tries again.
    pub async fn receive(
        &self,
        headers: &HeaderMap,
        raw: &[u8],
        now: Timestamp,
    ) -> Result<Intake, BackendError> {
        if raw.len() > RAW_BYTES_MAX {
            let message = format!("the body has {} bytes, more than {RAW_BYTES_MAX}", raw.len());
            return Err(BackendError::new(ErrorKind::InvalidInput, "webhook", "receive", message));
        }
        let event = self.verifier.verify(headers, raw, now)?;
        self.record(event, raw, now).await
    }

    /// Takes in an event that needs no signature, because it was fetched from the provider: to catch up with what was
    /// missed. One that came before is a duplicate.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn record(
        &self,
        event: ProviderEvent,
        raw: &[u8],
        now: Timestamp,
    ) -> Result<Intake, BackendError> {
        let quarantine = (event.mode != self.mode)
            .then(|| format!("the event is of mode {}, this intake books mode {}", event.mode, self.mode));
        let mut received = ReceivedEvent::new(self.verifier.name(), event, raw, now);
        received.quarantine = quarantine;
        self.store.record_event(&received).await
    }
}

ae_core::setters! { WebhookIntake {
    /// Sets which mode's events are booked.
    fn with_mode(mode: Mode);
} }
