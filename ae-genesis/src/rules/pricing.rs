//! The price list: a written rule, marked as an assumption wherever it is used.

use ae_core::{BillingInterval, Currency, Money, MrrArithmetic, PriceTier};
use rust_decimal::Decimal;

use crate::SignalQuery;

/// The prices of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prices {
    /// A month of the smaller plan.
    pub(super) starter: Money,
    /// A month of the larger plan.
    pub(super) pro: Money,
    /// A year of the smaller plan.
    pub(super) yearly: Money,
    /// Whether the intent named the price.
    pub(super) named: bool,
}

/// The rule in words, for the spec's assumptions.
pub(super) const RULE: &str = "prices follow a rule and are not tested: starter is the price that the intent names, else 9 a \
    month for a target up to 1,000 a month, 19 up to 5,000, 29 above (times 100 for JPY, 1,000 for KRW, 50 for INR, 10 for SEK, \
    NOK, DKK, CZK); pro costs twice that and one more; a year costs ten months";

impl Prices {
    /// The prices for an intent, in `currency`.
    pub(super) fn of(query: &SignalQuery, currency: Currency) -> Self {
        let scale = scale(currency);
        let named = query.price.filter(|price| price.currency() == currency);
        let target =
            query.target.filter(|target| target.currency() == currency).map(|target| target.to_decimal());
        let step = match target {
            Some(target) if target > Decimal::from(5_000 * scale) => 29,
            Some(target) if target > Decimal::from(1_000 * scale) => 19,
            _ => 9,
        };
        let units = |units: u64| Money::from_decimal(Decimal::from(units), currency);
        let fallback = units(step * scale).unwrap_or_else(|_| Money::zero(currency));
        let starter = named.unwrap_or(fallback);
        let pro =
            starter.checked_mul(2).and_then(|twice| twice.checked_add(units(scale)?)).unwrap_or(starter);
        let yearly = starter.checked_mul(10).unwrap_or(starter);
        Self { starter, pro, yearly, named: named.is_some() }
    }

    /// The price list: two monthly plans and a yearly one.
    pub(super) fn tiers(&self, features: &[&str]) -> Vec<PriceTier> {
        let (basic, rest) = features.split_at(features.len().div_ceil(2));
        let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        let tier = |id: &str, name: &str, price, interval, includes| {
            PriceTier::new(id, name, price, interval).with_includes(includes)
        };
        let all = [owned(basic), owned(rest)].concat();
        let mut yearly = owned(basic);
        yearly.push("Two months free".to_owned());
        vec![
            tier("starter", "Starter", self.starter, BillingInterval::MONTH, owned(basic)),
            tier("pro", "Pro", self.pro, BillingInterval::MONTH, all),
            tier("starter-yearly", "Starter, yearly", self.yearly, BillingInterval::YEAR, yearly),
        ]
    }
}

/// A unit of the rule in `currency`, so that a price is not a thousandth of the intended one.
fn scale(currency: Currency) -> u64 {
    match currency.code() {
        "JPY" => 100,
        "KRW" => 1_000,
        "INR" => 50,
        "SEK" | "NOK" | "DKK" | "CZK" => 10,
        _ => 1,
    }
}

/// Customers needed = target ÷ price of the smaller plan, rounded up; nothing without a target in the same currency.
pub(super) fn arithmetic(query: &SignalQuery, prices: &Prices) -> Option<MrrArithmetic> {
    let target = query.target?;
    let price = prices.starter;
    if target.currency() != price.currency() || price.pico() <= 0 || target.is_negative() {
        return None;
    }
    let customers = u64::try_from((target.pico() + price.pico() - 1) / price.pico()).ok()?;
    Some(MrrArithmetic::new(target, price, customers))
}

/// A price as the price list shows it, for example `$9.00 per month`.
pub(super) fn shown(tier: &PriceTier) -> String {
    format!("{} {}", tier.price, tier.interval.words())
}

#[cfg(test)]
mod tests {
    use ae_core::Intent;
    use proptest::prelude::*;

    use super::*;

    fn query(text: &str) -> SignalQuery {
        SignalQuery::from_intent(&Intent::new(text, Money::zero(Currency::USD)).unwrap())
    }

    #[test]
    fn prices_follow_the_rule() {
        for (text, starter) in [
            ("CSV tool", "$9.00"),
            ("$500 MRR CSV tool", "$9.00"),
            ("$2k MRR CSV tool", "$19.00"),
            ("$20k MRR CSV tool", "$29.00"),
            ("CSV tool for $3 a month", "$3.00"),
        ] {
            assert_eq!(Prices::of(&query(text), Currency::USD).starter.to_string(), starter, "{text}");
        }
        let yen = Prices::of(&query("CSV tool"), "JPY".parse().unwrap());
        assert_eq!(yen.starter.to_string(), "900.00 JPY");
    }

    proptest! {
        #[test]
        fn customers_are_the_least_that_reach_the_target(target in 1_u32..1_000_000) {
            let query = query(&format!("${target} MRR CSV tool"));
            let prices = Prices::of(&query, Currency::USD);
            let mrr = arithmetic(&query, &prices).unwrap();
            let revenue = mrr.price.checked_mul(mrr.customers).unwrap();
            prop_assert!(!mrr.target.exceeds(revenue).unwrap());
            let less = mrr.price.checked_mul(mrr.customers - 1).unwrap();
            prop_assert!(mrr.target.exceeds(less).unwrap());
        }
    }
}
