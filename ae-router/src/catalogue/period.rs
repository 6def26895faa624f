//! The prices of a model over time, by level of service and length of the input.

use ae_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Rates, ServiceTier};

/// Rates for requests above a number of input tokens. They hold for the whole request, not for the part above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ContextTier {
    /// A request with more input tokens than this (cached ones count) is billed here.
    pub above_input_tokens: u64,
    /// The rates.
    pub rates: Rates,
}

impl ContextTier {
    /// Rates above a number of input tokens.
    pub const fn new(above_input_tokens: u64, rates: Rates) -> Self {
        Self { above_input_tokens, rates }
    }
}

/// The rates of one level of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LevelRates {
    /// The rates of an ordinary request.
    pub rates: Rates,
    /// Rates of longer requests, smallest threshold first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<ContextTier>,
}

impl LevelRates {
    /// One set of rates for requests of every length.
    pub const fn new(rates: Rates) -> Self {
        Self { rates, tiers: Vec::new() }
    }
}

ae_core::setters! { LevelRates {
    /// Sets the rates of longer requests.
    fn with_tiers(tiers: Vec<ContextTier>);
} }

/// The rates from one moment until the next period begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PricePeriod {
    /// The first moment; `None` for the period without a known beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The rates of an ordinary request at the standard level.
    pub rates: Rates,
    /// Rates of longer requests at the standard level, smallest threshold first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<ContextTier>,
    /// The batch level, if its rates are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<LevelRates>,
    /// The flex level, if its rates are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flex: Option<LevelRates>,
    /// The priority level, if its rates are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<LevelRates>,
}

impl PricePeriod {
    /// Standard rates without a known beginning.
    pub const fn new(rates: Rates) -> Self {
        Self { from: None, rates, tiers: Vec::new(), batch: None, flex: None, priority: None }
    }

    /// The rates of a request with `input_tokens` in all, or `None` when they are not known.
    ///
    /// A level without context tiers of its own, where the standard level has some, is known only up to the first
    /// of those: vendors don't serve longer requests there, or bill them at another level.
    pub fn rates(&self, service_tier: ServiceTier, input_tokens: u64) -> Option<&Rates> {
        self.reachable(service_tier, input_tokens)?.last()
    }

    /// Every set of rates that a request with at most `input_tokens` may be billed at, shortest requests first; the
    /// last one is that of exactly so long a request. `None` when that one is not known.
    pub(crate) fn reachable(
        &self,
        service_tier: ServiceTier,
        input_tokens: u64,
    ) -> Option<impl Iterator<Item = &Rates>> {
        let (rates, tiers) = match service_tier {
            ServiceTier::Standard => (&self.rates, &self.tiers),
            ServiceTier::Batch => self.batch.as_ref().map(|level| (&level.rates, &level.tiers))?,
            ServiceTier::Flex => self.flex.as_ref().map(|level| (&level.rates, &level.tiers))?,
            ServiceTier::Priority => self.priority.as_ref().map(|level| (&level.rates, &level.tiers))?,
        };
        let long = move |tier: &&ContextTier| input_tokens > tier.above_input_tokens;
        if tiers.is_empty() && self.tiers.iter().any(|tier| long(&tier)) {
            return None;
        }
        Some(std::iter::once(rates).chain(tiers.iter().take_while(long).map(|tier| &tier.rates)))
    }

    /// All context tiers, of every level.
    pub(crate) fn all_tiers_mut(&mut self) -> impl Iterator<Item = &mut Vec<ContextTier>> {
        let levels = [&mut self.batch, &mut self.flex, &mut self.priority];
        std::iter::once(&mut self.tiers).chain(levels.into_iter().flatten().map(|level| &mut level.tiers))
    }
}

ae_core::setters! { PricePeriod {
    /// Sets the first moment.
    fn with_from(from: some Timestamp);
    /// Sets the rates of longer requests at the standard level.
    fn with_tiers(tiers: Vec<ContextTier>);
    /// Sets the batch level.
    fn with_batch(batch: some LevelRates);
    /// Sets the flex level.
    fn with_flex(flex: some LevelRates);
    /// Sets the priority level.
    fn with_priority(priority: some LevelRates);
} }
