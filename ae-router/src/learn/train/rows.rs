//! The rows of a training and what a model reads of them.

use crate::{
    learn::random::Draws,
    score::{FEATURES, Features, Format, Model, sample},
};

/// A prompt and what is to be learned about it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TrainingRow<'a> {
    /// The prompt.
    pub prompt: &'a str,
    /// The outcome of the strong model minus that of the weak one, -1 to 1. Means over several models have less noise.
    pub target: f64,
    /// The weight of the row, 0 to 1,000; usually 1.
    pub weight: f64,
}

impl<'a> TrainingRow<'a> {
    /// A row with the weight 1.
    pub const fn new(prompt: &'a str, target: f64) -> Self {
        Self { prompt, target, weight: 1.0 }
    }

    /// Sets the weight.
    #[must_use]
    pub const fn with_weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }
}

/// A row as a model reads it.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) features: Features,
    pub(super) format: Format,
    pub(super) places: Vec<usize>,
    pub(super) target: f64,
    pub(super) weight: f64,
}

impl Sample {
    /// The value of each place that the row touches: the row has the length 1.
    pub(super) fn unit(&self) -> f64 {
        1.0 / (self.places.len().max(1) as f64).sqrt()
    }

    pub(super) fn linear(&self, model: &Model) -> i32 {
        let frame = model.frame(self.format);
        let sum = self.places.iter().map(|place| frame.weight(*place)).sum();
        frame.linear(sum, u32::try_from(self.places.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn predict(&self, model: &Model) -> i32 {
        let trees = model.trees(&self.features, self.format);
        model.total(self.format, self.linear(model), trees)
    }
}

/// The rows of a training.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) rows: Vec<Sample>,
}

impl Samples {
    pub(super) fn of(rows: &[TrainingRow<'_>]) -> Self {
        let read = |row: &TrainingRow<'_>| {
            let (features, format, places) = sample(row.prompt);
            Sample { features, format, places, target: row.target, weight: row.weight }
        };
        Self { rows: rows.iter().map(read).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The weighted mean of the targets.
    pub(super) fn mean(&self) -> f64 {
        let weight: f64 = self.rows.iter().map(|row| row.weight).sum();
        let total: f64 = self.rows.iter().map(|row| row.weight * row.target).sum();
        if weight > 0.0 { total / weight } else { 0.0 }
    }

    /// The median of each feature.
    pub(super) fn usual(&self) -> Features {
        let mut usual = [0; FEATURES];
        for (index, slot) in usual.iter_mut().enumerate() {
            let mut values = self.column(index);
            values.sort_unstable();
            *slot = values.get(values.len() / 2).copied().unwrap_or(0);
        }
        usual
    }

    pub(super) fn column(&self, feature: usize) -> Vec<i32> {
        self.rows.iter().map(|row| row.features.get(feature).copied().unwrap_or(0)).collect()
    }

    /// A fold for each row, drawn at random; all folds have nearly as many rows.
    pub(super) fn folds(&self, folds: usize, seed: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).map(|row| row % folds).collect();
        let mut draws = Draws::new(seed);
        for left in (1..order.len()).rev() {
            order.swap(left, draws.below(left + 1));
        }
        order
    }

    /// The rows outside of one fold.
    pub(super) fn without(&self, fold_of: &[usize], fold: usize) -> Self {
        let outside = self.rows.iter().zip(fold_of).filter(|(_, of)| **of != fold);
        Self { rows: outside.map(|(row, _)| row.clone()).collect() }
    }
}
