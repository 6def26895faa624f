//! Exact amounts of money: integers inside, never floating point.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Picos (10⁻¹²) in one unit of a currency: fine enough for prices per token.
const PICO: i128 = 1_000_000_000_000;
const PICO_PER_MICRO: i128 = 1_000_000;
/// No amount is larger than a trillion units, so sums of many amounts can't overflow.
const PICO_MAX: i128 = 1_000_000_000_000 * PICO;
/// Places after the point that a person or a request may write: micro-units, DECIMAL(10,6) on the wire.
const PARSE_SCALE_MAX: u32 = 6;

/// The reason why a value is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// The text is not a plain decimal number.
    #[error("{0:?} is not an amount: write a plain decimal number such as 10 or 10.50")]
    NotANumber(String),
    /// More places than micro-units.
    #[error("{0:?} has more than 6 places after the point")]
    TooPrecise(String),
    /// Beyond what an amount can hold.
    #[error("the amount is out of range")]
    OutOfRange,
    /// Two currencies in one sum.
    #[error("{left} and {right} can't be added: different currencies")]
    CurrencyMismatch {
        /// The currency of the first amount.
        left: Currency,
        /// The currency of the second amount.
        right: Currency,
    },
    /// Not three letters.
    #[error("{0:?} is not a currency: use a three-letter ISO 4217 code such as USD")]
    NotACurrency(String),
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");

    /// The three upper-case letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match *text.as_bytes() {
            [a, b, c] if text.bytes().all(|b| b.is_ascii_alphabetic()) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(MoneyError::NotACurrency(text.chars().take(20).collect())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({})", self.code())
    }
}

crate::serde_text!(Currency);

/// An exact amount in one currency; may be negative.
///
/// Inside: an integer of pico-units, at most a trillion units. As JSON: `{"amount":"10.5","currency":"USD"}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Money {
    pico: i128,
    currency: Currency,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(with = "rust_decimal::serde::str")]
    amount: Decimal,
    currency: Currency,
}

impl From<Money> for Wire {
    fn from(money: Money) -> Self {
        Self { amount: money.to_decimal(), currency: money.currency }
    }
}

impl TryFrom<Wire> for Money {
    type Error = MoneyError;

    fn try_from(wire: Wire) -> Result<Self, MoneyError> {
        Self::from_decimal(wire.amount, wire.currency)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "properties": {
                "amount": { "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,12})?$" },
                "currency": { "type": "string", "pattern": "^[A-Z]{3}$" }
            },
            "required": ["amount", "currency"],
            "additionalProperties": false
        })
    }
}

