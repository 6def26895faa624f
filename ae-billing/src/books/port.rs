//! Where believed events are kept and booked.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, Timestamp};
use async_trait::async_trait;

use crate::ProviderEvent;

/// A believed event on its way into a store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReceivedEvent {
    /// The provider's name.
    pub provider: String,
    /// The event.
    pub event: ProviderEvent,
    /// The bytes as received.
    pub raw: Vec<u8>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Why it must be kept but not booked, if so.
    pub quarantine: Option<String>,
}

impl ReceivedEvent {
    /// An event that is to be booked.
    #[must_use]
    pub fn new(
        provider: impl Into<String>,
        event: ProviderEvent,
        raw: &[u8],
        received_at: Timestamp,
    ) -> Self {
        Self { provider: provider.into(), event, raw: raw.to_vec(), received_at, quarantine: None }
    }

    /// Keeps it without booking it.
    #[must_use]
    pub fn with_quarantine(mut self, reason: impl Into<String>) -> Self {
        self.quarantine = Some(reason.into());
        self
    }
}

/// What became of an event. All of them are answered with success: sending it again would change nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Intake {
    /// It is kept and its effect is booked.
    Accepted {
        /// The provider's id of the event.
        event: String,
    },
    /// It was kept before; nothing was done.
    Duplicate {
        /// The provider's id of the event.
        event: String,
    },
    /// It is kept and changes nothing.
    Ignored {
        /// The provider's id of the event.
        event: String,
        /// Why it changes nothing.
        reason: String,
    },
}

/// Keeps believed events and books what they change.
///
/// # Contract
///
/// - **E1.** Event and effect are stored in one transaction: both or none.
/// - **E2.** An event whose (provider, id) is known is [`Intake::Duplicate`] and does no work, whatever its body says.
/// - **E3.** The order of arrival does not matter: any order of the same events leads to the same books.
/// - **E4.** A quarantined event, and one without an effect, is kept and changes nothing.
/// - **E5.** One payment counts once, even when several events tell of it.
///
/// # Errors
///
/// `Unavailable`, `QuotaExceeded`, `PermissionDenied`, `Protocol`: the event is not booked and may be sent again. With
/// [`Effect::Unknown`](ae_core::Effect::Unknown) it may be booked; sending it again is safe because of E2.
///
/// # Cancel safety
///
/// Dropping the future leaves the event booked or not booked, nothing between; send it again.
///
/// # Example
///
/// ```
/// use ae_billing::{EventKind, EventStore, Intake, MemoryLedger, Mode, ProviderEvent, ReceivedEvent};
/// use ae_core::{Origin, Runtime, Timestamp, Untrusted};
///
/// # futures_executor::block_on(async {
/// let store = MemoryLedger::new(Runtime::system(), "http://127.0.0.1:8080");
/// let payload = Untrusted::new(Origin::Webhook("docs".into()), serde_json::json!({}));
/// let kind = EventKind::Other("ping".into());
/// let event = ProviderEvent::new("evt_1", kind, Mode::Offline, Timestamp::UNIX_EPOCH, payload);
/// let received = ReceivedEvent::new("docs", event, b"{}", Timestamp::UNIX_EPOCH);
/// assert!(matches!(store.record_event(&received).await?, Intake::Ignored { .. }));
/// assert!(matches!(store.record_event(&received).await?, Intake::Duplicate { .. }));
/// # Ok::<_, ae_core::BackendError>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait EventStore: fmt::Debug + Send + Sync + 'static {
    /// Keeps the event and books what it changes.
    async fn record_event(&self, received: &ReceivedEvent) -> Result<Intake, BackendError>;
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<T: EventStore + ?Sized> EventStore for $pointer<T> {
            async fn record_event(&self, received: &ReceivedEvent) -> Result<Intake, BackendError> {
                (**self).record_event(received).await
            }
        }
    )+};
}

forward!(Arc, Box);

const _: fn(&dyn EventStore) = |_| ();
