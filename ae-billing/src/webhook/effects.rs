//! The changes that events make, as they state them.

use ae_core::{BillingInterval, Money, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::SubscriptionState;

/// Money that came in, as the event states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaidInvoice {
    /// The provider's id of the payment. What several events state about one payment in one currency is put together and
    /// counts once: the highest amount, the earliest time, the latest end of the period.
    pub payment: String,
    /// The provider's id of the agreement that it belongs to: a subscription, or a purchase. The payment's own when empty.
    pub entitlement: String,
    /// Whose product was paid, where the event says so; else the store finds it by price, link, payment or agreement.
    pub run: Option<RunId>,
    /// The provider's id of the price; empty where the event does not say.
    pub price: String,
    /// The provider's id of the payment link; empty where the event does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub link: String,
    /// The tier's label; empty where the store is to find it by the price.
    pub tier: String,
    /// How much; zero for the invoice of a trial, never less.
    pub amount: Money,
    /// How often the price is charged; `None` where the store is to find it by the price.
    pub interval: Option<BillingInterval>,
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
        run: impl Into<Option<RunId>>,
        payment: impl Into<String>,
        entitlement: impl Into<String>,
        amount: Money,
        paid_at: Timestamp,
    ) -> Self {
        Self {
            payment: payment.into(),
            entitlement: entitlement.into(),
            run: run.into(),
            price: String::new(),
            link: String::new(),
            tier: String::new(),
            amount,
            interval: None,
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
        self.interval = Some(interval);
        self
    }
}

ae_core::setters! { PaidInvoice {
    /// Sets the customer.
    fn with_customer(customer: into String);
    /// Sets the provider's id of the price alone.
    fn with_price_id(price: into String);
    /// Sets the provider's id of the payment link.
    fn with_link(link: into String);
    /// Sets the end of the period that is paid for.
    fn with_period_end(period_end: some Timestamp);
} }

/// An entitlement that ended, as the event states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntitlementEnd {
    /// Whose product it was, where the event says so.
    pub run: Option<RunId>,
    /// The provider's id of the agreement.
    pub entitlement: String,
}

impl EntitlementEnd {
    /// The end of `entitlement`.
    pub fn new(run: impl Into<Option<RunId>>, entitlement: impl Into<String>) -> Self {
        Self { run: run.into(), entitlement: entitlement.into() }
    }
}

/// Money that went back, as the event states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundedPayment {
    /// Whose product was paid, where the event says so; else the store finds it by price, link, payment or agreement.
    pub run: Option<RunId>,
    /// The provider's id of the payment.
    pub payment: String,
    /// The total that was refunded of this payment so far; several events about one payment count once, by the highest.
    /// Where `refund` names a single refund, its amount alone.
    pub refunded: Money,
    /// The provider's id of a single refund: different refunds of a payment add up, and of one refund the newest statement
    /// counts, zero when it was taken back. Where a provider states totals, too, the higher of the two counts, and the
    /// single refunds alone once one of them was taken back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub refund: String,
    /// When.
    pub refunded_at: Timestamp,
}

impl RefundedPayment {
    /// `refunded` is the total of all refunds of `payment` so far.
    pub fn new(
        run: impl Into<Option<RunId>>,
        payment: impl Into<String>,
        refunded: Money,
        refunded_at: Timestamp,
    ) -> Self {
        Self { run: run.into(), payment: payment.into(), refunded, refund: String::new(), refunded_at }
    }
}

ae_core::setters! { RefundedPayment {
    /// Sets the provider's id of the refund, which makes `refunded` the amount of this refund alone.
    fn with_refund(refund: into String);
} }

/// A payment that did not come in, as the event states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FailedPayment {
    /// Whose product was to be paid, where the event says so.
    pub run: Option<RunId>,
    /// The provider's id of the payment: the one of the [`PaidInvoice`] when a later try succeeds.
    pub payment: String,
    /// The provider's id of the agreement that it belongs to; empty where the event does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entitlement: String,
    /// The provider's id of the price; empty where the event does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub price: String,
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
        run: impl Into<Option<RunId>>,
        payment: impl Into<String>,
        amount: Money,
        customer: impl Into<String>,
        failed_at: Timestamp,
    ) -> Self {
        Self {
            run: run.into(),
            payment: payment.into(),
            entitlement: String::new(),
            price: String::new(),
            amount,
            customer: customer.into(),
            failed_at,
        }
    }
}

