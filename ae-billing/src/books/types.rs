//! Events on their way into the books, and what the books say.

use ae_core::{BillingInterval, Currency, Money, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{FailedPayment, OrderId, ProviderEvent};

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

/// The sums of the booked events of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RevenueSummary {
    /// The run.
    pub run: RunId,
    /// The sums, one for each currency: the run's own first, which is there even when nothing came in, then the others
    /// by their codes. Sums of two currencies are never added.
    pub currencies: Vec<CurrencyRevenue>,
    /// The customers and what they are entitled to, oldest first; those that ended included.
    pub entitlements: Vec<Entitlement>,
    /// The payments that failed and did not come in since, oldest first.
    pub failed: Vec<FailedPayment>,
}

impl RevenueSummary {
    /// The sums of `run`.
    pub const fn new(run: RunId, currencies: Vec<CurrencyRevenue>) -> Self {
        Self { run, currencies, entitlements: Vec::new(), failed: Vec::new() }
    }

    /// The sums in `currency`, all zero where nothing came in.
    pub fn in_currency(&self, currency: Currency) -> CurrencyRevenue {
        let known = self.currencies.iter().find(|sums| sums.gross.currency() == currency);
        known.copied().unwrap_or_else(|| CurrencyRevenue::new(currency))
    }

    /// The access that `order` gives, `None` before anything was paid.
    pub fn of_order(&self, order: &OrderId) -> Option<&Entitlement> {
        self.entitlements.iter().find(|entitlement| entitlement.order() == *order)
    }

    /// How many payments came in, over all currencies.
    pub fn payments(&self) -> u64 {
        self.currencies.iter().map(|sums| sums.payments).sum()
    }
}

ae_core::setters! { RevenueSummary {
    /// Adds what customers are entitled to.
    fn with_entitlements(entitlements: Vec<Entitlement>);
    /// Adds the payments that failed.
    fn with_failed(failed: Vec<FailedPayment>);
} }

/// The sums of one run in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CurrencyRevenue {
    /// The sum of all payments.
    pub gross: Money,
    /// The part of it that went back.
    pub refunded: Money,
    /// The rest.
    pub net: Money,
    /// How many payments above zero came in.
    pub payments: u64,
    /// Monthly recurring revenue: the latest amount of each active entitlement, as its share of a month rounded down to
    /// minor units; a single purchase counts nothing.
    pub mrr: Money,
}

impl CurrencyRevenue {
    /// Nothing, in `currency`.
    pub const fn new(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { gross: zero, refunded: zero, net: zero, payments: 0, mrr: zero }
    }
}

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
            number: 1,
            paid_at,
            paid_until: None,
            bought_until: None,
            ended_at: None,
        }
    }

    /// Its order: the one that the payments were made for, else one that is derived from its id.
    pub fn order(&self) -> OrderId {
        OrderId::of_entitlement(&self.id)
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
} }
