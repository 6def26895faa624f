//! The currencies that prices may have, and how many places each has.
//!
//! A table of our own instead of ISO 4217 alone: vendors disagree with it for some currencies (ISK, UGX, MGA), which are
//! not in it, because an amount that is a hundred times too large is the most expensive bug in billing. What is not in the
//! table is refused. Of HUF and TWD only whole units can be paid out, and the last of three places has to be 0: other
//! amounts are refused, never rounded.

use ae_core::{Currency, Money};

use crate::RequestError;

/// Minor-unit exponents (ISO 4217 list one), the smallest amount in minor units of which every price is a multiple, and the
/// currencies that have them: only those whose exponent is the same at all large vendors.
const UNITS: [(u32, i64, &str); 4] = [
    (2, 1, "USD EUR GBP CHF CAD AUD NZD SEK NOK DKK PLN CZK INR BRL MXN SGD HKD ZAR"),
    (0, 1, "JPY KRW"),
    (2, 100, "HUF TWD"),
    (3, 10, "BHD JOD KWD OMR TND"),
];

/// The places after the point that `currency` has, or `None` when prices can't have it.
pub fn exponent(currency: Currency) -> Option<u32> {
    units(currency).map(|(places, _)| places)
}

/// The smallest amount of `currency` that can be charged, in minor units, of which every price is a multiple: 1, and 10 or
/// 100 for some. `None` when prices can't have it.
pub fn grain(currency: Currency) -> Option<i64> {
    units(currency).map(|(_, grain)| grain)
}

fn units(currency: Currency) -> Option<(u32, i64)> {
    let is_in = |codes: &str| codes.split(' ').any(|code| code == currency.code());
    UNITS.iter().find(|(.., codes)| is_in(codes)).map(|(places, grain, _)| (*places, *grain))
}

/// Every currency in the table, USD first.
pub fn currencies() -> Vec<Currency> {
    UNITS.iter().flat_map(|(.., codes)| codes.split(' ')).filter_map(|code| code.parse().ok()).collect()
}

/// The amount in minor units, as vendors want it: `$29.99` is 2999.
///
/// # Errors
///
/// When the amount can't be a price, because of its currency, its size or its places. Nothing is rounded.
pub fn to_minor_units(amount: Money) -> Result<i64, RequestError> {
    let currency = amount.currency();
    let Some((places, grain)) = units(currency) else { return Err(unknown(currency)) };
    match amount.to_minor(places) {
        None => Err(RequestError::new(format!(
            "{amount} is not payable: {currency} has {places} places after the point"
        ))),
        Some(minor) if minor > 0 && minor % grain != 0 => Err(RequestError::new(format!(
            "{amount} is not payable: in {currency} the last {} after the point must be 0",
            if grain == 10 { "place" } else { "two places" }
        ))),
        Some(minor) if minor > 0 => Ok(minor),
        Some(_) => Err(RequestError::new(format!("{amount} is not a price: it must be above zero"))),
    }
}

pub(crate) fn unknown(currency: Currency) -> RequestError {
    RequestError::new(format!("{currency} is not a currency that prices may have here"))
}

/// `amount` times `of` over `in_all`, rounded down to minor units: of whole units where prices can't have its currency.
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
        for (text, currency, minor) in [
            ("29.99", "USD", 2999),
            ("500", "JPY", 500),
            ("5.12", "KWD", 5120),
            ("0.01", "EUR", 1),
            ("990", "HUF", 99_000),
        ] {
            assert_eq!(to_minor_units(money(text, currency)), Ok(minor), "{text} {currency}");
        }
    }

    #[test]
    fn nothing_is_rounded_and_nothing_is_guessed() {
        for (text, currency, why) in [
            ("29.999", "USD", "2 places"),
            ("0.5", "JPY", "0 places"),
            ("5.1234", "KWD", "3 places"),
            ("5.124", "KWD", "last place"),
            ("990.50", "HUF", "two places after"),
            ("30.01", "TWD", "two places after"),
            ("10", "MGA", "not a currency"),
            ("10", "UGX", "not a currency"),
            ("10", "ISK", "not a currency"),
            ("10", "XAU", "not a currency"),
            ("10", "ZZZ", "not a currency"),
            ("0", "USD", "above zero"),
            ("-1", "USD", "above zero"),
        ] {
            let refused = to_minor_units(money(text, currency)).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
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
        assert_eq!((all.len(), all.first()), (27, Some(&Currency::USD)));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 27);
    }

    proptest! {
        #[test]
        fn minor_units_round_trip_in_every_currency(minor in 1_i64..1_000_000_000_000, index in 0..27_usize) {
            let currency = currencies()[index];
            let minor = minor * grain(currency).unwrap();
            let money = Money::from_minor(minor, exponent(currency).unwrap(), currency).unwrap();
            prop_assert_eq!(to_minor_units(money), Ok(minor));
        }

        #[test]
        fn anything_finer_than_a_minor_unit_is_refused(minor in 1_i64..1_000_000_000, rest in 1_i128..10_000_000_000) {
            let whole = Money::from_minor(minor, 2, Currency::USD).unwrap();
            let finer = Money::from_pico(whole.pico() + rest - i128::from(rest == 10_000_000_000), Currency::USD).unwrap();
            prop_assert!(to_minor_units(finer).unwrap_err().to_string().contains("2 places"));
        }

        #[test]
        fn twelve_months_never_exceed_the_year(minor in 1_i64..1_000_000_000) {
            let year = Money::from_minor(minor, 2, Currency::USD).unwrap();
            let month = share(year, 1, 12).unwrap().to_minor(2).unwrap();
            prop_assert!(month * 12 <= minor && minor - month * 12 < 12);
        }
    }
}
