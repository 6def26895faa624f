//! The price of a model, and the two amounts that follow from it.

use ae_core::{BackendError, ErrorKind, Money, MoneyError};

use super::{CallAnswer, ModelCall};

/// The name that errors carry.
pub(super) const NAME: &str = "meter";

const TOKENS: i128 = 1_000_000;

/// Tokens that a vendor adds to a request on its own: the instructions for tools and the form of the conversation.
const ADDED_TOKENS: u64 = 1_024;

/// Classes of service at the ordinary price or below it.
const ORDINARY: [&str; 7] = ["auto", "batch", "default", "flex", "on_demand", "standard", "standard_only"];

/// The price of a model: amounts for a million tokens, and the limits that bound a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPrice {
    input: Money,
    output: Money,
    cache_read: Option<Money>,
    cache_write_5m: Option<Money>,
    cache_write_1h: Option<Money>,
    input_tokens_max: Option<u64>,
    output_tokens_max: Option<u64>,
    long: Option<(u64, Box<ModelPrice>)>,
    tools: Option<(Money, u64)>,
}

impl ModelPrice {
    /// A model that costs `input` for a million input tokens and `output` for a million output tokens, all in one currency.
    ///
    /// Input from a cache costs the same until it is set; writes to a cache have no price until it is set.
    pub fn per_million(input: Money, output: Money) -> Self {
        Self {
            input,
            output,
            cache_read: None,
            cache_write_5m: None,
            cache_write_1h: None,
            input_tokens_max: None,
            output_tokens_max: None,
            long: None,
            tools: None,
        }
    }

    /// Sets another price for calls with more input tokens than `above`, cached ones included. It holds for the whole call.
    #[must_use]
    pub fn with_long_input(mut self, above: u64, price: Self) -> Self {
        self.long = Some((above, Box::new(price)));
        self
    }

    /// Lets calls offer tools that run at the vendor, at `each` a use. `uses` of them are set aside for every such call.
    #[must_use]
    pub fn with_server_tools(mut self, each: Money, uses: u64) -> Self {
        self.tools = Some((each, uses));
        self
    }

    /// The most that `call` can cost.
    ///
    /// A token has at least one byte, so the bytes of the request bound its tokens; a closer guess would not hold for every
    /// script and encoding. Images, input that the request only names, and that of tools at the vendor, are bounded by the
    /// model's window alone. All of the input is taken at the dearest of the prices for input and cache writes.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when there is no bound: no ceiling, input of unknown size, tools without a price, a class of
    /// service at a price of its own.
    pub fn most(&self, call: &ModelCall) -> Result<Money, BackendError> {
        if let Some(tier) = call.service_tier.as_deref().filter(|tier| !ORDINARY.contains(tier)) {
            return Err(unbounded(call, &format!("the service tier {} has no price here", shown(tier))));
        }
        let uses_tools = !call.server_tools.is_empty();
        let fees = match (uses_tools, self.tools) {
            (false, _) => Money::zero(self.input.currency()),
            (true, Some((each, uses))) => each.checked_mul(uses).map_err(beyond)?,
            (true, None) => {
                return Err(unbounded(call, "it offers tools at the vendor that have no price here"));
            }
        };
        let stated = call.input_bytes.saturating_add(ADDED_TOKENS);
        let input = match (self.input_tokens_max, call.input_unbounded || uses_tools) {
            (Some(window), true) => window,
            (Some(window), false) => stated.min(window),
            (None, false) => stated,
            (None, true) => {
                return Err(unbounded(
                    call,
                    "its bytes do not bound its input, and the model's window is not known here",
                ));
            }
        };
        let output = call.output_tokens_max.or(self.output_tokens_max).ok_or_else(|| {
            unbounded(call, "neither the request nor its price states a most of output tokens")
        })?;
        let own = self.bound(call, input, output).map_err(beyond)?;
        let most = match &self.long {
            Some((above, long)) if input > *above => {
                larger(own, long.bound(call, input, output).map_err(beyond)?)?
            }
            _ => own,
        };
        most.checked_add(fees).map_err(beyond)
    }

