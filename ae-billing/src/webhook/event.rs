//! The content of a believed event.

use std::{convert::Infallible, fmt, str::FromStr};

use ae_core::{Timestamp, Untrusted};
use serde::{Deserialize, Serialize};

use super::{
    DisputedPayment, EntitlementEnd, FailedPayment, PaidInvoice, PaymentAlias, RefundedPayment,
    SubscriptionChange,
};
use crate::Mode;

/// The kind of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// `customer.subscription.deleted`: it ended.
    SubscriptionDeleted,
    /// `invoice.paid`: money came in.
    InvoicePaid,
    /// `invoice.payment_failed`: money did not come in; the provider may try again.
    PaymentFailed,
    /// `charge.refunded`: money went back, some or all of a payment.
    ChargeRefunded,
    /// Anything else, by its name: it changes nothing here.
    Other(String),
}

const KINDS: [(EventKind, &str); 4] = [
    (EventKind::SubscriptionDeleted, "customer.subscription.deleted"),
    (EventKind::InvoicePaid, "invoice.paid"),
    (EventKind::PaymentFailed, "invoice.payment_failed"),
    (EventKind::ChargeRefunded, "charge.refunded"),
];

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, KINDS.iter().find(|(kind, _)| kind == self)) {
            (_, Some((_, name))) => f.write_str(name),
            (Self::Other(name), None) => f.write_str(name),
            (_, None) => Err(fmt::Error),
        }
    }
}

impl FromStr for EventKind {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        let known = KINDS.iter().find(|(_, known)| *known == name).map(|(kind, _)| kind.clone());
        Ok(known.unwrap_or_else(|| Self::Other(name.to_owned())))
    }
}

ae_core::serde_text!(EventKind);

/// A believed event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderEvent {
    /// The provider's id of the event; a repeat has the same one.
    pub id: String,
    /// The kind of an event.
    pub kind: EventKind,
    /// Where it happened.
    pub mode: Mode,
    /// When it happened. Events arrive in any order.
    pub created_at: Timestamp,
    /// The changes that it makes here, in the terms of this crate; empty when it makes none.
    pub effects: Vec<EventEffect>,
    /// The rest, as data.
    pub payload: Untrusted<serde_json::Value>,
}

impl ProviderEvent {
    /// An event without an effect.
    pub fn new(
        id: impl Into<String>,
        kind: EventKind,
        mode: Mode,
        created_at: Timestamp,
        payload: Untrusted<serde_json::Value>,
    ) -> Self {
        Self { id: id.into(), kind, mode, created_at, effects: Vec::new(), payload }
    }
}

ae_core::setters! { ProviderEvent {
    /// Sets the changes that it makes.
    fn with_effects(effects: Vec<EventEffect>);
} }

/// The change that an event makes. The verifier translates, because only it knows the provider's payload.
///
/// Effects name payments, agreements, prices and links by the provider's ids: 1 to 255 bytes without white space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventEffect {
    /// Money came in.
    Paid(PaidInvoice),
    /// An entitlement ends at the time of the event.
    Ended(EntitlementEnd),
    /// Money went back.
    Refunded(RefundedPayment),
    /// Money did not come in.
    Failed(FailedPayment),
    /// A subscription is in this state.
    Changed(SubscriptionChange),
    /// A customer's bank took money back, or asks for it.
    Disputed(DisputedPayment),
    /// Two ids name one payment.
    SamePayment(PaymentAlias),
}
