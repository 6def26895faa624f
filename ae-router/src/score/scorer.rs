//! The learned scorer of difficulty and what it says.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{
    features::{self, Features, NAMES},
    file,
    letters::letters,
    model::{Format, Model},
    ngrams::Grams,
};

/// A learned estimate of how much a prompt needs the stronger model.
///
/// It reads counts and hashed n-grams of the prompt, calls no model and no network, and is the same on every platform.
/// [`Scorer::bundled`] is trained on public benchmarks; on prompts unlike them it is close to chance, so train one on your own
/// outcomes when you have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scorer {
    model: Model,
}

/// The difficulty of a prompt, as learned from outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Difficulty {
    /// The expected share of right answers that a strong model has more than a weak one on such prompts, in millionths:
    /// -1,000,000 to 1,000,000. Only the order of two prompts has a meaning across sources.
    pub gain_millionths: i32,
    /// 1 to 10: the tenth of the training prompts, by gain, in which this one falls.
    pub score: u8,
}

/// A property of the prompt that moved the score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Signal {
    /// The property, such as `numbers` or `wording`.
    pub name: String,
    /// Its value in this prompt; for `wording`, the number of different n-grams.
    pub value: i32,
    /// The change of the gain, in millionths, against a prompt with the usual value.
    pub effect_millionths: i32,
}

/// A file that is not a usable scorer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScorerError {
    /// It begins with something else.
    #[error("these bytes are not a scorer: give the bytes that `Scorer::to_bytes` wrote")]
    NotAScorer,
    /// It was written by a version with other features.
    #[error("the scorer was trained for other features than those of this version: train it again")]
    OtherFeatures,
    /// It is incomplete or inconsistent.
    #[error("the scorer is damaged ({0}): copy it again from where it was trained")]
    Damaged(&'static str),
}

/// The results of one pass over a prompt.
#[derive(Debug)]
struct Parts {
    features: Features,
    format: Format,
    grams: u32,
    linear: i32,
}

impl Scorer {
    /// The scorer that comes with this version, trained on MMLU, GSM8K, CRUXEval and MATH outcomes.
    pub fn bundled() -> &'static Self {
        static BUNDLED: LazyLock<Scorer> = LazyLock::new(|| {
            Scorer::from_bytes(include_bytes!("weights.bin")).expect("a test reads the bundled scorer")
        });
        &BUNDLED
    }

    /// Reads a scorer that [`Scorer::to_bytes`] wrote.
    ///
    /// Damaged or hostile bytes are an error; every length, index and value is checked before use.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ScorerError> {
        file::read(bytes).map(|model| Self { model })
    }

    /// The bytes of this scorer: below 300 KB for the bundled one.
    pub fn to_bytes(&self) -> Vec<u8> {
        file::write(&self.model)
    }

    /// Scores `prompt` in one pass, without allocation. After 256 KiB the text is not read on.
    pub fn score(&self, prompt: &str) -> Difficulty {
        let parts = self.parts(prompt);
        let trees = self.model.trees(&parts.features, parts.format);
        let gain_millionths = self.model.total(parts.format, parts.linear, trees);
        Difficulty { gain_millionths, score: self.model.score(gain_millionths) }
    }

    /// The signals that move the score of `prompt`, the strongest first; at most `limit`.
    ///
    /// Names and numbers only: no text of the prompt. It costs one more evaluation for each feature.
    pub fn explain(&self, prompt: &str, limit: usize) -> Vec<Signal> {
        let parts = self.parts(prompt);
        let all = self.model.trees(&parts.features, parts.format);
        let mut signals = vec![Signal {
            name: "wording".to_owned(),
            value: i32::try_from(parts.grams).unwrap_or(i32::MAX),
            effect_millionths: parts.linear.saturating_sub(self.model.usual_linear),
        }];
        let mut changed = parts.features;
        for (index, (name, usual)) in NAMES.iter().zip(self.model.usual).enumerate() {
            let Some(slot) = changed.get_mut(index) else { break };
            let value = std::mem::replace(slot, usual);
            let effect = all - self.model.trees(&changed, parts.format);
            if let Some(slot) = changed.get_mut(index) {
                *slot = value;
            }
            signals.push(Signal { name: (*name).to_owned(), value, effect_millionths: effect });
        }
        signals.retain(|signal| signal.effect_millionths != 0);
        signals.sort_by_key(|signal| std::cmp::Reverse(signal.effect_millionths.abs()));
        signals.truncate(limit);
        signals
    }

    fn parts(&self, prompt: &str) -> Parts {
        let core = features::core(prompt);
        let mut words = Grams::new();
        let mut sum = 0;
        let free = self.model.frame(Format::Free);
        let features = features::features(core, |word| words.add(word, |place| sum += free.weight(place)));
        let format = Format::of(&features);
        let mut count = words.count;
        if format == Format::Choice {
            let choice = self.model.frame(format);
            sum = 0;
            count = letters(core, |place| sum += choice.weight(place));
        }
        Parts { features, format, grams: count, linear: self.model.frame(format).linear(sum, count) }
    }
}

#[cfg(feature = "learn")]
impl From<Model> for Scorer {
    fn from(model: Model) -> Self {
        Self { model }
    }
}

/// The features of `prompt`, its format, and the places of its words or letters, for training.
#[cfg(feature = "learn")]
pub(crate) fn sample(prompt: &str) -> (Features, Format, Vec<usize>) {
    let core = features::core(prompt);
    let mut words = Grams::new();
    let mut places = Vec::new();
    let features = features::features(core, |word| words.add(word, |place| places.push(place)));
    let format = Format::of(&features);
    if format == Format::Choice {
        places.clear();
        letters(core, |place| places.push(place));
    }
    (features, format, places)
}
