//! The prices, limits and lifecycle of one model.

use ae_core::{Money, Timestamp, TokenUsage};
use serde::{Deserialize, Serialize};

use super::rate::Sum;
use crate::{PriceError, Rates};

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

/// The rates from one moment until the next period begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PricePeriod {
    /// The first moment; `None` for the period without a known beginning.
    pub from: Option<Timestamp>,
    /// The rates of an ordinary request.
    pub rates: Rates,
    /// Rates of longer requests, smallest threshold first.
    pub tiers: Vec<ContextTier>,
}

/// One model: its provider, its price and the time until which it can be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelFacts {
    /// The id that the provider's API takes.
    pub id: String,
    /// The provider: `anthropic`, `openai`, `google` or a name of yours.
    pub provider: String,
    /// Rates at the standard service level over time, oldest first. Batch, flex and priority rates are left out.
    pub periods: Vec<PricePeriod>,
    /// The moment of the shutdown, if it is known.
    pub retires: Option<Timestamp>,
    /// The model to call instead after that.
    pub successor: Option<String>,
    /// The most input tokens of one request, if known.
    pub input_tokens_max: Option<u64>,
    /// The most output tokens of one request, if known.
    pub output_tokens_max: Option<u64>,
}

impl ModelFacts {
    /// A model with one price for all times.
    #[must_use]
    pub fn new(id: impl Into<String>, provider: impl Into<String>, rates: Rates) -> Self {
        Self {
            id: id.into(),
            provider: provider.into(),
            periods: vec![PricePeriod { from: None, rates, tiers: Vec::new() }],
            retires: None,
            successor: None,
            input_tokens_max: None,
            output_tokens_max: None,
        }
    }

    /// Bills requests with more than `above_input_tokens` input tokens at `rates`, in every period so far.
    #[must_use]
    pub fn with_context_tier(mut self, above_input_tokens: u64, rates: Rates) -> Self {
        for period in &mut self.periods {
            period.tiers.push(ContextTier { above_input_tokens, rates });
            period.tiers.sort_by_key(|tier| tier.above_input_tokens);
        }
        self
    }

    /// Changes the price from `from` on.
    #[must_use]
    pub fn with_change(mut self, from: Timestamp, rates: Rates) -> Self {
        self.periods.push(PricePeriod { from: Some(from), rates, tiers: Vec::new() });
        self.periods.sort_by_key(|period| period.from);
        self
    }

    /// Sets the moment of the shutdown, and the successor.
    #[must_use]
    pub fn with_retirement(mut self, at: Timestamp, successor: Option<String>) -> Self {
        self.retires = Some(at);
        self.successor = successor;
        self
    }

    /// Sets the limits of one request.
    #[must_use]
    pub const fn with_limits(
        mut self,
        input_tokens_max: Option<u64>,
        output_tokens_max: Option<u64>,
    ) -> Self {
        self.input_tokens_max = input_tokens_max;
        self.output_tokens_max = output_tokens_max;
        self
    }

    /// Whether it is shut down at `at`.
    #[must_use]
    pub fn is_retired(&self, at: Timestamp) -> bool {
        self.retires.is_some_and(|since| at >= since)
    }

    /// The rates in force at `at` for a request with `input_tokens` in all.
    ///
    /// # Errors
    ///
    /// [`PriceError::NoRate`] when every period begins later.
    pub fn rates(&self, input_tokens: u64, at: Timestamp) -> Result<&Rates, PriceError> {
        let period = self
            .periods
            .iter()
            .rev()
            .find(|period| period.from.is_none_or(|from| from <= at))
            .ok_or_else(|| self.no_rate("any"))?;
        let tier = period.tiers.iter().rev().find(|tier| input_tokens > tier.above_input_tokens);
        Ok(tier.map_or(&period.rates, |tier| &tier.rates))
    }

    /// The exact cost of one request: every token at its rate, nothing rounded.
    ///
    /// # Errors
    ///
    /// [`PriceError::NoRate`] when a kind of token was used that has no known price,
    /// [`PriceError::InconsistentUsage`], [`PriceError::Amount`].
    pub fn cost(&self, usage: &TokenUsage, at: Timestamp) -> Result<Money, PriceError> {
        let rates = self.rates(input_total(usage), at)?;
        let plain_output = usage
            .output
            .checked_sub(usage.reasoning)
            .ok_or(PriceError::InconsistentUsage { reasoning: usage.reasoning, output: usage.output })?;
        let mut sum = Sum::default()
            .add(usage.input, rates.input)
            .add(plain_output, rates.output)
            .add(usage.reasoning, rates.reasoning.unwrap_or(rates.output));
        for (tokens, rate, kind) in [
            (usage.cache_read, rates.cache_read, "cache_read"),
            (usage.cache_write_5m, rates.cache_write_5m, "cache_write_5m"),
            (usage.cache_write_1h, rates.cache_write_1h, "cache_write_1h"),
        ] {
            if tokens > 0 {
                sum = sum.add(tokens, rate.ok_or_else(|| self.no_rate(kind))?);
            }
        }
        Ok(sum.into_money()?)
    }

    fn no_rate(&self, kind: &'static str) -> PriceError {
        PriceError::NoRate { model: self.id.clone(), kind }
    }
}

/// The input tokens that context limits and context tiers count: cached or not.
pub(crate) const fn input_total(usage: &TokenUsage) -> u64 {
    usage
        .input
        .saturating_add(usage.cache_read)
        .saturating_add(usage.cache_write_5m)
        .saturating_add(usage.cache_write_1h)
}
