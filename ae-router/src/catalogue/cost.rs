//! The exact cost of a call, and the most that it can cost.

use std::time::Duration;

use ae_core::{Currency, Money, Timestamp, TokenUsage};

use crate::{Billed, ModelFacts, PriceError, Rates, ServiceTier};

/// A call may be billed this much later than it is reserved: batches take up to a day.
const BILLED_WITHIN: Duration = Duration::from_secs(2 * 86_400);

impl ModelFacts {
    /// The exact cost of one request at the standard level: every token at its rate, nothing rounded.
    ///
    /// # Errors
    ///
    /// [`PriceError::NoRate`] when a kind of token was used that has no known price,
    /// [`PriceError::InconsistentUsage`], [`PriceError::Amount`].
    pub fn cost(&self, usage: &TokenUsage, at: Timestamp) -> Result<Money, PriceError> {
        self.cost_of(&Billed::new(*usage), at)
    }

    /// The exact cost of one call: every token at the rate of its level of service, every search at its fee, nothing
    /// rounded but the surcharge of a region, which is rounded up to a whole pico-dollar.
    ///
    /// # Errors
    ///
    /// [`PriceError::NoRate`] when a part of the call has no known price,
    /// [`PriceError::InconsistentUsage`], [`PriceError::Amount`].
    pub fn cost_of(&self, billed: &Billed, at: Timestamp) -> Result<Money, PriceError> {
        let (usage, level) = (&billed.usage, billed.service_tier);
        let rates = self.rates_of(level, input_total(usage), at)?;
        let plain_output = usage
            .output
            .checked_sub(usage.reasoning)
            .ok_or(PriceError::InconsistentUsage { reasoning: usage.reasoning, output: usage.output })?;
        let parts = [
            (usage.input, Some(rates.input), "input"),
            (plain_output, Some(rates.output), "output"),
            (usage.reasoning, rates.reasoning.or(Some(rates.output)), "reasoning"),
            (usage.cache_read, rates.cache_read, "cache_read"),
            (usage.cache_write_5m, rates.cache_write_5m, "cache_write_5m"),
            (usage.cache_write_1h, rates.cache_write_1h, "cache_write_1h"),
        ];
        let mut sum = 0_i128;
        for (tokens, rate, kind) in parts.into_iter().filter(|(tokens, ..)| *tokens > 0) {
            let rate = rate.ok_or_else(|| self.no_rate(level, kind))?;
            sum = sum.saturating_add(pico(tokens, rate.pico_per_token()));
        }
        if let Some(region) = &billed.region {
            let uplift = self.regions.iter().find(|uplift| uplift.region == *region);
            let percent = uplift.ok_or_else(|| self.no_rate(level, "region"))?.percent;
            sum = sum.saturating_mul(100 + i128::from(percent)).saturating_add(99) / 100;
        }
        if billed.web_searches > 0 {
            let fee = self.web_search.ok_or_else(|| self.no_rate(level, "web_search"))?;
            sum = sum.saturating_add(pico(billed.web_searches, fee.pico_per_call()));
        }
        Ok(Money::from_pico(sum, Currency::USD)?)
    }

    /// The most that the tokens of a call made at `at` can cost, to set aside before it: all input at the dearest rate
    /// that a token of input can have (written to the dearest cache, too), all output at the dearest of output, at
    /// every context tier that so much input can reach, and at each price in force from `at` until two days later, so
    /// that an introductory price that ends before the call is billed is not relied on.
    ///
    /// Fees and the surcharge of a region are not in it.
    ///
    /// # Errors
    ///
    /// [`PriceError::NoRate`] when a price of that level is not known for so long a request at such a time,
    /// [`PriceError::Amount`].
    pub fn most(
        &self,
        input_tokens: u64,
        output_tokens_max: u64,
        at: Timestamp,
        service_tier: ServiceTier,
    ) -> Result<Money, PriceError> {
        let no_rate = || self.no_rate(service_tier, "any");
        let begins = |until: Timestamp| move |from: Option<Timestamp>| from.is_none_or(|from| from <= until);
        let begun = begins(at);
        let first = self.periods.iter().rposition(|period| begun(period.from)).ok_or_else(no_rate)?;
        // At the end of time there is no later period.
        let within = begins(at.checked_add(BILLED_WITHIN).unwrap_or(at));
        let mut most = 0_i128;
        for period in self.periods.iter().skip(first).take_while(|period| within(period.from)) {
            let reachable = period.reachable(service_tier, input_tokens).ok_or_else(no_rate)?;
            let ceiling = |rates: &Rates| {
                let input = pico(input_tokens, rates.dearest_input().pico_per_token());
                input.saturating_add(pico(output_tokens_max, rates.dearest_output().pico_per_token()))
            };
            most = reachable.map(ceiling).fold(most, i128::max);
        }
        Ok(Money::from_pico(most, Currency::USD)?)
    }
}

/// The price of `count` pieces: it saturates far above any amount of money.
fn pico(count: u64, each: u64) -> i128 {
    i128::from(count).saturating_mul(each.into())
}

/// The input tokens that context limits and context tiers count: cached or not.
pub(crate) const fn input_total(usage: &TokenUsage) -> u64 {
    usage
        .input
        .saturating_add(usage.cache_read)
        .saturating_add(usage.cache_write_5m)
        .saturating_add(usage.cache_write_1h)
}
