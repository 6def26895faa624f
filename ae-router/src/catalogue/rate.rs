//! Prices per token.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::PriceError;

/// US dollars per million tokens, zero or more, at most six places: a whole number of pico-dollars per token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u64);

impl Rate {
    /// Reads a price in dollars per million tokens.
    ///
    /// # Errors
    ///
    /// [`PriceError::NotARate`] when it is negative, has more than six places or is above $18 million.
    pub fn per_million(dollars: Decimal) -> Result<Self, PriceError> {
        // A price of $1 per million tokens is 10^-6 dollars, 10^6 pico-dollars, per token.
        whole(dollars, 1_000_000).map(Self)
    }

    /// Dollars per million tokens, without trailing zeros.
    #[must_use]
    pub fn to_per_million(self) -> Decimal {
        (Decimal::from(self.0) / Decimal::from(1_000_000)).normalize()
    }

    /// Pico-dollars (10⁻¹²) per token.
    #[must_use]
    pub const fn pico_per_token(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rate({})", self.to_per_million())
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.to_per_million())
    }
}

impl<'de> Deserialize<'de> for Rate {
    /// Takes a decimal string only: a JSON number would pass through floating point.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::per_million(decimal(deserializer)?).map_err(de::Error::custom)
    }
}

/// US dollars per thousand calls of something that is billed by the call, zero or more, at most nine places: a whole
/// number of pico-dollars per call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fee(u64);

impl Fee {
    /// Reads a fee in dollars per thousand calls.
    ///
    /// # Errors
    ///
    /// [`PriceError::NotARate`] when it is negative, has more than nine places or is above $18 billion.
    pub fn per_thousand(dollars: Decimal) -> Result<Self, PriceError> {
        whole(dollars, 1_000_000_000).map(Self)
    }

    /// Dollars per thousand calls, without trailing zeros.
    #[must_use]
    pub fn to_per_thousand(self) -> Decimal {
        (Decimal::from(self.0) / Decimal::from(1_000_000_000)).normalize()
    }

    /// Pico-dollars (10⁻¹²) per call.
    #[must_use]
    pub const fn pico_per_call(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Fee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fee({})", self.to_per_thousand())
    }
}

impl Serialize for Fee {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.to_per_thousand())
    }
}

impl<'de> Deserialize<'de> for Fee {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::per_thousand(decimal(deserializer)?).map_err(de::Error::custom)
    }
}

/// The whole number that `dollars` times `scale` is.
fn whole(dollars: Decimal, scale: u64) -> Result<u64, PriceError> {
    let refused = || PriceError::NotARate { text: dollars.to_string() };
    let scaled = dollars.checked_mul(Decimal::from(scale)).ok_or_else(refused)?.normalize();
    if scaled.scale() != 0 {
        return Err(refused());
    }
    u64::try_from(scaled.mantissa()).map_err(|_| refused())
}

fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    Decimal::from_str_exact(&text)
        .map_err(|_| de::Error::custom(PriceError::NotARate { text: text.chars().take(40).collect() }))
}

/// The price of each kind of token. A missing rate is not known, and never taken to be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Input tokens.
    pub input: Rate,
    /// Output tokens.
    pub output: Rate,
    /// Input tokens read from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<Rate>,
    /// Input tokens written to a five-minute cache; the whole price, not a surcharge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_5m: Option<Rate>,
    /// Input tokens written to a one-hour cache; the whole price, not a surcharge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<Rate>,
    /// Reasoning tokens, when they cost something else than output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Rate>,
}

impl Rates {
    /// Rates of input and output; those of caches are unknown.
    pub const fn new(input: Rate, output: Rate) -> Self {
        Self { input, output, cache_read: None, cache_write_5m: None, cache_write_1h: None, reasoning: None }
    }

    /// Sets the rates of cache reads and of writes to a five-minute and a one-hour cache.
    #[must_use]
    pub const fn with_cache(mut self, read: Rate, write_5m: Option<Rate>, write_1h: Option<Rate>) -> Self {
        (self.cache_read, self.cache_write_5m, self.cache_write_1h) = (Some(read), write_5m, write_1h);
        self
    }
}

ae_core::setters! { Rates {
    /// Sets a rate of reasoning tokens that differs from output.
    fn with_reasoning(reasoning: some Rate);
} }

impl Rates {
    /// The dearest rate that a token of input may be billed at: plain, read from a cache or written to one.
    pub(crate) fn dearest_input(&self) -> Rate {
        let caches = [self.cache_read, self.cache_write_5m, self.cache_write_1h];
        caches.into_iter().flatten().fold(self.input, Rate::max)
    }

    /// The dearest rate that a token of output may be billed at.
    pub(crate) fn dearest_output(&self) -> Rate {
        self.reasoning.map_or(self.output, |reasoning| reasoning.max(self.output))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Result<Rate, PriceError> {
        Rate::per_million(Decimal::from_str_exact(text).unwrap())
    }

    #[test]
    fn a_rate_is_a_whole_number_of_pico_dollars_per_token() {
        assert_eq!(rate("0.05").unwrap().pico_per_token(), 50_000);
        assert_eq!(rate("168").unwrap().pico_per_token(), 168_000_000);
        assert_eq!(rate("0.000001").unwrap().pico_per_token(), 1);
        assert_eq!(rate("1.750").unwrap().to_per_million().to_string(), "1.75");
    }

    #[test]
    fn negative_and_finer_prices_are_refused() {
        for bad in ["-1", "0.0000001", "99999999999999"] {
            assert!(matches!(rate(bad), Err(PriceError::NotARate { .. })), "{bad}");
        }
        assert!(serde_json::from_str::<Rate>("1.75").is_err(), "numbers are floating point");
        assert!(serde_json::from_str::<Rate>("\"1e3\"").is_err());
        assert_eq!(serde_json::from_str::<Rate>("\"1.75\"").unwrap(), rate("1.75").unwrap());
    }

    #[test]
    fn a_fee_is_a_whole_number_of_pico_dollars_per_call() {
        let fee: Fee = serde_json::from_str("\"10\"").unwrap();
        assert_eq!(fee.pico_per_call(), 10_000_000_000);
        assert_eq!(serde_json::to_string(&fee).unwrap(), "\"10\"");
        assert!(serde_json::from_str::<Fee>("\"0.0000000001\"").is_err());
    }
}
