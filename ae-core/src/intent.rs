//! An order to build something, and the spending limit on it.

use serde::{Deserialize, Serialize};

use crate::{Currency, Money};

/// The reason why a text is not an intent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntentError {
    /// No word in it.
    #[error("the intent is empty: say what to build, for example \"Build a $500 MRR CSV tool\"")]
    Empty,
    /// Too few characters to mean something.
    #[error("the intent has {chars} characters: say what to build in at least {min}", min = Intent::CHARS_MIN)]
    TooShort {
        /// How many characters there were.
        chars: usize,
    },
    /// Too long to be an intent.
    #[error("the intent has {bytes} bytes: {max} at most; put details into the spec", max = Intent::BYTES_MAX)]
    TooLong {
        /// How many bytes there were.
        bytes: usize,
    },
    /// Control characters inside.
    #[error("the intent holds a control character; write it as one line of plain text")]
    ControlCharacter,
    /// Below zero.
    #[error("the budget is negative: 0 means nothing may be spent")]
    NegativeBudget,
    /// Larger than a ledger row can hold.
    #[error("the budget is above 9999.999999, the largest a ledger holds")]
    BudgetTooLarge,
}

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

    /// Takes the text, trimmed, and the most that may be spent; a budget of zero means nothing may be spent.
    ///
    /// # Errors
    ///
    /// [`IntentError`] says which limit was passed.
    pub fn new(text: &str, budget: Money) -> Result<Self, IntentError> {
        let text = text.trim();
        if !text.chars().any(char::is_alphanumeric) {
            return Err(IntentError::Empty);
        }
        if text.len() > Self::BYTES_MAX {
            return Err(IntentError::TooLong { bytes: text.len() });
        }
        let chars = text.chars().count();
        if chars < Self::CHARS_MIN {
            return Err(IntentError::TooShort { chars });
        }
        if text.chars().any(char::is_control) {
            return Err(IntentError::ControlCharacter);
        }
        if budget.is_negative() {
            return Err(IntentError::NegativeBudget);
        }
        if budget.pico() > Self::BUDGET_PICO_MAX {
            return Err(IntentError::BudgetTooLarge);
        }
        Ok(Self { text: text.to_owned(), budget })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The most that may be spent.
    #[must_use]
    pub const fn budget(&self) -> Money {
        self.budget
    }

    /// The currency of the budget.
    #[must_use]
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
        assert!(Intent::new("CSV tool", usd("0")).is_ok());
        assert!(Intent::new("CSV tool", usd("9999.999999")).is_ok());
        assert_eq!(Intent::new(" \n ", usd("10")), Err(IntentError::Empty));
        assert_eq!(Intent::new("?!", usd("10")), Err(IntentError::Empty));
        assert_eq!(
            Intent::new(&"a".repeat(100_000), usd("10")),
            Err(IntentError::TooLong { bytes: 100_000 })
        );
        assert_eq!(Intent::new("CSV\u{0}tool", usd("10")), Err(IntentError::ControlCharacter));
        assert_eq!(Intent::new("CSV tool", usd("-1")), Err(IntentError::NegativeBudget));
        assert_eq!(Intent::new("CSV tool", usd("10000")), Err(IntentError::BudgetTooLarge));
    }

    #[test]
    fn json_goes_through_the_same_limits() {
        let json = r#"{"text":"","budget":{"amount":"1","currency":"USD"}}"#;
        assert!(serde_json::from_str::<Intent>(json).is_err());
    }
}
