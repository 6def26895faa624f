//! Amounts and intervals in Paddle's words: amounts are texts of whole minor units.

use ae_core::{BillingInterval, IntervalUnit, Money};

use super::answer::{Cycle, UnitPrice};
use crate::{RequestError, units, webhook::amount};

/// A price or a refund in minor units.
pub(super) fn minor(amount: Money) -> Result<i64, RequestError> {
    units::to_minor_units(amount)
}

/// An amount as Paddle states it; `None` for what is none.
pub(super) fn of_minor(minor: i64, currency: &str) -> Option<Money> {
    currency.parse().ok().and_then(|currency| amount::of_minor(minor, currency).ok())
}

/// The whole number that stands in a text.
pub(super) fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// The amount of a price.
pub(super) fn of_price(price: &UnitPrice) -> Option<Money> {
    of_minor(number(&price.amount)?, &price.currency_code)
}

/// The interval of a price; once without.
pub(super) fn interval(cycle: Option<&Cycle>) -> Option<BillingInterval> {
    let Some(cycle) = cycle else { return Some(BillingInterval::OneTime) };
    let units = [IntervalUnit::Day, IntervalUnit::Week, IntervalUnit::Month, IntervalUnit::Year];
    let unit = units.into_iter().find(|unit| unit.as_str() == cycle.interval)?;
    Some(BillingInterval::Every { count: cycle.frequency.try_into().ok()?, unit })
}
