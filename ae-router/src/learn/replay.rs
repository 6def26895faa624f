//! The results that other policies would have had on the prompts of a log, and their costs.

use std::collections::BTreeSet;

use ae_core::{Currency, Money};
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive as _};

use super::{LearnError, LoggedPrompt, ModelOutcome, OutcomeLog};
use crate::Scorer;

/// A way to choose models, replayed on known outcomes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Policy {
    /// One model for every prompt.
    Always {
        /// The model.
        model: String,
    },
    /// The strong model for scores of at least the threshold, the weak one for the rest.
    Threshold {
        /// The model for high scores.
        strong: String,
        /// The model for low scores.
        weak: String,
        /// The least score that goes to the strong model.
        threshold: f64,
    },
    /// The cheapest of the models that did best on each prompt: a bound for every router that calls one model.
    Oracle {
        /// The models, which stand in order of price where their costs were not measured.
        models: Vec<String>,
    },
    /// One model after the other, until a check accepts the answer; the last answer stands unchecked.
    ///
    /// The cost is that of every call. That of the check is not in the log, and not counted.
    Escalate {
        /// The models in the order of the calls.
        models: Vec<String>,
        /// The probability that the check is right, about good and about bad answers alike: 1 for a perfect check.
        check: Decimal,
    },
}

impl Policy {
    /// Always `model`.
    pub fn always(model: impl Into<String>) -> Self {
        Self::Always { model: model.into() }
    }

    /// The `strong` model for scores of at least `threshold`, else the `weak` one.
    pub fn threshold(strong: impl Into<String>, weak: impl Into<String>, threshold: f64) -> Self {
        Self::Threshold { strong: strong.into(), weak: weak.into(), threshold }
    }

    /// The best of `models` for each prompt, and of several the cheapest.
    pub fn oracle<M: Into<String>>(models: impl IntoIterator<Item = M>) -> Self {
        Self::Oracle { models: models.into_iter().map(Into::into).collect() }
    }

    /// `models` one after the other, with a perfect check.
    pub fn escalate<M: Into<String>>(models: impl IntoIterator<Item = M>) -> Self {
        Self::escalate_with_check(models, Decimal::ONE)
    }

    /// `models` one after the other, with a check that is right with probability `check`.
    pub fn escalate_with_check<M: Into<String>>(models: impl IntoIterator<Item = M>, check: Decimal) -> Self {
        Self::Escalate { models: models.into_iter().map(Into::into).collect(), check }
    }

    fn models(&self) -> Vec<&str> {
        match self {
            Self::Always { model } => vec![model],
            Self::Threshold { strong, weak, .. } => vec![strong, weak],
            Self::Oracle { models } | Self::Escalate { models, .. } => {
                models.iter().map(String::as_str).collect()
            }
        }
    }
}

/// The result of a policy on the prompts of a replay.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Replayed {
    /// The mean outcome: the share of prompts that were solved.
    pub solved: f64,
    /// The calls of models, as a mean of the prompts.
    pub calls: f64,
    /// The cost of all prompts; an expectation, rounded up to a pico-dollar, where a check is not perfect. `None` when a
    /// cost that counts was not measured.
    pub cost: Option<Money>,
}

impl Replayed {
    /// The cost as a share of another's, such as that of always calling the strongest model; `None` when one of the two was
    /// not measured, or the other is zero.
    #[must_use]
    pub fn cost_share(&self, other: &Self) -> Option<f64> {
        let (cost, other) = self.cost.zip(other.cost).filter(|(_, other)| !other.is_zero())?;
        Some(cost.pico() as f64 / other.pico() as f64)
    }
}

/// The prompts of a log that have outcomes of every model in question, so that policies are compared on the same ones.
#[derive(Debug, Clone)]
pub struct Replay<'log> {
    prompts: Vec<&'log LoggedPrompt>,
    models: BTreeSet<String>,
    scores: Vec<f64>,
    left_out: usize,
}

impl<'log> Replay<'log> {
    /// The prompts of `log` with outcomes of all of `models`.
    ///
    /// # Errors
    ///
    /// [`LearnError::UnknownModel`], [`LearnError::NothingShared`].
    pub fn over<M: Into<String>>(
        log: &'log OutcomeLog,
        models: impl IntoIterator<Item = M>,
    ) -> Result<Self, LearnError> {
        let models: BTreeSet<String> = models.into_iter().map(Into::into).collect();
        models.iter().try_for_each(|model| log.knows(model))?;
        let has_all = |prompt: &&LoggedPrompt| models.iter().all(|model| prompt.outcome(model).is_some());
        let prompts: Vec<_> = log.prompts().iter().filter(has_all).collect();
        if prompts.is_empty() || models.is_empty() {
            return Err(LearnError::NothingShared { models: models.into_iter().collect() });
        }
        let left_out = log.prompts().len() - prompts.len();
        Ok(Self { prompts, models, scores: Vec::new(), left_out })
    }

    /// Scores every prompt, for policies with a threshold.
    ///
    /// # Errors
    ///
    /// [`LearnError::NoScore`] when the log does not have the text of a prompt.
    pub fn with_scores(mut self, score: impl Fn(&str) -> f64) -> Result<Self, LearnError> {
        let scored = self.prompts.iter().map(|prompt| prompt.text.as_deref().map(&score));
        let missing = LearnError::NoScore { missing: "the log has prompts without a text" };
        self.scores = scored.collect::<Option<_>>().ok_or(missing)?;
        Ok(self)
    }

