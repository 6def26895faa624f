//! Where believed events are kept and booked.

use std::fmt;

use ae_core::{BackendError, RunId};
use async_trait::async_trait;

use super::{Intake, OnSale, ReceivedEvent, RevenueSummary, Unresolved};

/// Keeps believed events and books what they change.
///
/// # Contract
///
/// - **E1.** An event whose (provider, id) is known is [`Intake::Duplicate`] and changes nothing, whatever its body says.
/// - **E2.** The order of arrival does not matter: any order of the same events and announcements leads to the same books.
/// - **E3.** A quarantined event, and one without an effect, is kept, is [`Intake::Ignored`] and changes nothing.
/// - **E4.** One payment counts once, even when several events state it: what they say is put together.
/// - **E5.** Money is booked in the currency in which it came in, also where the run has no price in it. A payment of
///   zero, as for a trial, entitles and is not counted as a payment.
/// - **E6.** Refunds, in part or in whole, reduce the revenue, each in its currency; a payment that went back in full
///   entitles to nothing. Totals of one payment count by the highest, single refunds add up.
/// - **E7.** A payment that failed is shown until it comes in.
/// - **E8.** An amount below zero is [`InvalidInput`](ae_core::ErrorKind::InvalidInput); the event is not kept.
/// - **E9.** An entitlement names its latest payment that did not go back: its time, and its number in the order in which
///   the payments were made. What it was ever paid until counts payments that went back, too.
/// - **E10.** All effects of an event are booked, or none of them.
/// - **E11.** An effect that names no run is booked for the one that [put its price or link on sale](Self::put_on_sale),
///   before or after. Until then its money is in [`unresolved`](Self::unresolved), and nowhere else. The same announcement
///   again changes nothing; the same price or link for another run, or a price on other terms, is
///   [`Conflict`](ae_core::ErrorKind::Conflict).
/// - **E12.** Ids that name one payment are one payment, whichever of them an event names.
/// - **E13.** Money in a dispute that is open or lost is not revenue, and a payment of which all is refunded or in such a
///   dispute entitles to nothing. A dispute that was won, or is a mere inquiry, changes neither. All are shown.
/// - **E14.** The newest state of an agreement counts, by its time; see
///   [`SubscriptionChange`](crate::SubscriptionChange) for what each means. A payment that is made after an end begins
///   again.
///
/// # Notes
///
/// Event and effects are stored in one transaction, so that a crash leaves all of them or none.
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

    /// Remembers what a run sells, so that events that name a price or a link alone are booked for it: those that came
    /// before, too.
    async fn put_on_sale(&self, sale: &OnSale) -> Result<(), BackendError>;

    /// The sums of the booked events of `run`.
    async fn revenue(&self, run: RunId) -> Result<RevenueSummary, BackendError>;

    /// The payments, refunds and disputes that belong to no known run, oldest first: none where every price is announced
    /// and the account sells nothing else. It reads all that went back and all payments without a stated run.
    async fn unresolved(&self) -> Result<Vec<Unresolved>, BackendError>;
}

ae_core::forward! { EventStore {
    async fn record_event(&self, received: &ReceivedEvent) -> Result<Intake, BackendError>;
    async fn put_on_sale(&self, sale: &OnSale) -> Result<(), BackendError>;
    async fn revenue(&self, run: RunId) -> Result<RevenueSummary, BackendError>;
    async fn unresolved(&self) -> Result<Vec<Unresolved>, BackendError>;
} }