impl Money {
    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { pico: 0, currency }
    }

    /// Reads what a person wrote: digits, at most one point, at most six places, optionally a sign or a leading `$`.
    ///
    /// # Errors
    ///
    /// [`MoneyError::NotANumber`] for anything else (exponents, `NaN`, separators, blanks inside),
    /// [`MoneyError::TooPrecise`], [`MoneyError::OutOfRange`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let trimmed = text.trim();
        let digits = trimmed.strip_prefix('$').filter(|_| currency == Currency::USD).unwrap_or(trimmed);
        let plain = digits.strip_prefix('-').unwrap_or(digits);
        let shown = || text.chars().take(40).collect::<String>();
        if !plain.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            || !plain.bytes().any(|b| b.is_ascii_digit())
            || plain.matches('.').count() > 1
        {
            return Err(MoneyError::NotANumber(shown()));
        }
        if plain.bytes().take_while(|b| *b != b'.').count() > 15 {
            return Err(MoneyError::OutOfRange);
        }
        if plain.split_once('.').is_some_and(|(_, places)| places.len() > PARSE_SCALE_MAX as usize) {
            return Err(MoneyError::TooPrecise(shown()));
        }
        let value = Decimal::from_str_exact(digits).map_err(|_| MoneyError::NotANumber(shown()))?;
        Self::from_decimal(value, currency)
    }

    /// Takes an exact decimal number of units.
    ///
    /// # Errors
    ///
    /// [`MoneyError::TooPrecise`] below a pico-unit, [`MoneyError::OutOfRange`] above a trillion units.
    pub fn from_decimal(units: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let units = units.normalize();
        if units.scale() > 12 {
            return Err(MoneyError::TooPrecise(units.to_string()));
        }
        let pico =
            units.mantissa().checked_mul(10_i128.pow(12 - units.scale())).ok_or(MoneyError::OutOfRange)?;
        Self::from_pico(pico, currency)
    }

    /// Takes an integer of pico-units (10⁻¹²).
    ///
    /// # Errors
    ///
    /// [`MoneyError::OutOfRange`] above a trillion units.
    pub fn from_pico(pico: i128, currency: Currency) -> Result<Self, MoneyError> {
        if (-PICO_MAX..=PICO_MAX).contains(&pico) {
            Ok(Self { pico, currency })
        } else {
            Err(MoneyError::OutOfRange)
        }
    }

    /// Takes an integer of minor units (cents) of a currency with `exponent` places, at most 6.
    ///
    /// # Errors
    ///
    /// [`MoneyError::OutOfRange`].
    pub fn from_minor(minor: i64, exponent: u32, currency: Currency) -> Result<Self, MoneyError> {
        if exponent > PARSE_SCALE_MAX {
            return Err(MoneyError::OutOfRange);
        }
        Self::from_pico(i128::from(minor) * 10_i128.pow(12 - exponent), currency)
    }

    /// The amount in minor units, or `None` when it is not a whole number of them.
    pub fn to_minor(&self, exponent: u32) -> Option<i64> {
        let pico_per_minor = 10_i128.pow(12_u32.checked_sub(exponent)?);
        if self.pico % pico_per_minor != 0 {
            return None;
        }
        i64::try_from(self.pico / pico_per_minor).ok()
    }

    /// The pico-units inside.
    pub const fn pico(&self) -> i128 {
        self.pico
    }

    /// The currency.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The amount as a decimal number of units, without trailing zeros.
    pub fn to_decimal(&self) -> Decimal {
        Decimal::try_from_i128_with_scale(self.pico, 12).unwrap_or_default().normalize()
    }

    /// Rounds up (away from what is owed too little) to micro-units, the precision of ledgers: done once, at
    /// settlement.
    pub const fn ceil_to_micro(&self) -> Self {
        let rest = self.pico.rem_euclid(PICO_PER_MICRO);
        let pico = if rest == 0 { self.pico } else { self.pico - rest + PICO_PER_MICRO };
        Self { pico, currency: self.currency }
    }

    /// The sum.
    ///
    /// # Errors
    ///
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::OutOfRange`].
    pub fn checked_add(&self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::from_pico(self.pico.checked_add(other.pico).ok_or(MoneyError::OutOfRange)?, self.currency)
    }

    /// The difference.
    ///
    /// # Errors
    ///
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::OutOfRange`].
    pub fn checked_sub(&self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::from_pico(self.pico.checked_sub(other.pico).ok_or(MoneyError::OutOfRange)?, self.currency)
    }

    /// The amount `times` over.
    ///
    /// # Errors
    ///
    /// [`MoneyError::OutOfRange`].
    pub fn checked_mul(&self, times: u64) -> Result<Self, MoneyError> {
        Self::from_pico(
            self.pico.checked_mul(i128::from(times)).ok_or(MoneyError::OutOfRange)?,
            self.currency,
        )
    }

    /// Whether the amount is zero.
    pub const fn is_zero(&self) -> bool {
        self.pico == 0
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(&self) -> bool {
        self.pico < 0
    }

    /// Whether the amount is larger than `other`.
    ///
    /// # Errors
    ///
    /// [`MoneyError::CurrencyMismatch`].
    pub fn exceeds(&self, other: Self) -> Result<bool, MoneyError> {
        self.same_currency(other)?;
        Ok(self.pico > other.pico)
    }

    fn same_currency(&self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }
}

