//! Billing intervals as periods and as shares of a month.

use ae_core::{BillingInterval, IntervalUnit, Money, Timestamp};
use jiff::{Span, tz::TimeZone};

use crate::units;

/// The end of the period that begins at `from`, `None` when it has none: calendar days, weeks, months and years in UTC,
/// the day clamped to the month.
pub(crate) fn period_end(from: Timestamp, interval: BillingInterval) -> Option<Timestamp> {
    let BillingInterval::Every { count, unit } = interval else {
        return None;
    };
    // Jiff bounds the numbers of a span: 65,535 years are out of its range.
    let span = match unit {
        IntervalUnit::Day => Span::new().try_days(count.get()),
        IntervalUnit::Week => Span::new().try_weeks(count.get()),
        IntervalUnit::Month => Span::new().try_months(count.get()),
        IntervalUnit::Year => Span::new().try_years(count.get()),
    };
    let end = span.and_then(|span| from.to_zoned_datetime(TimeZone::UTC).checked_add(span));
    Some(end.map_or(Timestamp::MAX, |end| end.timestamp()))
}

/// The share of a month in `amount`, rounded down to minor units: a year has 12 months, 52 weeks or 365 days.
pub(crate) fn monthly(amount: Money, interval: BillingInterval) -> Option<Money> {
    let BillingInterval::Every { count, unit } = interval else {
        return Some(Money::zero(amount.currency()));
    };
    let a_year = match unit {
        IntervalUnit::Day => 365,
        IntervalUnit::Week => 52,
        IntervalUnit::Month => 12,
        IntervalUnit::Year => 1,
    };
    units::share(amount, a_year, 12 * u32::from(count.get()))
}

#[cfg(test)]
mod tests {
    use ae_core::Currency;

    use super::*;

    #[test]
    fn periods_follow_the_calendar_and_shares_the_year() {
        for (from, interval, end, share) in [
            ("2026-01-31T10:00:00Z", "month", "2026-02-28T10:00:00Z", "120"),
            ("2024-02-29T00:00:00Z", "year", "2025-02-28T00:00:00Z", "10"),
            ("2026-11-30T02:00:00Z", "3_month", "2027-02-28T02:00:00Z", "40"),
            ("2026-12-30T02:00:00Z", "2_week", "2027-01-13T02:00:00Z", "260"),
            ("2026-12-30T02:00:00Z", "week", "2027-01-06T02:00:00Z", "520"),
            ("2026-02-28T02:00:00Z", "day", "2026-03-01T02:00:00Z", "3650"),
            ("2026-02-28T02:00:00Z", "2_year", "2028-02-28T02:00:00Z", "5"),
        ] {
            let interval: BillingInterval = interval.parse().unwrap();
            let end: Timestamp = end.parse().unwrap();
            assert_eq!(period_end(from.parse().unwrap(), interval), Some(end), "{interval}");
            let money = |text| Money::parse(text, Currency::USD).unwrap();
            assert_eq!(monthly(money("120"), interval), Some(money(share)), "{interval}");
        }
        assert_eq!(period_end(Timestamp::UNIX_EPOCH, BillingInterval::OneTime), None);
        let last = "65535_year".parse().unwrap();
        assert_eq!(period_end(Timestamp::UNIX_EPOCH, last), Some(Timestamp::MAX));
    }
}
