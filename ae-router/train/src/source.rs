//! The table of sources.

use serde::Deserialize;

use crate::Failure;

/// A source of outcomes whose licence lets weights ship.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name in the data.
    pub name: String,
    /// Where the outcomes and the questions are from.
    pub origin: String,
    /// The commit of the origin.
    pub commit: String,
    /// The licence of the outcomes and that of the questions.
    pub licence: String,
    /// The SHA-256 digest of the prompts and outcomes.
    pub digest: String,
    /// The models whose mean outcome is that of a strong one: several have less noise than one.
    pub strong: Vec<String>,
    /// The models whose mean outcome is that of a weak one.
    pub weak: Vec<String>,
    /// Two models that take a share of the target beside the means.
    pub pair: Option<Pair>,
    /// The weight of each prompt.
    pub weight: f64,
    /// The mean to which the targets are shifted: how the source ranks against others.
    pub mean: Option<f64>,
    /// The share of the target that is the mean of the prompt's task; tasks differ more than prompts within one.
    #[serde(default)]
    pub task_share: f64,
    /// Questions without their options, as further prompts.
    pub stems: Option<Stems>,
}

/// Two models and their share of a target.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The strong model.
    pub strong: String,
    /// The weak model.
    pub weak: String,
    /// The share of the pair in the target.
    pub share: f64,
}

/// How questions without their options are learned: they stand for open questions of the same subjects.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stems {
    /// The weight of each.
    pub weight: f64,
    /// The share of "the weak model fails" in the target, which carries over to other models better than the difference.
    pub weak_fails_share: f64,
    /// The mean of the targets.
    pub mean: f64,
}

impl Source {
    /// Reads a table of sources.
    pub fn table(json: &str) -> Result<Vec<Self>, Failure> {
        serde_json::from_str(json)
            .map_err(|error| format!("the table of sources is not valid: {error}").into())
    }
}
