//! The currencies that prices may have, and how many places each has.
//!
//! A table of our own instead of ISO 4217 alone: vendors disagree with it for some currencies (ISK, UGX, MGA, HUF,
//! TWD), and an amount that is a hundred times too large is the most expensive bug in billing. What is not in the table
//! is refused.

use ae_core::{Currency, Money};

/// Code and minor-unit exponent (ISO 4217 list one). Only currencies whose exponent is the same at all large vendors.
const UNITS: [(&str, u32); 25] = [
    ("USD", 2),
    ("EUR", 2),
    ("GBP", 2),
    ("CHF", 2),
    ("CAD", 2),
    ("AUD", 2),
    ("NZD", 2),
    ("SEK", 2),
    ("NOK", 2),
    ("DKK", 2),
    ("PLN", 2),
    ("CZK", 2),
    ("INR", 2),
    ("BRL", 2),
    ("MXN", 2),
    ("SGD", 2),
    ("HKD", 2),
    ("ZAR", 2),
    ("JPY", 0),
    ("KRW", 0),
    ("BHD", 3),
    ("JOD", 3),
    ("KWD", 3),
    ("OMR", 3),
    ("TND", 3),
];

/// An amount that can't be a price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// Not in the table of currencies.
    #[error("{0} is not a currency that prices may have here")]
    UnknownCurrency(Currency),
    /// Not a whole number of minor units; it is never rounded.
    #[error("{amount} is not payable: {} has {places} places after the point", amount.currency())]
    NotWhole {
        /// The amount.
        amount: Money,
        /// The places that its currency has.
        places: u32,
    },
    /// Nothing, or less.
    #[error("{0} is not a price: it must be above zero")]
    NotPositive(Money),
}

/// The places after the point that `currency` has, or `None` when prices can't have it.
#[must_use]
pub fn exponent(currency: Currency) -> Option<u32> {
    UNITS.iter().find(|(code, _)| *code == currency.code()).map(|(_, places)| *places)
}

/// Every currency in the table, USD first.
#[must_use]
pub fn currencies() -> Vec<Currency> {
    UNITS.iter().filter_map(|(code, _)| code.parse().ok()).collect()
}

/// The amount in minor units, as vendors want it: `$29.99` is 2999.
///
/// # Errors
///
/// [`AmountError`] when the amount can't be a price. Nothing is rounded.
pub fn to_minor_units(amount: Money) -> Result<i64, AmountError> {
    let places = exponent(amount.currency()).ok_or(AmountError::UnknownCurrency(amount.currency()))?;
    let minor = amount.to_minor(places).ok_or(AmountError::NotWhole { amount, places })?;
    if minor > 0 { Ok(minor) } else { Err(AmountError::NotPositive(amount)) }
}

/// `amount` times `of` over `in_all`, rounded down to minor units: of whole units where prices can't have its currency.
#[must_use]
pub(crate) fn share(amount: Money, of: u32, in_all: u32) -> Option<Money> {
    let minor = 10_i128.pow(12_u32.saturating_sub(exponent(amount.currency()).unwrap_or_default()));
    let exact = amount.pico().checked_mul(i128::from(of))?.checked_div_euclid(i128::from(in_all))?;
    Money::from_pico(exact.checked_sub(exact.rem_euclid(minor))?, amount.currency()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str, currency: &str) -> Money {
        Money::parse(text, currency.parse().unwrap()).unwrap()
    }

    #[test]
    fn amounts_are_exact_minor_units() {
        for (text, currency, minor) in
            [("29.99", "USD", 2999), ("500", "JPY", 500), ("5.123", "KWD", 5123), ("0.01", "EUR", 1)]
        {
            assert_eq!(to_minor_units(money(text, currency)), Ok(minor), "{text} {currency}");
        }
    }

    #[test]
    fn nothing_is_rounded_and_nothing_is_guessed() {
        for (text, currency) in [("29.999", "USD"), ("0.5", "JPY"), ("5.1234", "KWD")] {
            assert!(
                matches!(to_minor_units(money(text, currency)), Err(AmountError::NotWhole { .. })),
                "{text}"
            );
        }
        for currency in ["MGA", "UGX", "ISK", "XAU", "ZZZ"] {
            let refused = to_minor_units(money("10", currency));
            assert!(matches!(refused, Err(AmountError::UnknownCurrency(_))), "{currency}");
        }
        assert!(matches!(to_minor_units(money("0", "USD")), Err(AmountError::NotPositive(_))));
        assert!(matches!(to_minor_units(money("-1", "USD")), Err(AmountError::NotPositive(_))));
    }

    #[test]
    fn a_month_of_a_year_is_rounded_down() {
        assert_eq!(share(money("100", "USD"), 1, 12), Some(money("8.33", "USD")));
        assert_eq!(share(money("119", "JPY"), 1, 12), Some(money("9", "JPY")));
        assert_eq!(share(money("119", "ISK"), 1, 12), Some(money("9", "ISK")));
        assert_eq!(share(money("10", "USD"), 52, 12), Some(money("43.33", "USD")));
    }

    #[test]
    fn the_table_has_no_double_and_begins_with_dollars() {
        let mut all = currencies();
        assert_eq!((all.len(), all.first()), (UNITS.len(), Some(&Currency::USD)));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), UNITS.len());
    }

    proptest! {
        #[test]
        fn minor_units_round_trip_in_every_currency(minor in 1_i64..1_000_000_000_000, index in 0..UNITS.len()) {
            let (code, places) = UNITS[index];
            let money = Money::from_minor(minor, places, code.parse().unwrap()).unwrap();
            prop_assert_eq!(to_minor_units(money), Ok(minor));
        }

        #[test]
        fn anything_finer_than_a_minor_unit_is_refused(minor in 1_i64..1_000_000_000, rest in 1_i128..10_000_000_000) {
            let whole = Money::from_minor(minor, 2, Currency::USD).unwrap();
            let finer = Money::from_pico(whole.pico() + rest - i128::from(rest == 10_000_000_000), Currency::USD).unwrap();
            let is_not_whole = matches!(to_minor_units(finer), Err(AmountError::NotWhole { .. }));
            prop_assert!(is_not_whole);
        }

        #[test]
        fn twelve_months_never_exceed_the_year(minor in 1_i64..1_000_000_000) {
            let year = Money::from_minor(minor, 2, Currency::USD).unwrap();
            let month = share(year, 1, 12).unwrap().to_minor(2).unwrap();
            prop_assert!(month * 12 <= minor && minor - month * 12 < 12);
        }
    }
}