    /// Scores every prompt by a scorer: its gain, as the thresholds of a fit's report have it.
    ///
    /// On the log that the scorer was fitted to this flatters it; the curve of the report does not.
    ///
    /// # Errors
    ///
    /// [`LearnError::NoScore`] when the log does not have the text of a prompt.
    pub fn with_scorer(self, scorer: &Scorer) -> Result<Self, LearnError> {
        self.with_scores(|prompt| f64::from(scorer.score(prompt).gain_millionths))
    }

    /// The number of prompts.
    #[must_use]
    pub fn prompts(&self) -> usize {
        self.prompts.len()
    }

    /// The prompts of the log without outcomes of every model.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The model with the best mean outcome; of several, the first by name.
    #[must_use]
    pub fn strongest(&self) -> &str {
        let solved = |model: &str| {
            self.prompts
                .iter()
                .filter_map(|prompt| prompt.outcome(model))
                .map(|found| found.outcome)
                .sum::<f64>()
        };
        let best = self.models.iter().rev().max_by(|a, b| solved(a).total_cmp(&solved(b)));
        best.expect("a replay has at least one model")
    }

    /// Replays a policy.
    ///
    /// # Errors
    ///
    /// [`LearnError::UnknownModel`] for a model that the replay is not over, [`LearnError::OutOfRange`] for a policy without
    /// models or a probability outside 0 to 1, [`LearnError::NoScore`], [`LearnError::Money`].
    pub fn run(&self, policy: &Policy) -> Result<Replayed, LearnError> {
        let models = policy.models();
        if models.is_empty() {
            return Err(LearnError::OutOfRange {
                name: "the list of models",
                value: "empty".to_owned(),
                expected: "one model or more",
            });
        }
        if let Some(model) = models.iter().find(|model| !self.models.contains(**model)) {
            let known = self.models.iter().cloned().collect();
            return Err(LearnError::UnknownModel { model: (*model).to_owned(), known });
        }
        match policy {
            Policy::Always { model } => self.sum(|_, prompt| Ok(one(prompt.outcome(model)))),
            Policy::Threshold { strong, weak, threshold } => self.sum(|at, prompt| {
                let missing = LearnError::NoScore { missing: "hand in a scorer first" };
                let score = self.scores.get(at).ok_or(missing)?;
                Ok(one(prompt.outcome(if score >= threshold { strong } else { weak })))
            }),
            Policy::Oracle { .. } => self.sum(|_, prompt| Ok(one(best(prompt, &models)))),
            Policy::Escalate { check, .. } => {
                if !(Decimal::ZERO..=Decimal::ONE).contains(check) {
                    return Err(LearnError::OutOfRange {
                        name: "the probability that a check is right",
                        value: check.to_string(),
                        expected: "from 0 to 1",
                    });
                }
                self.sum(|_, prompt| Ok(escalated(prompt, &models, *check)))
            }
        }
    }

    fn sum(
        &self,
        one: impl Fn(usize, &LoggedPrompt) -> Result<Expected, LearnError>,
    ) -> Result<Replayed, LearnError> {
        let mut sum = Expected { cost: Some(Decimal::ZERO), ..Expected::default() };
        for (at, prompt) in self.prompts.iter().enumerate() {
            let found = one(at, prompt)?;
            sum.solved += found.solved;
            sum.calls += found.calls;
            sum.cost = sum.cost.zip(found.cost).map(|(sum, cost)| sum + cost);
        }
        // Twelve places are a pico-dollar.
        let up = |cost: Decimal| cost.round_dp_with_strategy(12, RoundingStrategy::AwayFromZero);
        let cost = sum.cost.map(|cost| Money::from_decimal(up(cost), Currency::USD)).transpose()?;
        let mean = |sum: Decimal| sum.to_f64().unwrap_or_default() / self.prompts.len() as f64;
        Ok(Replayed { solved: mean(sum.solved), calls: mean(sum.calls), cost })
    }
}

/// The expected result on one prompt. Decimal, since a probability weighs money.
#[derive(Default)]
struct Expected {
    solved: Decimal,
    calls: Decimal,
    cost: Option<Decimal>,
}

fn decimal(outcome: f64) -> Decimal {
    Decimal::try_from(outcome).unwrap_or_default()
}

fn one(found: Option<ModelOutcome>) -> Expected {
    found.map_or_else(Expected::default, |found| Expected {
        solved: decimal(found.outcome),
        calls: Decimal::ONE,
        cost: found.cost.map(|cost| cost.to_decimal()),
    })
}

fn best(prompt: &LoggedPrompt, models: &[&str]) -> Option<ModelOutcome> {
    let found = models.iter().filter_map(|model| prompt.outcome(model));
    found.reduce(|best, next| {
        let cheaper = || next.cost.zip(best.cost).is_some_and(|(next, best)| next.pico() < best.pico());
        if next.outcome > best.outcome || (next.outcome == best.outcome && cheaper()) { next } else { best }
    })
}

fn escalated(prompt: &LoggedPrompt, models: &[&str], check: Decimal) -> Expected {
    let mut sum = Expected { cost: Some(Decimal::ZERO), ..Expected::default() };
    // The probability that this model is called.
    let mut reached = Decimal::ONE;
    for (left, model) in (0..models.len()).rev().zip(models) {
        let Some(found) = prompt.outcome(model).filter(|_| !reached.is_zero()) else { break };
        sum.calls += reached;
        sum.cost = sum.cost.zip(found.cost).map(|(sum, cost)| sum + reached * cost.to_decimal());
        let good = decimal(found.outcome);
        let accepted_if_good = if left == 0 { Decimal::ONE } else { check };
        sum.solved += reached * good * accepted_if_good;
        reached *= good * (Decimal::ONE - check) + (Decimal::ONE - good) * check;
    }
    sum
}
