//! The answers of the books about one run.

use ae_core::{Currency, Money, RunId};
use serde::{Deserialize, Serialize};

use crate::{DisputedPayment, Entitlement, FailedPayment, OrderId};

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
    /// The newest statement about each dispute, oldest first; those that are decided included.
    pub disputes: Vec<DisputedPayment>,
}

impl RevenueSummary {
    /// The sums of `run`.
    pub const fn new(run: RunId, currencies: Vec<CurrencyRevenue>) -> Self {
        Self { run, currencies, entitlements: Vec::new(), failed: Vec::new(), disputes: Vec::new() }
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
    /// Adds the disputes.
    fn with_disputes(disputes: Vec<DisputedPayment>);
} }

/// The sums of one run in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CurrencyRevenue {
    /// The sum of all payments.
    pub gross: Money,
    /// The part of it that was refunded. A refund in another currency than its payment counts here in its own.
    pub refunded: Money,
    /// The part of it that a dispute holds: taken while nothing is decided, or lost.
    pub disputed: Money,
    /// The rest: `gross` - `refunded` - `disputed`.
    pub net: Money,
    /// How many payments above zero came in.
    pub payments: u64,
    /// Monthly recurring revenue: the latest amount of each active entitlement, as its share of a month rounded down to
    /// minor units: times 365, 52, 12 or 1 for days, weeks, months or years, over 12 and the count of the interval. A
    /// single purchase counts nothing, nor does a trial before its first payment.
    pub mrr: Money,
}

impl CurrencyRevenue {
    /// Nothing, in `currency`.
    pub const fn new(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { gross: zero, refunded: zero, disputed: zero, net: zero, payments: 0, mrr: zero }
    }
}
