//! How often a price is charged.

use std::{fmt, num::NonZeroU16, str::FromStr};

use serde::{Deserialize, Serialize};

/// The unit of a repeated charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntervalUnit {
    /// A day.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

impl IntervalUnit {
    /// The wire name, lower snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// How often a price is charged. As text it is `one_time`, `month`, `3_month`, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub enum BillingInterval {
    /// Once.
    OneTime,
    /// Every given number of days, weeks, months or years.
    Every {
        /// The number of units between two charges.
        count: NonZeroU16,
        /// The unit.
        unit: IntervalUnit,
    },
}

impl BillingInterval {
    /// Every month.
    pub const MONTH: Self = Self::Every { count: NonZeroU16::MIN, unit: IntervalUnit::Month };
    /// Every year.
    pub const YEAR: Self = Self::Every { count: NonZeroU16::MIN, unit: IntervalUnit::Year };

    /// "once", "per month", "every 3 months".
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::OneTime => "once".to_owned(),
            Self::Every { count: NonZeroU16::MIN, unit } => format!("per {}", unit.as_str()),
            Self::Every { count, unit } => format!("every {count} {}s", unit.as_str()),
        }
    }
}

impl fmt::Display for BillingInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneTime => f.write_str("one_time"),
            Self::Every { count: NonZeroU16::MIN, unit } => f.write_str(unit.as_str()),
            Self::Every { count, unit } => write!(f, "{count}_{}", unit.as_str()),
        }
    }
}

/// The text is not a billing interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a billing interval: use one_time, day, week, month or year, or for example 3_month")]
pub struct ParseIntervalError(String);

impl FromStr for BillingInterval {
    type Err = ParseIntervalError;

    fn from_str(text: &str) -> Result<Self, ParseIntervalError> {
        if text == "one_time" {
            return Ok(Self::OneTime);
        }
        let (count, name) = text.split_once('_').unwrap_or(("1", text));
        let units = [IntervalUnit::Day, IntervalUnit::Week, IntervalUnit::Month, IntervalUnit::Year];
        let unit = units.into_iter().find(|unit| unit.as_str() == name);
        let read = count.parse().ok().zip(unit).map(|(count, unit)| Self::Every { count, unit });
        // Written again, so that every interval has one spelling.
        read.filter(|interval| interval.to_string() == text)
            .ok_or_else(|| ParseIntervalError(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for BillingInterval {
    type Error = ParseIntervalError;

    fn try_from(text: String) -> Result<Self, ParseIntervalError> {
        text.parse()
    }
}

impl From<BillingInterval> for String {
    fn from(interval: BillingInterval) -> Self {
        interval.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interval_has_one_spelling() {
        for text in ["one_time", "day", "week", "month", "year", "3_month", "65535_day"] {
            let interval: BillingInterval = text.parse().unwrap();
            assert_eq!(interval.to_string(), text);
            assert_eq!(serde_json::to_value(interval).unwrap(), text);
        }
        for wrong in ["", "1_month", "0_month", "03_month", "+3_month", "months", "65536_day", "3_", "_day"] {
            assert!(wrong.parse::<BillingInterval>().is_err(), "{wrong:?}");
        }
        assert_eq!("2_week".parse::<BillingInterval>().unwrap().words(), "every 2 weeks");
    }
}
