//! Amounts as vendors write them: whole minor units, by the table of Stripe, which moves the money for most of them.

use ae_core::{Currency, Money, MoneyError};

/// Currencies without minor units at Stripe: `500` is 500 yen. MGA has them in ISO 4217, and is here all the same.
const WHOLE: &str = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF";
/// Currencies with thousandths. ISK and UGX are in neither list: Stripe writes them with two places that are always zero.
const THOUSANDTHS: &str = "BHD JOD KWD OMR TND";

/// `minor` units of `currency`, in any currency that Stripe settles, whether prices may have it here or not.
pub(crate) fn of_minor(minor: i64, currency: Currency) -> Result<Money, MoneyError> {
    let is_in = |list: &str| list.split(' ').any(|code| code == currency.code());
    let places = if is_in(WHOLE) {
        0
    } else if is_in(THOUSANDTHS) {
        3
    } else {
        2
    };
    Money::from_minor(minor, places, currency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units;

    #[test]
    fn the_table_is_stripes() {
        for (minor, code, shown) in [
            (2999, "USD", "29.99"),
            (500, "JPY", "500"),
            (5120, "KWD", "5.12"),
            (500, "MGA", "500"),
            (500, "ISK", "5"),
            (500, "UGX", "5"),
            (1200, "HUF", "12"),
            (1200, "TWD", "12"),
        ] {
            let money = of_minor(minor, code.parse().unwrap()).unwrap();
            assert_eq!(money.to_decimal().to_string(), shown, "{code}");
        }
    }

    #[test]
    fn prices_that_are_asked_for_come_back_as_they_were() {
        for currency in units::currencies() {
            let money = of_minor(123_000, currency).unwrap();
            assert_eq!(units::to_minor_units(money), Ok(123_000), "{currency}");
        }
    }
}