ae_core::setters! { FailedPayment {
    /// Sets the provider's id of the agreement.
    fn with_entitlement(entitlement: into String);
    /// Sets the provider's id of the price.
    fn with_price(price: into String);
} }

/// The state of a subscription, as the event states it. The newest statement counts, whatever the order of arrival; of
/// two of the same time, the state that [`SubscriptionState`] lists later.
///
/// | state | access |
/// |---|---|
/// | `Trialing` | until `period_end`, once a payment is known: the zero invoice of the trial |
/// | `Active`, `PastDue`, `Paused`, `Unpaid`, `Incomplete` | to the end of the period that was paid for; more only by a payment |
/// | `Canceled`, `IncompleteExpired` | ended at `at`, unless a payment was made later |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionChange {
    /// Whose product it is for, where the event says so.
    pub run: Option<RunId>,
    /// The provider's id of the agreement.
    pub entitlement: String,
    /// Its state.
    pub state: SubscriptionState,
    /// The end of the period under way, where the event says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<Timestamp>,
    /// Whether it ends then.
    #[serde(default)]
    pub ends_with_period: bool,
    /// The provider's id of its price; empty where the event does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub price: String,
    /// The customer: a label or a vendor's customer id, no e-mail address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub customer: String,
    /// When it was so.
    pub at: Timestamp,
}

impl SubscriptionChange {
    /// `entitlement` was in `state` at `at`.
    pub fn new(entitlement: impl Into<String>, state: SubscriptionState, at: Timestamp) -> Self {
        Self {
            run: None,
            entitlement: entitlement.into(),
            state,
            period_end: None,
            ends_with_period: false,
            price: String::new(),
            customer: String::new(),
            at,
        }
    }
}

ae_core::setters! { SubscriptionChange {
    /// Sets whose product it is for.
    fn with_run(run: some RunId);
    /// Sets the end of the period under way.
    fn with_period_end(period_end: some Timestamp);
    /// Sets whether it ends then.
    fn with_ends_with_period(ends_with_period: bool);
    /// Sets the provider's id of its price.
    fn with_price(price: into String);
    /// Sets the customer.
    fn with_customer(customer: into String);
} }

ae_core::wire_enum! {
    /// The state of a dispute.
    #[derive(PartialOrd, Ord)]
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum DisputeState {
        /// A question or a warning: no money was taken.
        Inquiry = "inquiry",
        /// The money was taken, nothing is decided.
        Open = "open",
        /// The seller won: the money is back.
        Won = "won",
        /// The customer won.
        Lost = "lost",
    }
}

/// A payment that a customer disputes, as the event states it. The newest statement about a dispute counts; of two of the
/// same time, the state that [`DisputeState`] lists later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct DisputedPayment {
    /// Whose product was paid, where the event says so.
    pub run: Option<RunId>,
    /// The provider's id of the dispute.
    pub dispute: String,
    /// The provider's id of the payment.
    pub payment: String,
    /// The amount in dispute.
    pub amount: Money,
    /// Its state.
    pub state: DisputeState,
    /// When it was so.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub at: Timestamp,
}

impl DisputeState {
    /// Whether the money is away: taken while nothing is decided, or lost.
    #[must_use]
    pub const fn holds_money(self) -> bool {
        matches!(self, Self::Open | Self::Lost)
    }
}

impl DisputedPayment {
    /// `amount` of `payment` is in `dispute`.
    pub fn new(
        dispute: impl Into<String>,
        payment: impl Into<String>,
        amount: Money,
        state: DisputeState,
        at: Timestamp,
    ) -> Self {
        Self { run: None, dispute: dispute.into(), payment: payment.into(), amount, state, at }
    }
}

ae_core::setters! { DisputedPayment {
    /// Sets whose product was paid.
    fn with_run(run: some RunId);
} }

/// Two ids that name one payment: an invoice and the charge that paid it, for example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentAlias {
    /// The id under which it is booked.
    pub payment: String,
    /// Another id, for example the one that refunds and disputes name.
    pub alias: String,
}

impl PaymentAlias {
    /// `alias` is `payment`.
    pub fn new(payment: impl Into<String>, alias: impl Into<String>) -> Self {
        Self { payment: payment.into(), alias: alias.into() }
    }
}
