//! Amounts and intervals in Polar's words.

use ae_core::{BillingInterval, IntervalUnit, Money};

use crate::{RequestError, units, webhook::amount};

/// A price or a refund in cents.
pub(super) fn cents(amount: Money) -> Result<i64, RequestError> {
    units::to_minor_units(amount)
}

/// An amount as Polar states it; `None` for a currency that is none.
pub(super) fn of_cents(cents: i64, currency: &str) -> Option<Money> {
    currency.parse().ok().and_then(|currency| amount::of_minor(cents, currency).ok())
}

/// The interval that a product has; once without.
pub(super) fn interval(unit: Option<&str>, count: Option<u16>) -> Option<BillingInterval> {
    let Some(name) = unit else { return Some(BillingInterval::OneTime) };
    let units = [IntervalUnit::Day, IntervalUnit::Week, IntervalUnit::Month, IntervalUnit::Year];
    let unit = units.into_iter().find(|unit| unit.as_str() == name)?;
    Some(BillingInterval::Every { count: count.unwrap_or(1).try_into().ok()?, unit })
}
