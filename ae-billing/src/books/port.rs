//! Where believed events are kept and booked.

use std::fmt;

use ae_core::{BackendError, RunId};
use async_trait::async_trait;

use super::{Intake, ReceivedEvent, RevenueSummary};

/// Keeps believed events and books what they change.
///
/// # Contract
///
/// - **E1.** An event whose (provider, id) is known is [`Intake::Duplicate`] and changes nothing, whatever its body says.
/// - **E2.** The order of arrival does not matter: any order of the same events leads to the same books.
/// - **E3.** A quarantined event, and one without an effect, is kept, is [`Intake::Ignored`] and changes nothing.
/// - **E4.** One payment counts once, even when several events state it.
/// - **E5.** Money is booked in the currency in which it came in, also where the run has no price in it. A payment of
///   zero, as for a trial, entitles and is not counted as a payment.
/// - **E6.** A refund reduces the revenue; a payment that went back in full entitles to nothing.
/// - **E7.** A payment that failed is shown until it comes in.
/// - **E8.** An amount below zero is [`InvalidInput`](ae_core::ErrorKind::InvalidInput); the event is not kept.
/// - **E9.** An entitlement names its latest payment that did not go back: its time, and its number in the order in which
///   the payments were made. What it was ever paid until counts payments that went back, too.
///
/// # Notes
///
/// Event and effect are stored in one transaction, so that a crash leaves both or none.
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
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EventStore: fmt::Debug + Send + Sync + 'static {
    /// Keeps the event and books what it changes.
    async fn record_event(&self, received: &ReceivedEvent) -> Result<Intake, BackendError>;

    /// The sums of the booked events of `run`.
    async fn revenue(&self, run: RunId) -> Result<RevenueSummary, BackendError>;
}

ae_core::forward! { EventStore {
    async fn record_event(&self, received: &ReceivedEvent) -> Result<Intake, BackendError>;
    async fn revenue(&self, run: RunId) -> Result<RevenueSummary, BackendError>;
} }
