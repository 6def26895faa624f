//! The numbers that a decision turns on, each with its reason.

use serde::Serialize;

/// A number that a decision turns on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Threshold {
    /// Its name.
    pub name: &'static str,
    /// The number.
    pub value: u64,
    /// The things that it counts.
    pub unit: &'static str,
    /// Why it is this number.
    pub reason: &'static str,
}

macro_rules! thresholds {
    ($($name:ident = $value:literal $unit:literal, $reason:literal;)+) => {
        $(
            #[doc = $reason]
            pub(super) const $name: Threshold =
                Threshold { name: stringify!($name), value: $value, unit: $unit, reason: $reason };
        )+
        /// All of them.
        pub const THRESHOLDS: &[Threshold] = &[$($name),+];
    };
}

thresholds! {
    DAYS_MIN = 14 "days",
        "two whole weeks, so that every day of the week was seen twice";
    VIEWS_MIN = 300 "page views",
        "when none of n visitors buys, fewer than 3 in n would with a certainty of 95 %: 300 rule out 1 in 100";
    DAYS_UNSEEN = 90 "days",
        "a quarter without enough visitors says that the offer is not found, not that it is bad";
    DAYS_MAX = 180 "days",
        "half a year is the time to the target; what has sold nothing by then stops costing attention";
    CLICKS_GOOD = 20 "checkout clicks in 1,000 page views",
        "2 in 100 who ask for the price in earnest want the thing; if they do not pay, price or payment is in the way";
    AGREEMENTS_MIN = 10 "agreements",
        "below ten, one customer who leaves moves the rate by more than a tenth";
    CHURN_MAX = 200 "lost in 1,000 agreements in 30 days",
        "at one fifth a month half of the customers are gone in three months, faster than most products win them back";
    LEFT_MIN = 100 "thousandths of the target",
        "less than a tenth of the target after half a year would need ten times the growth";
    INTEREST_GOOD = 50 "sign-ups of interest in 1,000 page views",
        "pressing the button costs nothing, and most who press it will never pay: 5 in 100 is a bar with that in mind";
    INTEREST_MIN = 10 "sign-ups of interest in 1,000 page views",
        "1 in 100 presses any button: less means that no one cares";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_a_name_of_its_own_and_a_reason() {
        let names: std::collections::BTreeSet<_> =
            THRESHOLDS.iter().map(|threshold| threshold.name).collect();
        assert_eq!(names.len(), THRESHOLDS.len());
        assert!(THRESHOLDS.iter().all(|threshold| threshold.value > 0 && threshold.reason.len() > 20));
    }
}
