//! How often a price is charged.

use std::{fmt, num::NonZeroU16, str::FromStr};

use crate::ParseError;

crate::wire_enum! {
    /// The unit of a repeated charge.
    #[derive(PartialOrd, Ord)]
    pub enum IntervalUnit {
        /// A day.
        Day = "day",
        /// Seven days.
        Week = "week",
        /// A calendar month.
        Month = "month",
        /// A calendar year.
        Year = "year",
    }
}

/// How often a price is charged. As text it is `one_time`, `month`, `3_month`, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(with = "String"))]
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

impl FromStr for BillingInterval {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const FORM: &str =
            "a billing interval: use one_time, day, week, month or year, or for example 3_month";
        if text == "one_time" {
            return Ok(Self::OneTime);
        }
        let (count, name) = text.split_once('_').unwrap_or(("1", text));
        let unit = IntervalUnit::ALL.iter().copied().find(|unit| unit.as_str() == name);
        let read = count.parse().ok().zip(unit).map(|(count, unit)| Self::Every { count, unit });
        // Written again, so that every interval has one spelling.
        read.filter(|interval| interval.to_string() == text).ok_or_else(|| ParseError::new(text, FORM))
    }
}

crate::serde_text!(BillingInterval);

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
