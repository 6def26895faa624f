//! Keep, pivot or kill: a decision from counted numbers, with its arithmetic. Pure, and without fractions.

mod thresholds;

use std::fmt;

use ae_core::Money;
use serde::Serialize;

use self::thresholds::{
    AGREEMENTS_MIN, CHURN_MAX, CLICKS_GOOD, DAYS_MAX, DAYS_MIN, DAYS_UNSEEN, INTEREST_GOOD, INTEREST_MIN,
    LEFT_MIN, VIEWS_MIN,
};
pub use self::thresholds::{THRESHOLDS, Threshold};

/// The counted numbers of a product. `None` is not measured, which is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Numbers {
    /// Whole days since it went on sale.
    pub days: u64,
    /// Page views.
    pub views: Option<u64>,
    /// Ways to a payment page that were taken.
    pub clicks: Option<u64>,
    /// Payments above zero.
    pub payments: u64,
    /// The part of them that is left after refunds and disputes.
    pub net: Money,
    /// Monthly recurring revenue, in the currency of `net`.
    pub mrr: Money,
    /// The monthly recurring revenue that the intent asks for, in the currency of `net`.
    pub target: Option<Money>,
    /// Agreements that paid 30 days ago, and how many of them are gone; `None` while that is not known.
    pub churn: Option<Lost>,
    /// How often visitors of a pre-order said that they want it; `None` for what is sold.
    pub interest: Option<u64>,
}

/// Agreements that were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// How many there were.
    pub of: u64,
    /// How many of them are gone.
    pub lost: u64,
}

/// The fate of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Stop it.
    Kill,
    /// Change what is offered, to whom, where or for how much.
    Pivot,
    /// Wait: the numbers do not say anything yet.
    TooEarly,
    /// Go on.
    Keep,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "kill",
            Self::Pivot => "pivot",
            Self::TooEarly => "too early to tell",
            Self::Keep => "keep",
        })
    }
}

/// A decision: a proposal for a person, with everything that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// The reason, a sentence.
    pub reason: &'static str,
    /// The arithmetic, a line for each comparison that was made, in their order.
    pub lines: Vec<String>,
    /// The numbers that it rests on.
    pub numbers: Numbers,
}

/// Decides by the rules in their order; the first that applies counts.
pub fn decide(numbers: Numbers) -> Decision {
    let mut lines = Vec::new();
    let (verdict, reason) = match numbers.interest {
        Some(interest) => announced(&numbers, interest, &mut lines),
        None if numbers.payments == 0 => unsold(&numbers, &mut lines),
        None => sold(&numbers, &mut lines),
    };
    Decision { verdict, reason, lines, numbers }
}

