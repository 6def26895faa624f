//! The access that a customer has paid for.

use ae_core::{BillingInterval, Money, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{OrderId, SubscriptionState};

/// The access that a customer has paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Entitlement {
    /// The agreement's id, with the provider's name before it.
    pub id: String,
    /// Whose product it is.
    pub run: RunId,
    /// Who paid.
    pub customer: String,
    /// The provider's id of the price paid last.
    pub price: String,
    /// The tier's label.
    pub tier: String,
    /// The amount paid last.
    pub amount: Money,
    /// How often it is paid.
    pub interval: BillingInterval,
    /// The first payment.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub since: Timestamp,
    /// The first payment above zero that did not go back: the end of a trial; `None` before.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub paying_since: Option<Timestamp>,
    /// Which of its payments is the latest that did not go back, counted from 1; the latest of all when all went back.
    pub number: u32,
    /// When that payment was made.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub paid_at: Timestamp,
    /// The end of the period paid for; `None` when a single purchase has no end.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub paid_until: Option<Timestamp>,
    /// The end of all that was ever paid for, payments that went back included: until then a licence may be around.
    /// `None` when a single purchase has no end.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub bought_until: Option<Timestamp>,
    /// When it was ended, if it was and nothing was paid since.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub ended_at: Option<Timestamp>,
    /// The newest state that the provider has stated of the agreement.
    #[serde(default)]
    pub state: Option<SubscriptionState>,
    /// Whether the provider has stated that it ends with the period under way.
    #[serde(default)]
    pub ends_with_period: bool,
}

impl Entitlement {
    /// A single purchase of an unnamed tier, paid once at `paid_at`.
    pub fn new(id: impl Into<String>, run: RunId, amount: Money, paid_at: Timestamp) -> Self {
        Self {
            id: id.into(),
            run,
            customer: String::new(),
            price: String::new(),
            tier: String::new(),
            amount,
            interval: BillingInterval::OneTime,
            since: paid_at,
            paying_since: (!amount.is_zero()).then_some(paid_at),
            number: 1,
            paid_at,
            paid_until: None,
            bought_until: None,
            ended_at: None,
            state: None,
            ends_with_period: false,
        }
    }

    /// Its order: the one that the payments were made for, else one that is derived from its id.
    pub fn order(&self) -> OrderId {
        OrderId::of_entitlement(&self.id)
    }

    /// The time at which the access ends, or ended: the earlier of its end and the end of what is paid for.
    pub fn ends_at(&self) -> Option<Timestamp> {
        match (self.ended_at, self.paid_until) {
            (Some(ended), Some(until)) => Some(ended.min(until)),
            (ended, until) => ended.or(until),
        }
    }

    /// Whether it holds at `now`: not ended, and paid for.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.paid_until.is_none_or(|until| until > now)
    }
}

ae_core::setters! { Entitlement {
    /// Sets who paid.
    fn with_customer(customer: into String);
    /// Sets the provider's id of the price paid last.
    fn with_price(price: into String);
    /// Sets the tier's label.
    fn with_tier(tier: into String);
    /// Sets how often it is paid.
    fn with_interval(interval: BillingInterval);
    /// Sets which of its payments is the latest that did not go back.
    fn with_number(number: u32);
    /// Sets the end of the period paid for.
    fn with_paid_until(paid_until: some Timestamp);
    /// Sets the end of all that was ever paid for.
    fn with_bought_until(bought_until: some Timestamp);
    /// Sets when it was ended.
    fn with_ended_at(ended_at: some Timestamp);
    /// Sets the time of the first payment above zero.
    fn with_paying_since(paying_since: some Timestamp);
    /// Sets the state that the provider has stated.
    fn with_state(state: some SubscriptionState);
    /// Sets whether it ends with the period under way.
    fn with_ends_with_period(ends_with_period: bool);
} }
