//! The model: a linear part over hashed words or letters and boosted trees over counts, in whole numbers.
//!
//! Whole numbers give the same score on every platform, and there is no rounding mode or library to trust.

use super::{
    features::{FEATURES, Features, OPTIONS},
    ngrams::PLACES,
};

/// One in the model's unit.
pub(crate) const MILLION: i32 = 1_000_000;

/// The largest share of the result that a part may have, in millionths: sums of parts stay far from an overflow.
pub(crate) const PART_MAX: i32 = 4 * MILLION;

/// A decision in a tree: left if the feature is at most `threshold`.
///
/// A child of 0 or more is a node of the same tree, always a later one; a child below 0 is the leaf `-1 - child`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) threshold: i32,
    pub(crate) feature: u8,
    pub(crate) left: i16,
    pub(crate) right: i16,
}

/// A tree; without nodes its only leaf is the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) leaves: Vec<i32>,
}

impl Tree {
    /// Whether every path ends at a leaf, and every feature exists.
    pub(crate) fn is_sound(&self) -> bool {
        let (nodes, leaves) = (self.nodes.len(), self.leaves.len());
        let child_is_sound = |at: usize, child: i16| match usize::try_from(child) {
            Ok(node) => node > at && node < nodes,
            Err(_) => usize::try_from(-1 - i32::from(child)).is_ok_and(|leaf| leaf < leaves),
        };
        leaves > 0
            && self.leaves.iter().all(|leaf| (-PART_MAX..=PART_MAX).contains(leaf))
            && self.nodes.iter().enumerate().all(|(at, node)| {
                usize::from(node.feature) < FEATURES
                    && child_is_sound(at, node.left)
                    && child_is_sound(at, node.right)
            })
    }

    fn value(&self, features: &Features) -> i32 {
        let mut child = if self.nodes.is_empty() { -1 } else { 0 };
        while let Some(node) = usize::try_from(child).ok().and_then(|at| self.nodes.get(at)) {
            let value = features.get(usize::from(node.feature)).copied().unwrap_or(0);
            child = if value <= node.threshold { node.left } else { node.right };
        }
        let leaf = usize::try_from(-1 - i32::from(child)).unwrap_or(0);
        self.leaves.get(leaf).copied().unwrap_or(0)
    }
}

/// The kind of prompt: the same words mean another thing when the answer is one of some given ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The answer is written freely.
    Free,
    /// Lettered options follow the question.
    Choice,
}

impl Format {
    pub(crate) fn of(features: &Features) -> Self {
        let options = features.get(OPTIONS).copied().unwrap_or(0);
        // Two options ask for a yes or no: such questions are read and thought about like free ones, and four options mostly
        // ask for knowledge of a subject.
        if options >= 3 { Self::Choice } else { Self::Free }
    }
}

/// The part of a model for prompts of one format.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Frame {
    /// The result without any evidence.
    pub(crate) base: i32,
    /// The share of the trees in the result, in hundredths.
    pub(crate) trees: u8,
    /// The weight of one unit of `weights`, in thousandths of a millionth.
    pub(crate) scale: u32,
    /// The weight of each place: of words in free prompts, of letters in those with options. Empty if there is no linear part.
    pub(crate) weights: Vec<i8>,
}

impl Frame {
    /// The weight of a place.
    pub(crate) fn weight(&self, place: usize) -> i64 {
        self.weights.get(place).copied().map_or(0, i64::from)
    }

    /// The linear part: the sum of `count` weights, divided by the square root of their number.
    pub(crate) fn linear(&self, sum: i64, count: u32) -> i32 {
        if count == 0 {
            return 0;
        }
        // The root has 10 binary places. |sum| ≤ 2^16 · 2^7 and scale < 2^32.
        let root = i64::try_from((u64::from(count) << 20).isqrt()).unwrap_or(1).max(1);
        let scaled = i128::from(sum) * i128::from(self.scale) * 1_024 / i128::from(root) / 1_000;
        i32::try_from(scaled.clamp(i128::from(-PART_MAX), i128::from(PART_MAX))).unwrap_or(0)
    }

    fn check(&self) -> Result<(), &'static str> {
        if !(-PART_MAX..=PART_MAX).contains(&self.base) || self.trees > 100 {
            return Err("a base or share is out of range");
        }
        if !(self.weights.is_empty() || self.weights.len() == PLACES) {
            return Err("the number of weights is not that of the places");
        }
        Ok(())
    }
}

/// The parts of a scorer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) free: Frame,
    pub(crate) choice: Frame,
    pub(crate) trees: Vec<Tree>,
    /// The results that separate the scores 1 to 10.
    pub(crate) cuts: [i32; 9],
    /// The usual value of each feature, which an explanation compares with.
    pub(crate) usual: Features,
    /// The usual result of the linear part, likewise.
    pub(crate) usual_linear: i32,
}

impl Model {
    pub(crate) fn frame(&self, format: Format) -> &Frame {
        match format {
            Format::Free => &self.free,
            Format::Choice => &self.choice,
        }
    }

    /// The part of the trees.
    pub(crate) fn trees(&self, features: &Features, format: Format) -> i32 {
        let share = i64::from(self.frame(format).trees);
        if share == 0 {
            return 0;
        }
        let sum: i64 = self.trees.iter().map(|tree| i64::from(tree.value(features))).sum();
        let part = sum * share / 100;
        i32::try_from(part.clamp(i64::from(-PART_MAX), i64::from(PART_MAX))).unwrap_or(0)
    }

    /// The sum of all parts, within ±1.
    pub(crate) fn total(&self, format: Format, linear: i32, trees: i32) -> i32 {
        // Each part is at most 4 million: three of them are far below 2^31.
        (self.frame(format).base + linear + trees).clamp(-MILLION, MILLION)
    }

    /// The score from 1 to 10 of a result.
    pub(crate) fn score(&self, value: i32) -> u8 {
        let above = self.cuts.iter().filter(|cut| value > **cut).count();
        u8::try_from(above + 1).unwrap_or(10)
    }

    /// Whether the parts are consistent and in range.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        self.free.check()?;
        self.choice.check()?;
        if !self.cuts.is_sorted() {
            return Err("the cuts between the scores are not in order");
        }
        if !self.trees.iter().all(Tree::is_sound) {
            return Err("a tree has a path without an end or a value out of range");
        }
        Ok(())
    }
}
