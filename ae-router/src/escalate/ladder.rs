//! The state of an escalation.

use serde::{Deserialize, Serialize};

/// The state of an escalation: which model is next, and what failed before.
///
/// It is plain data: a host stores it between the tries and goes on after a crash. [`Router::escalate_with`] drives it over
/// calls; a loop of another kind, such as the runs of a coding agent, drives it by itself.
///
/// [`Router::escalate_with`]: crate::Router::escalate_with
///
/// ```
/// use ae_router::Ladder;
///
/// let mut ladder = Ladder::new(["gpt-5.4-mini", "claude-opus-5-5"]).with_tries_per_model(2);
/// assert_eq!(ladder.model(), Some("gpt-5.4-mini"));
/// ladder.failed("2 of 9 tests fail");
/// ladder.failed("1 of 9 tests fails");
/// assert_eq!(ladder.model(), Some("claude-opus-5-5"));
/// assert_eq!(ladder.failures().len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Ladder {
    models: Vec<String>,
    /// The place of the next model.
    at: usize,
    /// The tries that the next model has had.
    tries: u32,
    tries_per_model: u32,
    failures: Vec<Failure>,
}

/// A try of an escalation that failed its check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Failure {
    /// The model.
    pub model: String,
    /// The check's reason, at most [`Ladder::WHY_CHARS_MAX`] characters.
    pub why: String,
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The work is done.
    Passed,
    /// It is not, and why.
    Failed(String),
}

impl Verdict {
    /// A failure and its reason.
    pub fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }
}

impl From<Result<(), String>> for Verdict {
    fn from(result: Result<(), String>) -> Self {
        result.map_or_else(Self::Failed, |()| Self::Passed)
    }
}

impl Ladder {
    /// The longest reason that is kept, in characters.
    pub const WHY_CHARS_MAX: usize = 2_000;

    /// A ladder over `models`, the cheapest first, with one try each. A model that stands twice is taken once.
    pub fn new<S: Into<String>>(models: impl IntoIterator<Item = S>) -> Self {
        let mut known = Vec::new();
        for model in models.into_iter().map(Into::into) {
            if !known.contains(&model) {
                known.push(model);
            }
        }
        Self { models: known, at: 0, tries: 0, tries_per_model: 1, failures: Vec::new() }
    }

    /// The model of the next try, or `None` when every model has had its tries.
    pub fn model(&self) -> Option<&str> {
        self.models.get(self.at).map(String::as_str)
    }

    /// The models that follow the next one.
    pub fn stronger(&self) -> &[String] {
        self.models.get(self.at.saturating_add(1)..).unwrap_or_default()
    }

    /// Notes that the try failed, and climbs when the model has had its tries. Without a next model it does nothing.
    pub fn failed(&mut self, why: impl AsRef<str>) {
        let Some(model) = self.model().map(str::to_owned) else { return };
        let why = why.as_ref().chars().take(Self::WHY_CHARS_MAX).collect();
        self.failures.push(Failure { model, why });
        self.tries += 1;
        if self.tries >= self.tries_per_model.max(1) {
            self.climb();
        }
    }

    /// Goes on to the next model without a try of this one, for example because it can't be called.
    pub fn climb(&mut self) {
        self.at = self.at.saturating_add(1).min(self.models.len());
        self.tries = 0;
    }

    /// The tries that failed, in order.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }
}

ae_core::setters! { Ladder {
    /// Sets the tries that each model has, at least 1.
    fn with_tries_per_model(tries_per_model: u32);
} }

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_model_has_its_tries_in_order(models in prop::collection::vec("[a-d]", 0..6), tries in 0..4u32) {
            let mut ladder = Ladder::new(models.clone()).with_tries_per_model(tries);
            let mut distinct: Vec<String> = Vec::new();
            for model in models {
                if !distinct.contains(&model) {
                    distinct.push(model);
                }
            }
            let expected: Vec<_> =
                distinct.iter().flat_map(|model| (0..tries.max(1)).map(move |_| model.clone())).collect();
            let mut tried = Vec::new();
            while let Some(model) = ladder.model().map(str::to_owned) {
                // A host that stores the state in between goes on where it was.
                ladder = serde_json::from_value(serde_json::to_value(&ladder).unwrap()).unwrap();
                tried.push(model);
                ladder.failed("no");
            }
            prop_assert_eq!(&tried, &expected);
            prop_assert_eq!(ladder.failures().len(), expected.len());
            ladder.failed("after the end");
            prop_assert_eq!(ladder.failures().len(), expected.len());
        }
    }
}
