//! The account of a session.

use ae_core::{Currency, Money, TokenUsage};

/// The calls of a session and their cost, so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionSpend {
    /// The calls of models that were sent to the vendor.
    pub calls: u64,
    /// Those of them that have not ended.
    pub in_flight: u64,
    /// The calls that the vendor refused or that did not reach it. They cost nothing.
    pub failed: u64,
    /// The calls whose usage did not become known. They count at the whole of their reservation.
    pub unknown: u64,
    /// The calls of models without a price, which the meter let pass.
    pub unpriced: u64,
    /// The calls whose end the meter could not book: they stay set aside there.
    pub not_booked: u64,
    /// The requests without a price that were passed on.
    pub free: u64,
    /// The calls that were refused because the budget is used up.
    pub over_budget: u64,
    /// The requests that were refused for any other reason.
    pub refused: u64,
    /// The tokens of every call whose usage is known.
    pub usage: TokenUsage,
    /// The cost of all calls that have ended; `None` as long as there is none.
    pub cost: Option<Money>,
}

impl SessionSpend {
    /// The cost in all: zero of `currency` without a call, and `None` when calls were not measured.
    pub fn total(&self, currency: Currency) -> Option<Money> {
        (self.unpriced == 0 && self.not_booked == 0).then(|| self.cost.unwrap_or(Money::zero(currency)))
    }
}
