//! Trains a scorer from prompts and the gain that the strong model brought on each.

mod boost;
mod ridge;
mod rows;

use self::{
    boost::{Bins, Growth},
    rows::{Sample, Samples},
};
use crate::score::{Format, Frame, MILLION, Model, PART_MAX, Scorer};

pub use self::rows::TrainingRow;

/// The fewest rows to train on.
const ROWS_MIN: usize = 50;

/// The parts in which the trainer splits the rows to place the scores 1 to 10 by predictions for rows it did not see.
const FOLDS: usize = 3;

/// A reason why no scorer was trained.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// Too few rows to tell anything from.
    #[error("{found} rows are too few to train on: give at least {needed}")]
    TooFewRows {
        /// The rows with a weight above zero.
        found: usize,
        /// The least.
        needed: usize,
    },
    /// A row with a target or weight that can't be used.
    #[error("row {row} has the {what} {value}: a target is within ±1, and a weight is from 0 to 1,000")]
    BadRow {
        /// The row, from 0.
        row: usize,
        /// `target` or `weight`.
        what: &'static str,
        /// The value.
        value: f64,
    },
    /// An option outside its range.
    #[error("the training option {name} is out of range: it must be {expected}")]
    BadOption {
        /// The option's name.
        name: &'static str,
        /// The values that it may have.
        expected: &'static str,
    },
}

/// How a scorer is trained. The defaults suit a few hundred to some ten thousand prompts.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrainOptions {
    /// The penalty on the weights of words and letters, above 0; more is smoother.
    pub penalty: f64,
    /// The share of the trees in the result for prompts with lettered options, 0 to 1 in hundredths; the letters have the
    /// rest.
    pub choice_trees_share: f64,
    /// The same for all other prompts. Trees over counts fit one kind of prompt better than they carry over to others.
    pub free_trees_share: f64,
    /// The trees, at most 2,000.
    pub trees: usize,
    /// The most leaves of a tree, 2 to 256.
    pub leaves: usize,
    /// The fewest rows of a leaf.
    pub leaf_rows: usize,
    /// The step of each tree, above 0 to 1.
    pub step: f64,
    /// The start of the random draws; the same rows, options and seed give the same bytes.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            penalty: 1.0,
            choice_trees_share: 0.2,
            free_trees_share: 0.3,
            trees: 250,
            leaves: 12,
            leaf_rows: 40,
            step: 0.03,
            seed: 1,
        }
    }
}

ae_core::setters! { TrainOptions {
    /// Sets the penalty on the weights of the n-grams.
    fn with_penalty(penalty: f64);
    /// Sets the share of the trees for prompts with lettered options.
    fn with_choice_trees_share(choice_trees_share: f64);
    /// Sets the share of the trees for all other prompts.
    fn with_free_trees_share(free_trees_share: f64);
    /// Sets the number of trees.
    fn with_trees(trees: usize);
    /// Sets the most leaves of a tree.
    fn with_leaves(leaves: usize);
    /// Sets the fewest rows of a leaf.
    fn with_leaf_rows(leaf_rows: usize);
    /// Sets the step of each tree.
    fn with_step(step: f64);
    /// Sets the start of the random draws.
    fn with_seed(seed: u64);
} }

impl TrainOptions {
    /// Sets the share of the trees for all prompts.
    #[must_use]
    pub fn with_trees_share(self, share: f64) -> Self {
        self.with_choice_trees_share(share).with_free_trees_share(share)
    }

    fn check(&self) -> Result<(), TrainError> {
        let bad = |name, expected| Err(TrainError::BadOption { name, expected });
        if !(self.penalty.is_finite() && self.penalty > 0.0) {
            return bad("penalty", "above 0");
        }
        let share = 0.0..=1.0;
        if !(share.contains(&self.choice_trees_share) && share.contains(&self.free_trees_share)) {
            return bad("choice_trees_share or free_trees_share", "0 to 1");
        }
        if self.trees > 2_000 {
            return bad("trees", "at most 2,000");
        }
        if !(2..=256).contains(&self.leaves) {
            return bad("leaves", "2 to 256");
        }
        if !(self.step > 0.0 && self.step <= 1.0) {
            return bad("step", "above 0, at most 1");
        }
        Ok(())
    }
}