    fn bound(&self, call: &ModelCall, input: u64, output: u64) -> Result<Money, MoneyError> {
        let writes = [self.cache_write_5m, self.cache_write_1h.filter(|_| call.cache_write_1h)];
        let mut dearest = self.input;
        for rate in writes.into_iter().chain([self.cache_read]).flatten() {
            dearest = if rate.exceeds(dearest)? { rate } else { dearest };
        }
        sum(&[(input, dearest), (output, self.output)])
    }

    /// The cost of an answer, or `None` when it states too little to tell.
    ///
    /// # Errors
    ///
    /// `Internal` when the amount is beyond what money can hold or the prices are in different currencies.
    pub fn cost(&self, answer: &CallAnswer) -> Result<Option<Money>, BackendError> {
        let Some(usage) = answer.usage else { return Ok(None) };
        if answer.service_tier.as_deref().is_some_and(|tier| !ORDINARY.contains(&tier)) {
            return Ok(None);
        }
        let cached = [usage.cache_read, usage.cache_write_5m, usage.cache_write_1h];
        let input = cached.into_iter().fold(usage.input, u64::saturating_add);
        let rates = match &self.long {
            Some((above, long)) if input > *above => long,
            _ => self,
        };
        let mut parts = vec![
            (usage.input, rates.input),
            (usage.output, rates.output),
            (usage.cache_read, rates.cache_read.unwrap_or(rates.input)),
        ];
        for (tokens, rate) in
            [(usage.cache_write_5m, rates.cache_write_5m), (usage.cache_write_1h, rates.cache_write_1h)]
        {
            match (tokens, rate) {
                (0, _) => {}
                (_, Some(rate)) => parts.push((tokens, rate)),
                (_, None) => return Ok(None),
            }
        }
        let tokens = sum(&parts).map_err(beyond)?;
        match (answer.web_searches.unwrap_or(0), self.tools) {
            (0, _) => Ok(Some(tokens)),
            (uses, Some((each, _))) => {
                let fees = each.checked_mul(uses).map_err(beyond)?;
                tokens.checked_add(fees).map(Some).map_err(beyond)
            }
            (_, None) => Ok(None),
        }
    }
}

ae_core::setters! { ModelPrice {
    /// Sets the price of input that is read from a cache.
    fn with_cache_read(cache_read: some Money);
    /// Sets the price of input that is written to a five-minute cache: the whole price, not a surcharge.
    fn with_cache_write_5m(cache_write_5m: some Money);
    /// Sets the price of input that is written to a one-hour cache: the whole price, not a surcharge.
    fn with_cache_write_1h(cache_write_1h: some Money);
    /// Sets the most input tokens of a call.
    fn with_input_tokens_max(input_tokens_max: some u64);
    /// Sets the most output tokens of a call, which counts where a request states none.
    fn with_output_tokens_max(output_tokens_max: some u64);
} }

/// The price of tokens at amounts for a million, rounded up to what money can hold.
fn sum(parts: &[(u64, Money)]) -> Result<Money, MoneyError> {
    let mut total = 0_i128;
    let currency = parts.first().map_or(Money::zero(ae_core::Currency::USD), |(_, rate)| *rate);
    for (tokens, rate) in parts {
        // Other currencies don't add up.
        rate.exceeds(currency)?;
        let part = rate.pico().checked_mul(i128::from(*tokens)).ok_or(MoneyError::OutOfRange)?;
        total = total.checked_add(part).ok_or(MoneyError::OutOfRange)?;
    }
    let up = i128::from(total % TOKENS != 0);
    Money::from_pico(total / TOKENS + up, currency.currency())
}

/// The larger of two amounts.
pub(super) fn larger(one: Money, other: Money) -> Result<Money, BackendError> {
    Ok(if one.exceeds(other).map_err(beyond)? { one } else { other })
}

fn unbounded(call: &ModelCall, why: &str) -> BackendError {
    let message = format!("the most that a call of {} can cost is not known: {why}", shown(&call.model));
    BackendError::new(ErrorKind::InvalidInput, NAME, "reserve", message)
}

fn beyond(source: MoneyError) -> BackendError {
    let message = "the price of the call can't be added up: check the prices and their currency";
    BackendError::new(ErrorKind::Internal, NAME, "price", message).with_source(source)
}

