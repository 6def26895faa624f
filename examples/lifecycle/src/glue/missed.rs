//! Joins the books to the events that a payment provider keeps: those that no webhook brought while nothing listened.

use std::fmt::Debug;

use ae_billing::{Page, ProviderEvent, WebhookError};
use ae_core::{BackendError, Provider, Timestamp};
use async_trait::async_trait;

/// An event that a provider lists, with the bytes to keep.
#[derive(Debug)]
pub struct MissedEvent {
    /// The event, or why it can't be read.
    pub event: Result<ProviderEvent, WebhookError>,
    /// The event as the provider lists it.
    pub raw: Vec<u8>,
}

/// Lists the events of a payment provider.
///
/// # Errors
///
/// Those of a call that reads.
#[async_trait]
pub trait MissedEvents: Debug + Send + Sync {
    /// The provider and its mode.
    fn provider(&self) -> Provider;

    /// A page of the events since `since`: the first one, or the one after the page that ended with `after`.
    async fn page(&self, since: Timestamp, after: Option<&str>) -> Result<Page<MissedEvent>, BackendError>;
}