/// Trains a scorer. The same rows and options give the same bytes on every platform.
pub fn train(rows: &[TrainingRow<'_>], options: &TrainOptions) -> Result<Scorer, TrainError> {
    let samples = prepare(rows, options)?;
    let mut model = fit(&samples, options);
    let mut values: Vec<i32> = cross_fit(&samples, options, FOLDS);
    values.sort_unstable();
    for (tenth, cut) in (1_usize..).zip(&mut model.cuts) {
        *cut = values.get(tenth * values.len() / 10).copied().unwrap_or(0);
    }
    Ok(Scorer::from(model))
}

/// Predicts the gain of each row, in millionths, by a scorer that was trained without it: in `folds` parts.
///
/// Predictions for the rows that a scorer was trained on flatter it; these do not.
pub fn out_of_fold(
    rows: &[TrainingRow<'_>],
    options: &TrainOptions,
    folds: usize,
) -> Result<Vec<i32>, TrainError> {
    if !(2..=100).contains(&folds) {
        return Err(TrainError::BadOption { name: "folds", expected: "2 to 100" });
    }
    let samples = prepare(rows, options)?;
    let mut values = cross_fit(&samples, options, folds);
    // Where a fold has more gain than the rest, the rest has less: without this the order of rows across folds is turned
    // against the truth, and the measure of a good scorer comes out too low.
    let fold_of = samples.folds(folds, options.seed);
    for fold in 0..folds {
        let shift = fixed((samples.mean() - samples.without(&fold_of, fold).mean()) * f64::from(MILLION));
        for (value, _) in values.iter_mut().zip(&fold_of).filter(|(_, of)| **of == fold) {
            *value = value.saturating_add(shift);
        }
    }
    Ok(values)
}

fn prepare(rows: &[TrainingRow<'_>], options: &TrainOptions) -> Result<Samples, TrainError> {
    options.check()?;
    for (row, given) in rows.iter().enumerate() {
        let bad = |what, value| TrainError::BadRow { row, what, value };
        if !(-1.0..=1.0).contains(&given.target) {
            return Err(bad("target", given.target));
        }
        if !(0.0..=1_000.0).contains(&given.weight) {
            return Err(bad("weight", given.weight));
        }
    }
    let found = rows.iter().filter(|row| row.weight > 0.0).count();
    if found < ROWS_MIN {
        return Err(TrainError::TooFewRows { found, needed: ROWS_MIN });
    }
    Ok(Samples::of(rows))
}

fn cross_fit(samples: &Samples, options: &TrainOptions, folds: usize) -> Vec<i32> {
    let fold_of = samples.folds(folds, options.seed);
    let mut values = vec![0; samples.len()];
    for fold in 0..folds {
        let model = fit(&samples.without(&fold_of, fold), options);
        for ((value, row), row_fold) in values.iter_mut().zip(&samples.rows).zip(&fold_of) {
            if *row_fold == fold {
                *value = row.predict(&model);
            }
        }
    }
    values
}

fn fit(samples: &Samples, options: &TrainOptions) -> Model {
    let mean = samples.mean();
    let (free_trees, choice_trees) =
        (hundredths(options.free_trees_share), hundredths(options.choice_trees_share));
    let growth = Growth {
        trees: if free_trees.max(choice_trees) > 0 { options.trees } else { 0 },
        leaves: options.leaves,
        leaf_rows: options.leaf_rows,
        step: options.step,
        seed: options.seed,
    };
    let mut model = Model {
        free: frame(samples, Format::Free, mean, options.penalty, free_trees),
        choice: frame(samples, Format::Choice, mean, options.penalty, choice_trees),
        trees: boost::grow(samples, &Bins::of(samples), mean, &growth),
        cuts: [0; 9],
        usual: samples.usual(),
        usual_linear: 0,
    };
    let total: i64 = samples.rows.iter().map(|row| i64::from(row.linear(&model))).sum();
    let rows = i64::try_from(samples.len()).unwrap_or(i64::MAX).max(1);
    model.usual_linear = i32::try_from(total / rows).unwrap_or(0);
    model
}

fn hundredths(share: f64) -> u8 {
    u8::try_from(fixed(share * 100.0)).unwrap_or(100).min(100)
}

/// The part of a model for one format; `trees` is the share that the trees have in it.
fn frame(samples: &Samples, format: Format, mean: f64, penalty: f64, trees: u8) -> Frame {
    let rows: Vec<&Sample> = samples.rows.iter().filter(|row| row.format == format).collect();
    let share = 1.0 - f64::from(trees) / 100.0;
    let solution = ridge::solve(&rows, format, mean, penalty);
    let largest = solution.weights.iter().fold(0.0_f64, |largest, weight| largest.max(weight.abs())) * share;
    // Targets are within ±1, so that weights stay far below the 500 that the unit can express.
    let unit = (largest * 1e9 / f64::from(i8::MAX)).clamp(1.0, f64::from(u32::MAX)).ceil();
    let small = |weight: &f64| i8::try_from(fixed(weight * share * 1e9 / unit)).unwrap_or(i8::MAX);
    Frame {
        base: fixed((mean + share * solution.bias) * f64::from(MILLION)),
        trees,
        scale: u32::try_from(fixed64(unit)).unwrap_or(u32::MAX),
        weights: if largest > 0.0 { solution.weights.iter().map(small).collect() } else { Vec::new() },
    }
}

/// The nearest whole number, within the range of a model's part.
fn fixed(value: f64) -> i32 {
    i32::try_from(fixed64(value)).unwrap_or(0).clamp(-PART_MAX, PART_MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest whole number is meant, and `as` saturates")]
fn fixed64(value: f64) -> i64 {
    value.round() as i64
}
