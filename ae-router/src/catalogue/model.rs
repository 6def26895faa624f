//! The prices, limits, abilities and lifecycle of one model.

use ae_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Capabilities, Fee, PriceError, PricePeriod, Rates, ServiceTier};

/// An id, a provider or a region is at most this long.
const NAME_MAX: usize = 200;

/// The surcharge on the tokens of a call that is bound to a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RegionalUplift {
    /// The vendor's name of the region.
    pub region: String,
    /// The surcharge in percent.
    pub percent: u32,
}

impl RegionalUplift {
    /// A surcharge in percent.
    pub fn new(region: impl Into<String>, percent: u32) -> Self {
        Self { region: region.into(), percent }
    }
}

/// One model: its provider, its price, its abilities and the time until which it can be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ModelFacts {
    /// The id that the provider's API takes.
    pub id: String,
    /// The provider: `anthropic`, `openai`, `google` or a name of yours.
    pub provider: String,
    /// The model that this id is another name of. Prices, limits and abilities are those of that entry, whatever they
    /// are set to here; the lifecycle is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_of: Option<String>,
    /// Rates over time, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub periods: Vec<PricePeriod>,
    /// The fee of a search of the web, in dollars per thousand, the same at every level of service. A free allowance
    /// is not taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_search: Option<Fee>,
    /// Surcharges of regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionalUplift>,
    /// Known abilities.
    #[serde(default, skip_serializing_if = "Capabilities::is_unknown")]
    pub capabilities: Capabilities,
    /// The most tokens of input and output together, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens_max: Option<u64>,
    /// The most input tokens of one request, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens_max: Option<u64>,
    /// The most output tokens of one request, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens_max: Option<u64>,
    /// The shortest beginning of a prompt that a cache keeps, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_tokens_min: Option<u64>,
    /// Whether the vendor advises against its use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// The moment of the shutdown, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires: Option<Timestamp>,
    /// The model to call instead after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
}

impl ModelFacts {
    /// A model with one price for all times.
    pub fn new(id: impl Into<String>, provider: impl Into<String>, rates: Rates) -> Self {
        Self { periods: vec![PricePeriod::new(rates)], ..Self::without_price(id.into(), provider.into()) }
    }

    /// Another name of the model `of`, such as a dated version or the name of a deployment.
    pub fn alias(id: impl Into<String>, provider: impl Into<String>, of: impl Into<String>) -> Self {
        Self { alias_of: Some(of.into()), ..Self::without_price(id.into(), provider.into()) }
    }

    const fn without_price(id: String, provider: String) -> Self {
        Self {
            id,
            provider,
            alias_of: None,
            periods: Vec::new(),
            web_search: None,
            regions: Vec::new(),
            capabilities: Capabilities::unknown(),
            context_tokens_max: None,
            input_tokens_max: None,
            output_tokens_max: None,
            cache_tokens_min: None,
            deprecated: false,
            retires: None,
            successor: None,
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

    /// The rates in force at `at` for a request at the standard level with `input_tokens` in all.
    ///
    /// # Errors
    ///
    /// [`PriceError::NoRate`] when every period begins later.
    pub fn rates(&self, input_tokens: u64, at: Timestamp) -> Result<&Rates, PriceError> {
        self.rates_of(ServiceTier::Standard, input_tokens, at)
    }

    /// The rates in force at `at` for a request at `service_tier` with `input_tokens` in all.
    ///
    /// # Errors
    ///
    /// [`PriceError::NoRate`] when every period begins later, or the rates of that level are not known for so long a
    /// request.
    pub fn rates_of(
        &self,
        service_tier: ServiceTier,
        input_tokens: u64,
        at: Timestamp,
    ) -> Result<&Rates, PriceError> {
        let period = self.periods.iter().rev().find(|period| period.from.is_none_or(|from| from <= at));
        period
            .and_then(|period| period.rates(service_tier, input_tokens))
            .ok_or_else(|| self.no_rate(service_tier, "any"))
    }

    pub(crate) fn no_rate(&self, level: ServiceTier, kind: &'static str) -> PriceError {
        PriceError::NoRate { model: self.id.clone(), level, kind }
    }

    /// The same alias with all that it shares with the model that it stands for.
    pub(crate) fn sharing(&self, of: &Self) -> Self {
        let own = self.own();
        Self {
            id: own.id,
            provider: own.provider,
            alias_of: own.alias_of,
            deprecated: own.deprecated,
            retires: own.retires,
            successor: own.successor,
            ..of.clone()
        }
    }

    /// The same alias without what it shares.
    pub(crate) fn own(&self) -> Self {
        let mut own = Self::without_price(self.id.clone(), self.provider.clone());
        own.alias_of.clone_from(&self.alias_of);
        own.successor.clone_from(&self.successor);
        (own.deprecated, own.retires) = (self.deprecated, self.retires);
        own
    }

    /// Puts periods and context tiers in order.
    pub(crate) fn sort(&mut self) {
        self.periods.sort_by_key(|period| period.from);
        for tiers in self.periods.iter_mut().flat_map(PricePeriod::all_tiers_mut) {
            tiers.sort_by_key(|tier| tier.above_input_tokens);
        }
    }

    /// The reason why the sorted entry of a file makes no sense, if there is one.
    pub(crate) fn problem(&mut self) -> Option<String> {
        let regions = self.regions.iter().map(|uplift| &uplift.region);
        for name in [&self.id, &self.provider].into_iter().chain(&self.alias_of).chain(regions) {
            if name.is_empty() || name.len() > NAME_MAX || name.chars().any(char::is_control) {
                return Some(format!("a name is 1 to {NAME_MAX} bytes without control characters"));
            }
        }
        if self.alias_of.is_some() {
            return (*self != self.own()).then(|| {
                "an alias has the prices, limits and capabilities of its model, so it gives none".into()
            });
        }
        if self.periods.is_empty() {
            return Some("it has no price period and is not an alias".to_owned());
        }
        if has_twice(self.periods.iter().map(|period| period.from)) {
            return Some("two price periods begin at the same moment".to_owned());
        }
        if has_twice(self.regions.iter().map(|uplift| &uplift.region)) {
            return Some("a region is listed twice".to_owned());
        }
        let mut tiers = self.periods.iter_mut().flat_map(PricePeriod::all_tiers_mut);
        tiers
            .any(|tiers| has_twice(tiers.iter().map(|tier| tier.above_input_tokens)))
            .then(|| "two context tiers begin at the same number of tokens".to_owned())
    }
}

ae_core::setters! { ModelFacts {
    /// Sets the rates over time.
    fn with_periods(periods: Vec<PricePeriod>);
    /// Sets the fee of a search of the web.
    fn with_web_search(web_search: some Fee);
    /// Sets the surcharges of regions.
    fn with_regions(regions: Vec<RegionalUplift>);
    /// Sets the known abilities.
    fn with_capabilities(capabilities: Capabilities);
    /// Sets the most tokens of input and output together.
    fn with_context_tokens_max(context_tokens_max: some u64);
    /// Sets the shortest beginning of a prompt that a cache keeps.
    fn with_cache_tokens_min(cache_tokens_min: some u64);
    /// Marks it as deprecated.
    fn with_deprecated(deprecated = true);
} }

fn has_twice<T: Ord>(values: impl Iterator<Item = T>) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    !values.into_iter().all(|value| seen.insert(value))
}
