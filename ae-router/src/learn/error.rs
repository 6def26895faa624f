//! The reasons why a log can't be read, learned from or replayed.

use ae_core::MoneyError;

use super::TrainError;

/// The reason why a log can't be read, learned from or replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// The source of the log broke off.
    #[error("line {line} of the outcome log can't be read: {source}")]
    Read {
        /// The line, from 1.
        line: u64,
        /// The failure below.
        source: std::io::Error,
    },
    /// More bytes than a log may have.
    #[error("the outcome log has more than {limit} bytes: split it, or take a sample of its prompts")]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// The text does not look like an outcome log.
    #[error(
        "{count} lines are not outcomes, the first is line {line}: {reason}; write one JSON object a line, such as \
         {{\"prompt\":\"…\",\"model\":\"gpt-5.2\",\"outcome\":1,\"cost\":\"0.0123\"}}"
    )]
    TooManyRejected {
        /// The lines that were refused before reading ended.
        count: usize,
        /// The first of them, from 1.
        line: u64,
        /// The reason for the first.
        reason: String,
    },
    /// A model without a single outcome in the log.
    #[error("the log has no outcome of the model {model:?}; it has {known:?}")]
    UnknownModel {
        /// The model that was asked for.
        model: String,
        /// The first models of the log.
        known: Vec<String>,
    },
    /// No strong or no weak model.
    #[error(
        "a comparison takes a better and a worse model, and the log has outcomes of {known:?}, all alike: log the same \
         prompts under another model"
    )]
    OneSide {
        /// The first models of the log.
        known: Vec<String>,
    },
    /// A model on both sides of a comparison.
    #[error("the model {model:?} is named as a strong and as a weak model: name it once")]
    BothSides {
        /// The model.
        model: String,
    },
    /// No prompt with outcomes of each of the models.
    #[error("no prompt has outcomes of all of {models:?}: log each prompt under each of them")]
    NothingShared {
        /// The models.
        models: Vec<String>,
    },
    /// Too few prompts to learn from.
    #[error(
        "{found} prompts have a text and outcomes of {strong:?} and {weak:?}, and {needed} are the least to learn from: \
         log more, or use the bundled scorer"
    )]
    TooFewPrompts {
        /// The prompts that can be used.
        found: usize,
        /// The least.
        needed: usize,
        /// The strong model.
        strong: String,
        /// The weak model.
        weak: String,
    },
    /// Nothing separates the prompts.
    #[error(
        "on {gains} of {prompts} prompts {strong:?} did better than {weak:?}, and both kinds of prompt are needed, \
         {needed} of each at least: log more prompts, or compare other models"
    )]
    OneClass {
        /// The prompts on which the strong model did better.
        gains: usize,
        /// All prompts.
        prompts: usize,
        /// The least of each kind.
        needed: usize,
        /// The strong model.
        strong: String,
        /// The weak model.
        weak: String,
    },
    /// The strong model is not the better one.
    #[error(
        "the strong model solves {strong:.4} and the weak one {weak:.4} of the prompts, so there is no gap to recover: \
         swap them, or always use the cheaper one"
    )]
    NoGap {
        /// The mean outcome of the strong model.
        strong: f64,
        /// The mean outcome of the weak model.
        weak: f64,
    },
    /// A value outside its range.
    #[error("{name} is {value}, and must be {expected}")]
    OutOfRange {
        /// The value's name.
        name: &'static str,
        /// The value.
        value: String,
        /// The values that it may have.
        expected: &'static str,
    },
    /// A cost was asked of a log that does not state all of them.
    #[error(
        "a cost was not measured for every outcome: add \"cost\" to the lines of the log, or ask for a quality"
    )]
    CostNotMeasured,
    /// A cost that no threshold keeps to.
    #[error(
        "no threshold costs at most {most} of always calling the strong model; the cheapest costs {cheapest}"
    )]
    CostUnreachable {
        /// The share that was asked for.
        most: rust_decimal::Decimal,
        /// The cost of the cheapest threshold.
        cheapest: ae_core::Money,
    },
    /// A policy scores prompts, and a prompt or the scorer is missing.
    #[error("a threshold needs a score of every prompt: {missing}")]
    NoScore {
        /// The missing part.
        missing: &'static str,
    },
    /// The trainer refused the rows or the options.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Amounts that can't be added.
    #[error(transparent)]
    Money(#[from] MoneyError),
}
