//! Amounts that an agent prints as JSON numbers.

use ae_core::{Currency, Money};

/// Places after the point that [`Money`] holds.
const PLACES: i32 = 12;

/// Reads a JSON number as US dollars, rounded to the nearest pico-unit. It is read from its text, since the way through
/// a binary fraction would change it.
pub(crate) fn usd(number: &str) -> Option<Money> {
    let number = number.trim();
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (number, 0),
    };
    let (sign, digits) = mantissa.strip_prefix('-').map_or((1, mantissa), |digits| (-1, digits));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(places.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    // The number is `0.DIGITS` times ten to the power of `point`, so that the first `point + PLACES` digits are kept.
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let kept = point.checked_add(PLACES)?;
    let mut all = whole.bytes().chain(places.bytes()).map(|b| i128::from(b - b'0'));
    let mut pico = 0_i128;
    for _ in 0..kept {
        if pico > i128::MAX / 100 {
            return None;
        }
        pico = pico * 10 + all.next().unwrap_or(0);
    }
    if kept >= 0 && all.next().is_some_and(|digit| digit >= 5) {
        pico += 1;
    }
    Money::from_pico(sign * pico, Currency::USD).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_nearest_pico() {
        for (number, pico) in [
            ("0", 0),
            ("1", 1_000_000_000_000),
            ("-2.5", -2_500_000_000_000),
            ("0.005592000000000001", 5_592_000_000),
            ("0.0000000000005", 1),
            ("0.00000000000049", 0),
            ("5e-13", 1),
            ("4e-14", 0),
            ("1.25E3", 1_250_000_000_000_000),
            ("1e-999", 0),
            ("00012.30", 12_300_000_000_000),
        ] {
            assert_eq!(usd(number).map(|money| money.pico()), Some(pico), "{number}");
        }
        for number in
            ["", "-", ".5", "1e", "NaN", "null", "\"1\"", "1e999", "1e99999999999", "999999999999999999"]
        {
            assert_eq!(usd(number), None, "{number}");
        }
    }

    proptest::proptest! {
        #[test]
        fn written_amounts_come_back(pico in -1_000_000_000_000_000_000_000_000_i128..=1_000_000_000_000_000_000_000_000) {
            let money = Money::from_pico(pico, Currency::USD).unwrap();
            proptest::prop_assert_eq!(usd(&money.to_decimal().to_string()), Some(money));
        }

        #[test]
        fn any_text_is_taken(text in "[-0-9.eE+ ]{0,40}") {
            let _ = usd(&text);
        }
    }
}
