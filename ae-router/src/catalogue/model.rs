//! The prices, limits and lifecycle of one model.

use ae_core::{Currency, Money, Timestamp, TokenUsage};
use serde::{Deserialize, Serialize};

use crate::{PriceError, Rate, Rates};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PricePeriod {
    /// The first moment; `None` for the period without a known beginning.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// The rates of an ordinary request.
    pub rates: Rates,
    /// Rates of longer requests, smallest threshold first.
    #[serde(default)]
    pub tiers: Vec<ContextTier>,
}

/// One model: its provider, its price and the time until which it can be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
        let known = [
            (usage.input, rates.input),
            (plain_output, rates.output),
            (usage.reasoning, rates.reasoning.unwrap_or(rates.output)),
        ];
        let maybe = [
            (usage.cache_read, rates.cache_read, "cache_read"),
            (usage.cache_write_5m, rates.cache_write_5m, "cache_write_5m"),
            (usage.cache_write_1h, rates.cache_write_1h, "cache_write_1h"),
        ];
        // The sum saturates far above any amount.
        let pico = |tokens: u64, rate: Rate| i128::from(tokens).saturating_mul(rate.pico_per_token().into());
        let mut sum =
            known.into_iter().fold(0, |sum: i128, (tokens, rate)| sum.saturating_add(pico(tokens, rate)));
        for (tokens, rate, kind) in maybe.into_iter().filter(|(tokens, ..)| *tokens > 0) {
            sum = sum.saturating_add(pico(tokens, rate.ok_or_else(|| self.no_rate(kind))?));
        }
        Ok(Money::from_pico(sum, Currency::USD)?)
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
