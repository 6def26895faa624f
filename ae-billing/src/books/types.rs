//! The input of the books, and the part of it that they can't place.

use ae_core::{RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{EventEffect, LinkId, Price, ProviderEvent};

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
    pub fn new(
        provider: impl Into<String>,
        event: ProviderEvent,
        raw: &[u8],
        received_at: Timestamp,
    ) -> Self {
        Self { provider: provider.into(), event, raw: raw.to_vec(), received_at, quarantine: None }
    }
}

ae_core::setters! { ReceivedEvent {
    /// Keeps it without booking it.
    fn with_quarantine(quarantine: some into String);
} }

/// The outcome of an event. All of them are answered with success: sending it again would change nothing.
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

/// A price that a run put on sale at a provider: by it the books find the run, tier and interval of what events name by
/// the provider's ids alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OnSale {
    /// The provider's name, as its verifier has it.
    pub provider: String,
    /// The run.
    pub run: RunId,
    /// The price, with its tier and interval.
    pub price: Price,
    /// The link that sells it.
    pub link: Option<LinkId>,
}

impl OnSale {
    /// `price` of the provider named `provider`, for the run that made it.
    pub fn new(provider: impl Into<String>, price: Price) -> Self {
        Self { provider: provider.into(), run: price.run, price, link: None }
    }
}

ae_core::setters! { OnSale {
    /// Sets the link that sells it.
    fn with_link(link: some LinkId);
} }

/// Something about money that is booked and belongs to no run that is known.
///
/// A price that is announced later with [`put_on_sale`](crate::EventStore::put_on_sale), or a payment that becomes known
/// later, settles it. Until then it is in no sum: look where its price comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unresolved {
    /// The provider's name.
    pub provider: String,
    /// A payment of a product that is not known, or what went back or is in dispute of a payment that is not known.
    pub effect: EventEffect,
}

impl Unresolved {
    /// The effect of an event of the provider named `provider`.
    pub fn new(provider: impl Into<String>, effect: EventEffect) -> Self {
        Self { provider: provider.into(), effect }
    }
}
