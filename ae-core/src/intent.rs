//! An order to build something, and the spending limit on it.

use serde::{Deserialize, Serialize};

use crate::{Currency, Money};

/// The reason why a text and a budget are not an intent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IntentError(String);

/// An economic intent: one line of plain text and a spending limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(try_from = "Wire")]
pub struct Intent {
    text: String,
    budget: Money,
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Wire {
    text: String,
    budget: Money,
}

impl TryFrom<Wire> for Intent {
    type Error = IntentError;

    fn try_from(wire: Wire) -> Result<Self, IntentError> {
        Self::new(&wire.text, wire.budget)
    }
}

impl Intent {
    /// The shortest text, in characters.
    pub const CHARS_MIN: usize = 3;
    /// The longest text, in bytes.
    pub const BYTES_MAX: usize = 4_000;
    /// The largest budget in pico-units: 9,999.999999, the end of DECIMAL(10,6).
    const BUDGET_PICO_MAX: i128 = 9_999_999_999_000_000;

    /// Takes the text, line breaks and runs of white space folded to one space, and the most that may be spent; a budget of zero means nothing may be spent.
    ///
    /// # Errors
    ///
    /// [`IntentError`] says which limit was passed, and what to write instead.
    pub fn new(text: &str, budget: Money) -> Result<Self, IntentError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (bytes, chars) = (text.len(), text.chars().count());
        let (bytes_max, chars_min) = (Self::BYTES_MAX, Self::CHARS_MIN);
        let fault = if !text.chars().any(char::is_alphanumeric) {
            "the intent is empty: say what to build, for example \"Build a $500 MRR CSV tool\"".to_owned()
        } else if bytes > bytes_max {
            format!("the intent has {bytes} bytes: {bytes_max} at most; put details into the spec")
        } else if chars < chars_min {
            format!("the intent has {chars} characters: say what to build in at least {chars_min}")
        } else if text.chars().any(char::is_control) {
            "the intent holds a control character; write it as one line of plain text".to_owned()
        } else if budget.is_negative() {
            "the budget is negative: 0 means nothing may be spent".to_owned()
        } else if budget.pico() > Self::BUDGET_PICO_MAX {
            "the budget is above 9999.999999, the largest a ledger holds".to_owned()
        } else {
            return Ok(Self { text, budget });
        };
        Err(IntentError(fault))
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The most that may be spent.
    pub const fn budget(&self) -> Money {
        self.budget
    }

    /// The currency of the budget.
    pub const fn currency(&self) -> Currency {
        self.budget.currency()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    #[test]
    fn the_limits_hold() {
        assert!(Intent::new("  Build a $500 MRR CSV tool ", usd("10")).is_ok());
        assert_eq!(Intent::new("CSV\r\n\ttool 🚀", usd("0")).unwrap().text(), "CSV tool 🚀");
        assert!(Intent::new("CSV tool", usd("9999.999999")).is_ok());
        for (text, budget, why) in [
            (" \n ", "10", "empty"),
            ("?!", "10", "empty"),
            ("ab", "10", "2 characters"),
            (&"a".repeat(100_000), "10", "100000 bytes"),
            ("CSV\u{0}tool", "10", "control character"),
            ("CSV tool", "-1", "negative"),
            ("CSV tool", "10000", "above 9999.999999"),
        ] {
            let refused = Intent::new(text, usd(budget)).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn json_goes_through_the_same_limits() {
        let json = r#"{"text":"","budget":{"amount":"1","currency":"USD"}}"#;
        assert!(serde_json::from_str::<Intent>(json).is_err());
    }
}