impl fmt::Display for Money {
    /// `$10.00`, `$0.000125` for dollars, `10.00 EUR` otherwise; at least two places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut units = self.to_decimal();
        if units.scale() < 2 {
            units.rescale(2);
        }
        if self.currency == Currency::USD {
            let sign = if units.is_sign_negative() && !units.is_zero() { "-" } else { "" };
            write!(f, "{sign}${}", units.abs())
        } else {
            write!(f, "{units} {}", self.currency)
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money({} {})", self.to_decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[test]
    fn what_people_write_is_read_exactly() {
        for (text, shown) in [
            ("10", "$10.00"),
            ("$500", "$500.00"),
            ("0.000001", "$0.000001"),
            ("10.5", "$10.50"),
            (".5", "$0.50"),
            ("0", "$0.00"),
            ("-3", "-$3.00"),
        ] {
            assert_eq!(usd(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in
            ["", " ", "NaN", "inf", "1e30", "1_000", "1,000", "ten", "--1", "1.2.3", ".", "-", "0x10", "１０"]
        {
            assert!(matches!(Money::parse(text, Currency::USD), Err(MoneyError::NotANumber(_))), "{text}");
        }
        assert!(matches!(Money::parse("0.0000001", Currency::USD), Err(MoneyError::TooPrecise(_))));
        assert_eq!(Money::parse(&"9".repeat(40), Currency::USD), Err(MoneyError::OutOfRange));
        assert!(matches!(Money::parse("$5", Currency::EUR), Err(MoneyError::NotANumber(_))));
    }

    #[test]
    fn currencies_do_not_mix() {
        let euro = Money::parse("1", Currency::EUR).unwrap();
        assert!(matches!(usd("1").checked_add(euro), Err(MoneyError::CurrencyMismatch { .. })));
    }

    #[test]
    fn minor_units_are_exact_or_nothing() {
        assert_eq!(usd("29.99").to_minor(2), Some(2999));
        assert_eq!(usd("29.999").to_minor(2), None);
        assert_eq!(Money::from_minor(500, 0, "JPY".parse().unwrap()).unwrap().to_string(), "500.00 JPY");
    }

    #[test]
    fn json_is_exact_and_strict() {
        let json = serde_json::to_string(&usd("0.1")).unwrap();
        assert_eq!(json, r#"{"amount":"0.1","currency":"USD"}"#);
        assert!(serde_json::from_str::<Money>(r#"{"amount":"1","currency":"USD","x":1}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"amount":1.5,"currency":"USD"}"#).is_err());
    }

    proptest! {
        #[test]
        fn pico_round_trips_through_json_and_decimal(pico in -PICO_MAX..=PICO_MAX) {
            let money = Money::from_pico(pico, Currency::USD).unwrap();
            prop_assert_eq!(Money::from_decimal(money.to_decimal(), Currency::USD).unwrap(), money);
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn rounding_up_never_loses(pico in -PICO_MAX / 2..=PICO_MAX / 2) {
            let money = Money::from_pico(pico, Currency::USD).unwrap();
            let up = money.ceil_to_micro();
            prop_assert!(up.pico() >= pico && up.pico() - pico < PICO_PER_MICRO);
            prop_assert_eq!(up.pico() % PICO_PER_MICRO, 0);
        }

        #[test]
        fn sums_are_exact(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
            let (x, y) = (Money::from_minor(a, 2, Currency::USD).unwrap(), Money::from_minor(b, 2, Currency::USD).unwrap());
            prop_assert_eq!(x.checked_add(y).unwrap().to_minor(2), Some(a + b));
            prop_assert_eq!(x.checked_sub(y).unwrap().to_minor(2), Some(a - b));
        }
    }
}
