//! The price list: a written rule, marked as an assumption wherever it is used.

use ae_core::{BillingInterval, Currency, Money, MrrArithmetic, PriceTier};
use rust_decimal::Decimal;

use crate::{SignalQuery, find::query::scale};

/// The price of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prices {
    /// The price of the paid plan.
    pub(super) pro: Money,
    /// How often it is due.
    pub(super) interval: BillingInterval,
    /// Whether the intent named the price.
    pub(super) named: bool,
    /// Whether it is an analyst's estimate.
    pub(super) estimated: bool,
}

/// The rule in words, for the spec's assumptions.
pub(super) const RULE: &str = "the price follows a rule and is not tested: the one that the intent names, else 9 for a target up to \
    1,000 a month, 19 up to 5,000, 29 above, and for a single payment (times 100 for JPY, 1,000 for KRW and VND, 50 for INR and HUF, 10 \
    for SEK, NOK, DKK, CZK); a year of a product that is sold costs ten months";

impl Prices {
    /// The price for an intent; where it names none, in the currency of its target, else in `currency`.
    pub(super) fn of(query: &SignalQuery, currency: Currency) -> Self {
        let interval = query.interval;
        if let Some(pro) = query.price {
            return Self { pro, interval, named: true, estimated: false };
        }
        let currency = query.target.map_or(currency, |target| target.currency());
        let scale = scale(currency);
        let step = match query.target.map(|target| target.to_decimal()) {
            _ if interval == BillingInterval::OneTime => 29,
            Some(target) if target > Decimal::from(5_000 * scale) => 29,
            Some(target) if target > Decimal::from(1_000 * scale) => 19,
            _ => 9,
        };
        let pro = Money::from_decimal(Decimal::from(step * scale), currency);
        Self { pro: pro.unwrap_or_else(|_| Money::zero(currency)), interval, named: false, estimated: false }
    }

    /// With the estimate of an analyst, unless the intent names the price.
    pub(super) fn estimated(self, estimate: Option<Money>) -> Self {
        match estimate {
            Some(pro) if !self.named => Self { pro, estimated: true, ..self },
            _ => self,
        }
    }

    /// The price list of a product that is sold: one plan, and a year of it where it is due monthly.
    pub(super) fn tiers(&self, includes: &[String]) -> Vec<PriceTier> {
        let mut tiers = self.planned(includes);
        if let (BillingInterval::MONTH, Ok(yearly)) = (self.interval, self.pro.checked_mul(10)) {
            let tier = PriceTier::new("pro-yearly", "Pro, yearly", yearly, BillingInterval::YEAR);
            tiers.push(tier.with_includes(includes.to_vec()));
        }
        tiers
    }

    /// The one price that a pre-order names.
    pub(super) fn planned(&self, includes: &[String]) -> Vec<PriceTier> {
        vec![PriceTier::new("pro", "Pro", self.pro, self.interval).with_includes(includes.to_vec())]
    }
}

/// Customers needed = target ÷ monthly price, rounded up; nothing without both in one currency.
pub(super) fn arithmetic(query: &SignalQuery, prices: &Prices) -> Option<MrrArithmetic> {
    let target = query.target?;
    let price = prices.pro;
    if prices.interval != BillingInterval::MONTH
        || target.currency() != price.currency()
        || price.pico() <= 0
        || target.is_negative()
    {
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
        for (text, price) in [
            ("CSV tool", "$9.00 per month"),
            ("$500 MRR CSV tool", "$9.00 per month"),
            ("$2k MRR CSV tool", "$19.00 per month"),
            ("$20k MRR CSV tool", "$29.00 per month"),
            ("CSV tool for $3 a month", "$3.00 per month"),
            ("CSV tool, €500 MRR", "9.00 EUR per month"),
            ("CSV tool, one-time purchase", "$29.00 once"),
            ("CSV tool at $29 a year", "$29.00 per year"),
        ] {
            let prices = Prices::of(&query(text), Currency::USD);
            let tiers = prices.tiers(&[]);
            assert_eq!(shown(&tiers[0]), price, "{text}");
            assert_eq!(tiers.len(), 1 + usize::from(price.ends_with("month")), "{text}");
        }
        let yen = Prices::of(&query("CSV tool"), "JPY".parse().unwrap());
        assert_eq!(yen.pro.to_string(), "900.00 JPY");
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
