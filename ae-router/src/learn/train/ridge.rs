//! Ridge regression over the places of one format, solved by conjugate gradients.
//!
//! Only additions, products, quotients and square roots of `f64` in a fixed order: the result is the same on every platform.

use super::rows::Sample;
use crate::score::{Format, PLACES};

/// Steps of the solver at most; it usually ends after some forty.
const STEPS: usize = 300;

/// The solver ends when the squared remainder is this part of the first.
const CLOSE: f64 = 1e-12;

/// The part of the penalty on a run of letters that no row has; it grows with the root of the number of rows that have it.
///
/// Common runs say little about a subject. Words have the same penalty all: function words tell kinds of work apart.
const LETTERS_PENALTY: f64 = 0.3;

/// The intercept and the weight of each place.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub(super) bias: f64,
    pub(super) weights: Vec<f64>,
}

/// Fits the targets of `rows`, which all have the format `format`, less `mean`.
pub(super) fn solve(rows: &[&Sample], format: Format, mean: f64, penalty: f64) -> Solution {
    let penalties = penalties(rows, format, penalty);
    let mut solution = Solution::zero();
    // The gradient at zero: the rows, weighted by their targets.
    let mut rest = Solution::zero();
    for row in rows {
        rest.add_row(row, row.weight * (row.target - mean));
    }
    let mut direction = rest.clone();
    let first = rest.dot(&rest);
    let mut size = first;
    for _ in 0..STEPS {
        if size <= first * CLOSE {
            break;
        }
        let image = apply(rows, &direction, &penalties);
        let along = direction.dot(&image);
        if along <= 0.0 {
            break;
        }
        let step = size / along;
        solution.add(&direction, step);
        rest.add(&image, -step);
        let next = rest.dot(&rest);
        direction.scale_and_add(next / size, &rest);
        size = next;
    }
    solution
}

/// The penalty on each place.
fn penalties(rows: &[&Sample], format: Format, penalty: f64) -> Vec<f64> {
    match format {
        Format::Free => vec![penalty; PLACES],
        Format::Choice => {
            let mut rows_with = vec![1.0_f64; PLACES];
            for place in rows.iter().filter(|row| row.weight > 0.0).flat_map(|row| &row.places) {
                if let Some(count) = rows_with.get_mut(*place) {
                    *count += 1.0;
                }
            }
            rows_with.into_iter().map(|count| LETTERS_PENALTY * penalty * count.sqrt()).collect()
        }
    }
}

/// The normal equations applied to a vector: the squared rows and the penalty, which spares the intercept.
fn apply(rows: &[&Sample], vector: &Solution, penalties: &[f64]) -> Solution {
    let mut image = Solution::zero();
    for row in rows {
        image.add_row(row, row.weight * vector.dot_row(row));
    }
    for ((to, from), penalty) in image.weights.iter_mut().zip(&vector.weights).zip(penalties) {
        *to += penalty * from;
    }
    image
}

impl Solution {
    fn zero() -> Self {
        Self { bias: 0.0, weights: vec![0.0; PLACES] }
    }

    fn dot(&self, other: &Self) -> f64 {
        let products = self.weights.iter().zip(&other.weights).map(|(a, b)| a * b);
        self.bias * other.bias + products.sum::<f64>()
    }

    fn dot_row(&self, row: &Sample) -> f64 {
        let at = |place: &usize| self.weights.get(*place).copied().unwrap_or(0.0);
        self.bias + row.places.iter().map(at).sum::<f64>() * row.unit()
    }

    fn add(&mut self, other: &Self, factor: f64) {
        self.bias += factor * other.bias;
        for (to, from) in self.weights.iter_mut().zip(&other.weights) {
            *to += factor * from;
        }
    }

    fn add_row(&mut self, row: &Sample, factor: f64) {
        self.bias += factor;
        let value = factor * row.unit();
        for place in &row.places {
            if let Some(slot) = self.weights.get_mut(*place) {
                *slot += value;
            }
        }
    }

    fn scale_and_add(&mut self, factor: f64, other: &Self) {
        self.bias = self.bias * factor + other.bias;
        for (to, from) in self.weights.iter_mut().zip(&other.weights) {
            *to = *to * factor + from;
        }
    }
}