/// A name from a request, short enough for a message.
pub(super) fn shown(name: &str) -> String {
    let plain = |c: char| if c.is_control() { '?' } else { c };
    name.chars().take(80).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use ae_core::{Currency, TokenUsage};

    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    fn sonnet() -> ModelPrice {
        ModelPrice::per_million(usd("3"), usd("15"))
            .with_cache_read(usd("0.3"))
            .with_cache_write_5m(usd("3.75"))
            .with_cache_write_1h(usd("6"))
    }

    fn call() -> ModelCall {
        ModelCall::new("anthropic_messages", "sonnet", 60_000).with_output_tokens_max(32_000)
    }

    #[test]
    fn the_most_is_every_byte_at_the_dearest_input_price() {
        // (60,000 + 1,024) × 3.75 + 32,000 × 15, for a million.
        assert_eq!(sonnet().most(&call()).unwrap(), usd("0.70884"));
        let hour = call().with_cache_write_1h(true);
        assert_eq!(sonnet().most(&hour).unwrap(), usd("0.846144"));
        let small = sonnet().with_input_tokens_max(10_000);
        assert_eq!(small.most(&call()).unwrap(), usd("0.5175"));
        assert_eq!(small.most(&call().with_input_unbounded(true)).unwrap(), usd("0.5175"));
    }

    #[test]
    fn a_most_that_is_not_known_is_refused() {
        let open = ModelCall::new("anthropic_messages", "sonnet", 10);
        let tools = call().with_server_tools(vec!["web_search".to_owned()]);
        for call in [
            open.clone(),
            call().with_input_unbounded(true),
            tools.clone(),
            call().with_service_tier(Some("priority".to_owned())),
        ] {
            assert_eq!(sonnet().most(&call).unwrap_err().kind(), ErrorKind::InvalidInput, "{call:?}");
        }
        assert!(sonnet().with_output_tokens_max(100).most(&open).is_ok());
        assert!(sonnet().most(&call().with_service_tier(Some("auto".to_owned()))).is_ok());
        let priced = sonnet().with_input_tokens_max(10_000).with_server_tools(usd("0.01"), 5);
        assert_eq!(priced.most(&tools).unwrap(), usd("0.5675"));
    }

    #[test]
    fn a_cost_is_exact_and_never_guessed() {
        let usage = TokenUsage::new(1_000, 200).with_cache_read(10_000).with_cache_writes(400, 50);
        let answer = CallAnswer::new().with_usage(usage);
        // 3,000 + 3,000 + 3,000 + 1,500 + 300 millionths.
        assert_eq!(sonnet().cost(&answer).unwrap(), Some(usd("0.0108")));
        let plain = ModelPrice::per_million(usd("3"), usd("15"));
        assert_eq!(plain.cost(&answer).unwrap(), None, "the writes have no price");
        assert_eq!(sonnet().cost(&CallAnswer::new()).unwrap(), None);
        let priority = answer.clone().with_service_tier(Some("priority".to_owned()));
        assert_eq!(sonnet().cost(&priority).unwrap(), None);
        let searched = answer.with_web_searches(Some(2));
        assert_eq!(sonnet().cost(&searched).unwrap(), None);
        let tools = sonnet().with_server_tools(usd("0.01"), 5);
        assert_eq!(tools.cost(&searched).unwrap(), Some(usd("0.0308")));
        let third = ModelPrice::per_million(usd("0.000001"), usd("0"));
        let one = CallAnswer::new().with_usage(TokenUsage::new(1, 0));
        assert_eq!(third.cost(&one).unwrap(), Some(Money::from_pico(1, Currency::USD).unwrap()));
    }

    #[test]
    fn long_input_has_its_own_price() {
        let price = sonnet().with_long_input(5_000, ModelPrice::per_million(usd("6"), usd("30")));
        let answer = |input| CallAnswer::new().with_usage(TokenUsage::new(input, 0));
        assert_eq!(price.cost(&answer(5_000)).unwrap(), Some(usd("0.015")));
        assert_eq!(price.cost(&answer(5_001)).unwrap(), Some(usd("0.030006")));
        assert_eq!(price.most(&call()).unwrap(), usd("1.326144"));
    }

    #[test]
    fn currencies_do_not_mix() {
        let mixed = ModelPrice::per_million(usd("3"), Money::parse("15", Currency::EUR).unwrap());
        assert_eq!(mixed.most(&call()).unwrap_err().kind(), ErrorKind::Internal);
    }
}
