//! Errors of prices and costs.

use ae_core::{MoneyError, Timestamp};

/// The reason why there is no price, no cost or no such table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PriceError {
    /// The table has no such model. There is no default price.
    #[error("no price is known for model {model:?}: add it with PriceTable::with_model or a price file")]
    UnknownModel {
        /// The model that was asked for.
        model: String,
    },
    /// The model is shut down and the table leads to no successor that can be called.
    #[error("model {model:?} is shut down since {since} and has no known successor: choose another model")]
    Retired {
        /// The model that was asked for.
        model: String,
        /// The moment of the shutdown.
        since: Timestamp,
    },
    /// The model has a price, but none for a kind of token that was used.
    #[error("model {model:?} has no price for {kind} tokens at that time: its cost is not measured")]
    NoRate {
        /// The model that was used.
        model: String,
        /// The kind of token: `cache_read`, `cache_write_5m`, `cache_write_1h`, or `any` when no price
        /// was in force yet.
        kind: &'static str,
    },
    /// More reasoning tokens than output tokens.
    #[error(
        "the usage counts {reasoning} reasoning tokens in {output} output tokens: count them as output too"
    )]
    InconsistentUsage {
        /// Reasoning tokens.
        reasoning: u64,
        /// Output tokens, which include reasoning.
        output: u64,
    },
    /// Not a price: negative, or finer than a millionth of a dollar per million tokens.
    #[error("{text:?} is not a price per million tokens: write 0 or more with at most 6 places")]
    NotARate {
        /// The refused text.
        text: String,
    },
    /// The sum is out of range.
    #[error("the cost can't be represented: {0}")]
    Amount(#[from] MoneyError),
    /// A price file that can't be read.
    #[error("the price file can't be read: {message}; the prices before it stay in force")]
    BadFile {
        /// The problem and its place.
        message: String,
    },
}
