//! The difficulty and risk of a task: pure, offline, explained.

mod about;
mod anchors;
mod classes;
mod features;
mod file;
mod letters;
mod lexicon;
mod manner;
mod model;
mod ngrams;
mod rules;
mod scan;
mod scorer;
mod tally;
mod words;

use ae_core::Task;
use serde::{Deserialize, Serialize};

pub use self::scorer::{Difficulty, Scorer, ScorerError, Signal};
use self::tally::{Reading, Tally};
#[cfg(feature = "learn")]
pub(crate) use self::{
    features::{FEATURES, Features},
    model::{Format, Frame, MILLION, Model, Node, PART_MAX, Tree},
    ngrams::PLACES,
    scorer::sample,
};

/// The difficulty in three steps, a closed scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A score of 1 to 3.
    Low,
    /// A score of 4 to 7.
    Medium,
    /// A score of 8 to 10.
    High,
}

/// The damage that a mistake can do, a closed scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// None that another attempt does not repair.
    Safe,
    /// Data, uptime or a release.
    Moderate,
    /// Secrets, accounts, payments: always the strongest tier.
    Sensitive,
}

/// The difficulty and risk of a task, and the signals behind them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Complexity {
    /// 1 (trivial) to 10.
    pub score: u8,
    /// The score in three steps.
    pub level: Level,
    /// The damage that a mistake can do.
    pub risk: Risk,
    /// The signals, one line each: the finding and the points it added.
    pub signals: Vec<String>,
}

impl Complexity {
    /// A score, held within 1 to 10, and a risk.
    pub fn new(score: u8, risk: Risk) -> Self {
        let score = score.clamp(1, 10);
        let level = match score {
            ..=3 => Level::Low,
            4..=7 => Level::Medium,
            _ => Level::High,
        };
        Self { score, level, risk, signals: Vec::new() }
    }

    /// Scores `task` and the prompt that goes with it.
    ///
    /// The kind of task sets a base; whole words and phrases, length, code and the number of criteria and
    /// dependencies move it. A word counts once, in whole (`product` does not match `prod`), and only where it belongs to
    /// the task: not when it is negated or left as it is (`no need to touch authentication`), not in quotations, code and
    /// data. In tasks that write text, a sensitive word is a subject and does not put a secret at risk.
    /// Texts from outside can raise a score or, by negation, leave a risk out; [`Task::requires_security`] stands
    /// whatever the words say.
    ///
    /// The base and weights are this crate's judgement, not a fit to measured outcomes.
    pub fn of(task: &Task, prompt: &str) -> Self {
        let reading = Reading::of(&[&task.title, &task.description, prompt]);
        let mut tally = Tally::of_kind(task.kind);
        tally.read_words(&reading);
        tally.read_shape(task, prompt);
        let risk = tally.read_risk_of_task(task, &reading);
        // The sum is between -3 and 15: it fits after the clamp.
        let score = u8::try_from(tally.points.clamp(1, 10)).unwrap_or(10);
        Self::new(score, risk).with_signals(tally.signals)
    }

    /// Scores a bare prompt with the bundled [`Scorer`] and reads its risk.
    ///
    /// A short text in plain words, without numbers, sums, marks of code or mathematics or a second line, is unlike everything that
    /// the bundled scorer was trained on. Its manner and words rate it instead: 3 for a question of knowledge, 4 for
    /// a text to write, 5 for other work, moved by words as in [`of`](Self::of).
    ///
    /// For the risk, words count as in [`of`](Self::of); in addition, questions of knowledge, examinations and texts to
    /// write are no work on what they name.
    pub fn of_prompt(prompt: &str) -> Self {
        let plain = is_plain(prompt);
        let reading = if plain { Reading::whole(&[prompt]) } else { Reading::of_risk(prompt) };
        let mut tally = Tally::default();
        let score = if plain && !reading.manner.sums() {
            tally.rate_plain(&reading);
            u8::try_from(tally.points.clamp(1, 10)).unwrap_or(10)
        } else {
            Scorer::bundled().score(prompt).score
        };
        let risk = tally.read_risk_of_prompt(prompt, &reading);
        Self::new(score, risk).with_signals(tally.signals)
    }

    /// Scores a bare prompt with a scorer that knows texts of its kind, and reads its risk as [`of_prompt`](Self::of_prompt) does.
    pub fn of_prompt_by(prompt: &str, scorer: &Scorer) -> Self {
        let mut tally = Tally::default();
        let risk = tally.read_risk_of_prompt(prompt, &Reading::of_risk(prompt));
        Self::new(scorer.score(prompt).score, risk).with_signals(tally.signals)
    }
}

ae_core::setters! { Complexity {
    /// Sets the signals.
    fn with_signals(signals: Vec<String>);
} }

/// The longest plain text.
const PLAIN_BYTES_MAX: usize = 400;

/// Whether a text is short and in plain words: unlike examinations, sums, formulas and code.
fn is_plain(text: &str) -> bool {
    let is_mark = |c: char| {
        c.is_ascii_digit()
            || c.is_control()
            || matches!(
                c,
                '$' | '\\'
                    | '{'
                    | '}'
                    | '['
                    | ']'
                    | '='
                    | '<'
                    | '>'
                    | '^'
                    | '`'
                    | '|'
                    | '_'
                    | '+'
                    | '*'
                    | '#'
            )
    };
    text.len() <= PLAIN_BYTES_MAX && !text.trim().contains(is_mark)
}
