//! Subscriptions: agreements that are charged again and again.

use ae_core::{RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{CustomerId, PriceId, SubscriptionId};

ae_core::wire_enum! {
    /// The state of a subscription.
    #[derive(PartialOrd, Ord)]
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum SubscriptionState {
        /// Its first payment has not come in.
        Incomplete = "incomplete",
        /// Not charged yet.
        Trialing = "trialing",
        /// Paid for.
        Active = "active",
        /// A charge failed; the provider tries again.
        PastDue = "past_due",
        /// Not charged for a while, by choice.
        Paused = "paused",
        /// The provider gave up on a charge.
        Unpaid = "unpaid",
        /// Its first payment never came in.
        IncompleteExpired = "incomplete_expired",
        /// It ended.
        Canceled = "canceled",
    }
}

impl SubscriptionState {
    /// Whether it will never be charged again.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// A subscription at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// The run whose product it is for, where the provider says so.
    pub run: Option<RunId>,
    /// Its price.
    pub price: Option<PriceId>,
    /// The customer.
    pub customer: Option<CustomerId>,
    /// Its state.
    pub state: SubscriptionState,
    /// The end of the period under way.
    pub period_end: Option<Timestamp>,
    /// Whether it ends then.
    pub ends_with_period: bool,
    /// The time at which it began.
    pub created_at: Timestamp,
}

impl Subscription {
    /// The subscription `id` in `state`.
    pub const fn new(id: SubscriptionId, state: SubscriptionState, created_at: Timestamp) -> Self {
        Self {
            id,
            run: None,
            price: None,
            customer: None,
            state,
            period_end: None,
            ends_with_period: false,
            created_at,
        }
    }
}

ae_core::setters! { Subscription {
    /// Sets the run whose product it is for.
    fn with_run(run: some RunId);
    /// Sets its price.
    fn with_price(price: some PriceId);
    /// Sets the customer.
    fn with_customer(customer: some CustomerId);
    /// Sets the end of the period under way.
    fn with_period_end(period_end: some Timestamp);
    /// Sets whether it ends with the period under way.
    fn with_ends_with_period(ends_with_period: bool);
} }

/// Asks for the end of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CancelSubscription {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Whether it goes on to the end of the paid period.
    pub at_period_end: bool,
}

impl CancelSubscription {
    /// Ends it at the end of the paid period.
    pub const fn new(subscription: SubscriptionId) -> Self {
        Self { subscription, at_period_end: true }
    }
}

ae_core::setters! { CancelSubscription {
    /// Ends it now.
    fn now(at_period_end = false);
} }

/// Asks for subscriptions, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionQuery {
    /// Only those of this price.
    pub price: Option<PriceId>,
    /// Only those of this customer.
    pub customer: Option<CustomerId>,
    /// At most this many at once, 1 to 100.
    pub limit: u32,
    /// Go on where an earlier page ended: its [`Page::next`](crate::Page::next).
    pub after: Option<String>,
}

impl SubscriptionQuery {
    /// The first 100.
    pub const fn new() -> Self {
        Self { price: None, customer: None, limit: 100, after: None }
    }
}

impl Default for SubscriptionQuery {
    fn default() -> Self {
        Self::new()
    }
}

ae_core::setters! { SubscriptionQuery {
    /// Only those of `price`.
    fn with_price(price: some PriceId);
    /// Only those of `customer`.
    fn with_customer(customer: some CustomerId);
    /// At most `limit` at once.
    fn with_limit(limit: u32);
    /// Goes on where an earlier page ended.
    fn with_after(after: some into String);
} }
