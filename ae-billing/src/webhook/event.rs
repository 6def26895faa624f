//! What a believed event says.

use std::fmt;

use ae_core::{BillingInterval, Money, RunId, Timestamp, Untrusted};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Mode;

/// What sort of event it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// `checkout.session.completed`: a customer went through the page; no proof of payment.
    CheckoutCompleted,
    /// `customer.subscription.created`
    SubscriptionCreated,
    /// `customer.subscription.updated`
    SubscriptionUpdated,
    /// `customer.subscription.deleted`: it ended.
    SubscriptionDeleted,
    /// `invoice.paid`: money came in.
    InvoicePaid,
    /// `invoice.payment_failed`
    PaymentFailed,
    /// Anything else, by its name.
    Other(String),
}

impl EventKind {
    /// The kind with the wire name `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "checkout.session.completed" => Self::CheckoutCompleted,
            "customer.subscription.created" => Self::SubscriptionCreated,
            "customer.subscription.updated" => Self::SubscriptionUpdated,
            "customer.subscription.deleted" => Self::SubscriptionDeleted,
            "invoice.paid" => Self::InvoicePaid,
            "invoice.payment_failed" => Self::PaymentFailed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The wire name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::CheckoutCompleted => "checkout.session.completed",
            Self::SubscriptionCreated => "customer.subscription.created",
            Self::SubscriptionUpdated => "customer.subscription.updated",
            Self::SubscriptionDeleted => "customer.subscription.deleted",
            Self::InvoicePaid => "invoice.paid",
            Self::PaymentFailed => "invoice.payment_failed",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_name(&String::deserialize(deserializer)?))
    }
}

/// A believed event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderEvent {
    /// The provider's id of the event; a repeat has the same one.
    pub id: String,
    /// What sort of event it is.
    pub kind: EventKind,
    /// Where it happened.
    pub mode: Mode,
    /// When it happened. Events arrive in any order.
    pub created_at: Timestamp,
    /// What it changes here, in the words of this crate; `None` when nothing.
    pub effect: Option<EventEffect>,
    /// The rest, as data.
    pub payload: Untrusted<serde_json::Value>,
}

impl ProviderEvent {
    /// An event without an effect.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        kind: EventKind,
        mode: Mode,
        created_at: Timestamp,
        payload: Untrusted<serde_json::Value>,
    ) -> Self {
        Self { id: id.into(), kind, mode, created_at, effect: None, payload }
    }

    /// Says what it changes.
    #[must_use]
    pub fn with_effect(mut self, effect: EventEffect) -> Self {
        self.effect = Some(effect);
        self
    }
}

/// What an event changes. The verifier translates, because only it knows the provider's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventEffect {
    /// Money came in.
    Paid(PaidInvoice),
    /// An entitlement ends at the time of the event.
    Ended(EntitlementEnd),
}

/// Money that came in, as the event says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaidInvoice {
    /// The provider's id of the payment; two events about one payment count once.
    pub payment: String,
    /// The provider's id of the agreement that it belongs to: a subscription, or a purchase.
    pub entitlement: String,
    /// Whose product was paid.
    pub run: RunId,
    /// The provider's id of the price.
    pub price: String,
    /// The tier's label.
    pub tier: String,
    /// How much.
    pub amount: Money,
    /// How often the price is charged.
    pub interval: BillingInterval,
    /// Who paid: a label or a vendor's customer id, no e-mail address.
    pub customer: String,
    /// When.
    pub paid_at: Timestamp,
}

/// Who paid what, for a [`PaidInvoice`].
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "a bundle of borrowed names for one constructor")]
pub struct PaidFor<'a> {
    /// The provider's id of the agreement.
    pub entitlement: &'a str,
    /// The provider's id of the price.
    pub price: &'a str,
    /// The tier's label.
    pub tier: &'a str,
    /// Who paid.
    pub customer: &'a str,
}

impl PaidInvoice {
    /// A payment of `amount` for what `paid` names.
    #[must_use]
    pub fn new(
        run: RunId,
        payment: impl Into<String>,
        paid: PaidFor<'_>,
        amount: Money,
        interval: BillingInterval,
        paid_at: Timestamp,
    ) -> Self {
        Self {
            payment: payment.into(),
            entitlement: paid.entitlement.to_owned(),
            run,
            price: paid.price.to_owned(),
            tier: paid.tier.to_owned(),
            amount,
            interval,
            customer: paid.customer.to_owned(),
            paid_at,
        }
    }
}

/// An entitlement that ended, as the event says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntitlementEnd {
    /// Whose product it was.
    pub run: RunId,
    /// The provider's id of the agreement.
    pub entitlement: String,
}

impl EntitlementEnd {
    /// The end of `entitlement`.
    #[must_use]
    pub fn new(run: RunId, entitlement: impl Into<String>) -> Self {
        Self { run, entitlement: entitlement.into() }
    }
}
