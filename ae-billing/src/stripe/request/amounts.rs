//! Amounts and intervals in Stripe's units.

use ae_core::{BillingInterval, Currency, IntervalUnit, Money};

use crate::{RequestError, units};

/// Decimal places of `unit_amount_decimal`.
const PLACES: u32 = 12;

/// A whole number of minor units. Of three-decimal currencies Stripe takes tenths alone: the last digit must be 0.
pub(in crate::stripe) fn minor(amount: Money) -> Result<i64, RequestError> {
    let minor = units::to_minor_units(amount)?;
    if units::exponent(amount.currency()) == Some(3) && minor % 10 != 0 {
        let message =
            format!("{amount} is not payable here: the third place of {} must be 0", amount.currency());
        return Err(RequestError::new(message));
    }
    Ok(minor)
}

/// Minor units with places below them, without zeros at the end.
pub(in crate::stripe) fn decimal(amount: Money) -> Result<String, RequestError> {
    let places = units::exponent(amount.currency()).ok_or_else(|| units::unknown(amount.currency()))?;
    let unit = 10_i128.pow(PLACES.saturating_sub(places));
    let (whole, rest) = (amount.pico().div_euclid(unit), amount.pico().rem_euclid(unit));
    if amount.is_negative() {
        return Err(RequestError::new(format!("{amount} is below zero")));
    }
    let width = usize::try_from(PLACES.saturating_sub(places)).unwrap_or_default();
    let places = format!("{rest:0width$}");
    let places = places.trim_end_matches('0');
    Ok(if places.is_empty() { whole.to_string() } else { format!("{whole}.{places}") })
}

/// The amount that `text` states in minor units; `None` for anything but an exact amount.
pub(in crate::stripe) fn read(text: &str, currency: Currency) -> Option<Money> {
    let exponent = units::exponent(currency)?;
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(places) {
        return None;
    }
    let below = usize::try_from(PLACES.checked_sub(exponent)?).ok()?;
    let (kept, lost) = places.split_at_checked(below).unwrap_or((places, ""));
    if lost.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let pico: i128 = format!("{whole}{kept:0<below$}").parse().ok()?;
    Money::from_pico(pico.checked_mul(sign)?, currency).ok()
}

/// Unit and count of an interval; `None` for a single charge. Stripe's longest interval is three years.
pub(in crate::stripe) fn interval(
    interval: BillingInterval,
) -> Result<Option<(&'static str, u16)>, RequestError> {
    let BillingInterval::Every { count, unit } = interval else { return Ok(None) };
    let most = match unit {
        IntervalUnit::Day => 1_095,
        IntervalUnit::Week => 156,
        IntervalUnit::Month => 36,
        IntervalUnit::Year => 3,
    };
    if count.get() > most {
        let message = format!("an interval is at most three years here: {most} {}s", unit.as_str());
        return Err(RequestError::new(message));
    }
    Ok(Some((unit.as_str(), count.get())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str, currency: &str) -> Money {
        Money::parse(text, currency.parse().unwrap()).unwrap()
    }

    #[test]
    fn amounts_are_in_the_units_of_the_vendor() {
        for (text, currency, expected) in [
            ("29.99", "USD", "2999"),
            ("500", "JPY", "500"),
            ("5.12", "KWD", "5120"),
            ("0.0005", "USD", "0.05"),
            ("0.000001", "JPY", "0.000001"),
            ("0", "EUR", "0"),
        ] {
            let amount = money(text, currency);
            assert_eq!(decimal(amount).unwrap(), expected, "{text} {currency}");
            assert_eq!(read(expected, amount.currency()), Some(amount));
        }
        assert!(minor(money("5.124", "KWD")).unwrap_err().to_string().contains("KWD"));
        assert_eq!(minor(money("5.12", "KWD")).unwrap(), 5120);
        assert!(decimal(money("1", "ISK")).is_err() && decimal(money("-1", "USD")).is_err());
        for wrong in ["", "1.2.3", "1e3", "0.12345678901", "x", "-"] {
            assert_eq!(read(wrong, Currency::USD), None, "{wrong:?}");
        }
        assert_eq!(read("5.1000000000000", Currency::USD), Some(money("0.051", "USD")));
    }

    #[test]
    fn intervals_end_at_three_years() {
        assert_eq!(interval(BillingInterval::OneTime).unwrap(), None);
        assert_eq!(interval("36_month".parse().unwrap()).unwrap(), Some(("month", 36)));
        for over in ["37_month", "157_week", "4_year", "1096_day"] {
            assert!(interval(over.parse().unwrap()).is_err(), "{over}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_of_every_currency_comes_back(pico in 0_i128..10_i128.pow(21), index in 0..100_usize) {
            let all = units::currencies();
            let amount = Money::from_pico(pico, all[index % all.len()]).unwrap();
            prop_assert_eq!(read(&decimal(amount).unwrap(), amount.currency()), Some(amount));
        }
    }
}
