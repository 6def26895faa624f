//! A scorer fitted to an outcome log, with an honest measure of it.

use std::collections::HashMap;

use super::{
    Evaluation, LearnError, LoggedPrompt, OutcomeLog, ScoredPair, TrainOptions, TrainingRow, out_of_fold,
    sides::Sides, train,
};
use crate::Scorer;

/// The parts of the log; each is scored by a scorer fitted to the others.
const FOLDS: usize = 5;
/// The least prompts to learn from.
const PROMPTS_MIN: usize = 200;
/// The least prompts on which the strong model did better, and on which it did not.
const CLASS_MIN: usize = 20;
/// The most that a repeated prompt weighs.
const WEIGHT_MAX: f64 = 1_000.0;

/// The choices of a fit.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FitOptions {
    /// The model for hard prompts, and others of its kind whose outcomes make the difference less noisy; empty: chosen by
    /// mean outcome.
    pub strong: Vec<String>,
    /// The model for the other prompts, and others of its kind; empty: chosen by mean outcome.
    pub weak: Vec<String>,
    /// How the scorer is trained. At first with more smoothing than the bundled one, which suits some hundred to some
    /// thousand prompts of one kind.
    pub training: TrainOptions,
}

impl Default for FitOptions {
    fn default() -> Self {
        let training = TrainOptions::default()
            .with_penalty(3.0)
            .with_choice_trees_share(0.3)
            .with_free_trees_share(0.3)
            .with_trees(100)
            .with_leaves(4)
            .with_leaf_rows(60)
            .with_step(0.05);
        Self { strong: Vec::new(), weak: Vec::new(), training }
    }
}

impl FitOptions {
    /// Every choice by mean outcome: the models nearer to the best one are strong, those nearer to the worst one weak.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

ae_core::setters! { FitOptions {
    /// Sets the strong models. The first is the one that is called.
    fn with_strong(strong: Vec<String>);
    /// Sets the weak models. The first is the one that is called.
    fn with_weak(weak: Vec<String>);
    /// Sets how the scorer is trained.
    fn with_training(training: TrainOptions);
} }

/// How good a fit is, on prompts that it has not seen, beside scores that cost nothing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FitReport {
    /// The strong models; the measures are those of the first.
    pub strong: Vec<String>,
    /// The weak models; the measures are those of the first.
    pub weak: Vec<String>,
    /// The prompts without a text, or without an outcome of both models.
    pub left_out: usize,
    /// The fit. Each prompt is scored by a scorer that was fitted without it, and without prompts of the same words.
    pub fitted: Evaluation,
    /// The bundled scorer. It was trained on public benchmarks, so a log of their prompts flatters it.
    pub bundled: Evaluation,
    /// The length of the prompt as the score.
    pub length: Evaluation,
}

/// A scorer and its report.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fitted {
    /// The scorer, fitted to all prompts.
    pub scorer: Scorer,
    /// How good scorers fitted in the same way are on prompts that they have not seen.
    pub report: FitReport,
}

/// A prompt to learn from.
struct Row<'log> {
    text: &'log str,
    gain: f64,
    /// The outcomes of the two models, without a score.
    pair: ScoredPair,
}

/// Fits a scorer to a log: how much better the strong model does on a prompt than the weak one.
///
/// The same log gives the same scorer. A prompt counts when it has a text and outcomes of both models; the others are
/// counted in the report. A threshold from the report's curve is one for the scorer: both score in the same way.
///
/// # Errors
///
/// [`LearnError::UnknownModel`], [`LearnError::BothSides`] and [`LearnError::OneSide`] for the choice of models;
/// [`LearnError::TooFewPrompts`] below 200 prompts, [`LearnError::OneClass`] when the strong model did better on fewer than
/// 20 of them, or on all but that many; [`LearnError::NoGap`].
pub fn fit(log: &OutcomeLog, options: &FitOptions) -> Result<Fitted, LearnError> {
    let sides = Sides::of(log, options)?;
    let rows: Vec<_> = log.prompts().iter().filter_map(|prompt| row(prompt, &sides)).collect();
    check(&rows, &sides)?;
    let (lessons, places) = lessons(&rows);
    let unseen = out_of_fold(&lessons, &options.training, FOLDS)?;
    let unseen = places.iter().map(|at| unseen.get(*at).copied().map_or(f64::NAN, f64::from));
    let left_out = log.prompts().len() - rows.len();
    let report = FitReport {
        strong: sides.strong,
        weak: sides.weak,
        left_out,
        fitted: evaluated(&rows, unseen)?,
        bundled: evaluated(&rows, rows.iter().map(|row| gain(Scorer::bundled(), row.text)))?,
        length: evaluated(&rows, rows.iter().map(|row| row.text.chars().count() as f64))?,
    };
    Ok(Fitted { scorer: train(&lessons, &options.training)?, report })
}

/// The score of a prompt, in the unit of the report's thresholds.
fn gain(scorer: &Scorer, prompt: &str) -> f64 {
    f64::from(scorer.score(prompt).gain_millionths)
}

fn evaluated(rows: &[Row<'_>], scores: impl Iterator<Item = f64>) -> Result<Evaluation, LearnError> {
    Evaluation::of(rows.iter().zip(scores).map(|(row, score)| ScoredPair { score, ..row.pair }))
}

/// One row for all prompts of the same words but for case, so that no part of the log is scored by what it knows from
/// another; and the place of each prompt's row.
fn lessons<'log>(rows: &[Row<'log>]) -> (Vec<TrainingRow<'log>>, Vec<usize>) {
    let (mut found, mut by_words): (Vec<TrainingRow<'_>>, HashMap<String, usize>) = Default::default();
    let mut places = Vec::new();
    for row in rows {
        let words =
            row.text.split_whitespace().flat_map(|word| [word, " "]).collect::<String>().to_lowercase();
        let at = *by_words.entry(words).or_insert(found.len());
        match found.get_mut(at) {
            Some(known) => {
                let weight = known.weight + 1.0;
                let target = known.target + (row.gain - known.target) / weight;
                // The mean of gains is within their range; it stays so when rounding errs.
                (known.target, known.weight) = (target.clamp(-1.0, 1.0), weight.min(WEIGHT_MAX));
            }
            None => found.push(TrainingRow::new(row.text, row.gain)),
        }
        places.push(at);
    }
    (found, places)
}

fn row<'log>(prompt: &'log LoggedPrompt, sides: &Sides) -> Option<Row<'log>> {
    let text = prompt.text.as_deref()?;
    let (strong, weak) = sides.pair();
    let (strong, weak) = (prompt.outcome(strong)?, prompt.outcome(weak)?);
    let mut pair = ScoredPair::new(0.0, strong.outcome, weak.outcome);
    pair.costs = strong.cost.zip(weak.cost);
    Some(Row { text, gain: sides.gain(prompt)?, pair })
}

fn check(rows: &[Row<'_>], sides: &Sides) -> Result<(), LearnError> {
    let (strong, weak) = sides.pair();
    let (strong, weak) = (strong.to_owned(), weak.to_owned());
    if rows.len() < PROMPTS_MIN {
        return Err(LearnError::TooFewPrompts { found: rows.len(), needed: PROMPTS_MIN, strong, weak });
    }
    let gains = rows.iter().filter(|row| row.pair.strong > row.pair.weak).count();
    if gains < CLASS_MIN || rows.len() - gains < CLASS_MIN {
        let prompts = rows.len();
        return Err(LearnError::OneClass { gains, prompts, needed: CLASS_MIN, strong, weak });
    }
    Ok(())
}