type Found = (Verdict, &'static str);

/// A product that is announced and not built yet.
fn announced(numbers: &Numbers, interest: u64, lines: &mut Vec<String>) -> Found {
    if let Some(found) = seen(numbers, lines) {
        return found;
    }
    let Some(views) = numbers.views else {
        lines.push(format!("interest: {interest}; page views are not measured, so there is no share"));
        return (Verdict::TooEarly, "no one counted how many saw it");
    };
    let reached = |threshold, lines: &mut _| share("interest", interest, views, threshold, lines);
    if reached(INTEREST_GOOD, lines) {
        (Verdict::Keep, "enough visitors want it: build it")
    } else if reached(INTEREST_MIN, lines) {
        (Verdict::Pivot, "some visitors want it, too few to build it as it is announced")
    } else {
        (Verdict::Kill, "visitors came, and do not want it")
    }
}

/// A product that is on sale, and no one paid.
fn unsold(numbers: &Numbers, lines: &mut Vec<String>) -> Found {
    lines.push("payments: 0".to_owned());
    if let Some(found) = seen(numbers, lines) {
        return found;
    }
    if let (Some(clicks), Some(views)) = (numbers.clicks, numbers.views) {
        if share("checkout clicks", clicks, views, CLICKS_GOOD, lines) {
            return if least("age", numbers.days, DAYS_MAX, lines) {
                (Verdict::Kill, "visitors want to buy and never did, for half a year")
            } else {
                (
                    Verdict::Pivot,
                    "visitors go to the payment page and do not pay: price, trust or way to pay is wrong",
                )
            };
        }
    }
    (Verdict::Kill, "enough visitors came, and none wants to buy")
}

/// Whether enough time passed and enough visitors came to say anything; if not, what follows from that.
fn seen(numbers: &Numbers, lines: &mut Vec<String>) -> Option<Found> {
    if !least("age", numbers.days, DAYS_MIN, lines) {
        return Some((Verdict::TooEarly, "it has not been on offer for long enough"));
    }
    match numbers.views {
        Some(views) if least("page views", views, VIEWS_MIN, lines) => return None,
        Some(_) => {}
        None => {
            lines.push("page views: not measured".to_owned());
            if !least("age", numbers.days, DAYS_MAX, lines) {
                return Some((Verdict::TooEarly, "how many visitors saw it was not counted"));
            }
        }
    }
    Some(if least("age", numbers.days, DAYS_MAX, lines) {
        (Verdict::Kill, "half a year brought neither payments nor enough visitors that were counted")
    } else if least("age", numbers.days, DAYS_UNSEEN, lines) {
        (Verdict::Pivot, "the offer is not tested, because it is not found: show it elsewhere")
    } else {
        (Verdict::TooEarly, "too few visitors were counted to say that they do not want it")
    })
}

/// A product that was paid for.
fn sold(numbers: &Numbers, lines: &mut Vec<String>) -> Found {
    lines.push(format!("payments: {}, {} net", numbers.payments, numbers.net));
    if let Some(Lost { of, lost }) = numbers.churn {
        if least("agreements 30 days ago", of, AGREEMENTS_MIN, lines)
            && share("lost agreements", lost, of, CHURN_MAX, lines)
        {
            return (Verdict::Pivot, "customers buy and leave");
        }
    } else {
        lines.push("churn: not measured".to_owned());
    }
    if numbers.net.pico() <= 0 {
        lines.push(format!("net: {} of {} payments is left", numbers.net, numbers.payments));
        return if least("age", numbers.days, DAYS_MIN, lines) {
            (Verdict::Pivot, "all that was paid went back")
        } else {
            (Verdict::TooEarly, "all that was paid went back, in a short time")
        };
    }
    match numbers.target {
        Some(target) if target.pico() > 0 && target.currency() == numbers.mrr.currency() => {
            against(numbers, target, lines)
        }
        _ => {
            lines.push(format!(
                "monthly revenue: {}; the intent names no target in this currency",
                numbers.mrr
            ));
            (Verdict::Keep, "it earns, and no target says how much it should")
        }
    }
}

/// A product that was paid for, against the target: straight from nothing to the target over the time that a product is given.
fn against(numbers: &Numbers, target: Money, lines: &mut Vec<String>) -> Found {
    let (mrr, goal) = (numbers.mrr.pico(), target.pico());
    if mrr >= goal {
        lines.push(format!("monthly revenue: {} >= {target}, the target", numbers.mrr));
        return (Verdict::Keep, "the target is reached");
    }
    lines.push(format!("monthly revenue: {} < {target}, the target", numbers.mrr));
    let (days, most) = (i128::from(numbers.days), i128::from(DAYS_MAX.value));
    if days < most {
        let is_on_way = product(mrr, most) >= product(goal, days);
        let sign = if is_on_way { ">=" } else { "<" };
        lines.push(format!(
            "pace: {} x {most} days {sign} {target} x {days} days of {}",
            numbers.mrr, DAYS_MAX.name
        ));
        if is_on_way {
            return (Verdict::Keep, "it is on its way to the target");
        }
        return if least("age", numbers.days, DAYS_UNSEEN, lines) {
            (Verdict::Pivot, "it sells, and will not reach the target like this")
        } else {
            (Verdict::TooEarly, "it sells, behind the pace, and the first quarter is not over")
        };
    }
    let left = product(mrr, 1_000) >= product(goal, i128::from(LEFT_MIN.value));
    let sign = if left { ">=" } else { "<" };
    lines.push(format!(
        "share: {} x 1000 {sign} {target} x {} of {}",
        numbers.mrr, LEFT_MIN.value, LEFT_MIN.name
    ));
    if left {
        (Verdict::Pivot, "half a year brought customers and not the target")
    } else {
        (Verdict::Kill, "half a year brought less than a tenth of the target")
    }
}

/// A product that stays comparable beyond the range, which no amount of money reaches.
const fn product(a: i128, b: i128) -> i128 {
    a.saturating_mul(b)
}

/// Whether `value` reaches the threshold; the comparison becomes a line.
fn least(name: &str, value: u64, threshold: Threshold, lines: &mut Vec<String>) -> bool {
    let reached = value >= threshold.value;
    let sign = if reached { ">=" } else { "<" };
    lines.push(format!("{name}: {value} {sign} {} of {}", threshold.value, threshold.name));
    reached
}

/// Whether `part` in a thousand of `whole` reaches the threshold; the comparison becomes a line.
fn share(name: &str, part: u64, whole: u64, threshold: Threshold, lines: &mut Vec<String>) -> bool {
    let (left, right) = (u128::from(part) * 1_000, u128::from(whole) * u128::from(threshold.value));
    let reached = left >= right;
    let sign = if reached { ">=" } else { "<" };
    lines.push(format!(
        "{name}: {part} x 1000 = {left} {sign} {right} = {whole} x {} of {}",
        threshold.value, threshold.name
    ));
    reached
}

#[cfg(test)]
mod tests;
