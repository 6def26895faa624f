//! Errors of prices and costs.

use ae_core::{MoneyError, Timestamp};

use crate::ServiceTier;

/// The reason why there is no price, no cost or no such table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PriceError {
    /// The table has no such model. There is no default price.
    #[error(
        "no price is known for model {model:?}: add it with PriceTable::with_model or a price file, or name another \
         model's entry that it is an alias of"
    )]
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
    /// The model has a price, but none for a part of the call. The price of another level is not taken for it.
    #[error(
        "model {model:?} has no known {level} price for {kind} at that time: the cost is not measured; give the price \
         in a price file to have it"
    )]
    NoRate {
        /// The model that was used.
        model: String,
        /// The level of service.
        level: ServiceTier,
        /// The part of the call: `cache_read`, `cache_write_5m`, `cache_write_1h`, `web_search`, `region`, or `any`
        /// when no price of the level is known for so long a request at that time.
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
    /// Not a price: negative, too large, or finer than a pico-dollar per token or call.
    #[error(
        "{text:?} is not a price: write a decimal string of 0 or more, at most 6 places per million tokens"
    )]
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
