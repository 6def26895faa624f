//! The content of a believed event.

use std::{convert::Infallible, fmt, str::FromStr};

use ae_core::{BillingInterval, Money, RunId, Timestamp, Untrusted};
use serde::{Deserialize, Serialize};

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
    /// The change that it makes here, in the terms of this crate; `None` when it makes none.
    pub effect: Option<EventEffect>,
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
        Self { id: id.into(), kind, mode, created_at, effect: None, payload }
    }
}

ae_core::setters! { ProviderEvent {
    /// Sets the change that it makes.
    fn with_effect(effect: some EventEffect);
} }

/// The change that an event makes. The verifier translates, because only it knows the provider's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// Money that came in, as the event states it.
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
    /// How much; zero for the invoice of a trial, never less.
    pub amount: Money,
    /// How often the price is charged.
    pub interval: BillingInterval,
    /// Who paid: a label or a vendor's customer id, no e-mail address.
    pub customer: String,
    /// When.
    pub paid_at: Timestamp,
    /// The end of the period that is paid for, where the provider states one, as for a trial; without it one `interval`
    /// is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<Timestamp>,
}

impl PaidInvoice {
    /// A payment of `amount` under the agreement `entitlement`: a single purchase of an unnamed price.
    pub fn new(
        run: RunId,
        payment: impl Into<String>,
        entitlement: impl Into<String>,
        amount: Money,
        paid_at: Timestamp,
    ) -> Self {
        Self {
            payment: payment.into(),
            entitlement: entitlement.into(),
            run,
            price: String::new(),
            tier: String::new(),
            amount,
            interval: BillingInterval::OneTime,
            customer: String::new(),
            paid_at,
            period_end: None,
        }
    }

    /// Sets the price, its tier and how often it is charged.
    #[must_use]
    pub fn with_price(
        mut self,
        price: impl Into<String>,
        tier: impl Into<String>,
        interval: BillingInterval,
    ) -> Self {
        self.price = price.into();
        self.tier = tier.into();
        self.interval = interval;
        self
    }
}

ae_core::setters! { PaidInvoice {
    /// Sets the customer.
    fn with_customer(customer: into String);
    /// Sets the end of the period that is paid for.
    fn with_period_end(period_end: some Timestamp);
} }

/// An entitlement that ended, as the event states it.
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
    pub fn new(run: RunId, entitlement: impl Into<String>) -> Self {
        Self { run, entitlement: entitlement.into() }
    }
}

/// Money that went back, as the event states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundedPayment {
    /// Whose product was paid.
    pub run: RunId,
    /// The provider's id of the payment.
    pub payment: String,
    /// The total that was refunded of this payment so far; several events about one payment count once, by the highest.
    pub refunded: Money,
    /// When.
    pub refunded_at: Timestamp,
}

impl RefundedPayment {
    /// `refunded` is the total of all refunds of `payment` so far.
    pub fn new(run: RunId, payment: impl Into<String>, refunded: Money, refunded_at: Timestamp) -> Self {
        Self { run, payment: payment.into(), refunded, refunded_at }
    }
}

/// A payment that did not come in, as the event states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FailedPayment {
    /// Whose product was to be paid.
    pub run: RunId,
    /// The provider's id of the payment: the one of the [`PaidInvoice`] when a later try succeeds.
    pub payment: String,
    /// The amount that is due.
    pub amount: Money,
    /// The customer: a label or a vendor's customer id, no e-mail address.
    pub customer: String,
    /// The time of the last try.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub failed_at: Timestamp,
}

impl FailedPayment {
    /// A failed try to take `amount` from `customer`.
    pub fn new(
        run: RunId,
        payment: impl Into<String>,
        amount: Money,
        customer: impl Into<String>,
        failed_at: Timestamp,
    ) -> Self {
        Self { run, payment: payment.into(), amount, customer: customer.into(), failed_at }
    }
}
