//! What a router answers, in a form that can be read, stored and shown.

use ae_core::{Money, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Complexity, Tier};

/// A model by the id and provider that its API takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ModelChoice {
    /// The model's id.
    pub id: String,
    /// The provider: `anthropic`, `openai`, `google` or a name of yours.
    pub provider: String,
}

impl ModelChoice {
    /// A model of a provider.
    #[must_use]
    pub fn new(id: impl Into<String>, provider: impl Into<String>) -> Self {
        Self { id: id.into(), provider: provider.into() }
    }
}

/// What one call is expected to cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Estimate {
    /// The expected cost, exact for the expected tokens, or `None` for "not measured".
    pub cost: Option<Money>,
    /// Whose prices were used; empty when none were.
    pub source: String,
    /// The date of those prices.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub priced_at: Option<Timestamp>,
    /// What the number rests on, or why there is none.
    pub note: String,
}

impl Estimate {
    /// A cost that follows from expected tokens and the prices of `source` as of `priced_at`.
    #[must_use]
    pub fn expected(
        cost: Money,
        source: impl Into<String>,
        priced_at: Timestamp,
        note: impl Into<String>,
    ) -> Self {
        Self { cost: Some(cost), source: source.into(), priced_at: Some(priced_at), note: note.into() }
    }

    /// No number; the note reads "not measured: why".
    #[must_use]
    pub fn not_measured(why: impl AsRef<str>) -> Self {
        Self {
            cost: None,
            source: String::new(),
            priced_at: None,
            note: format!("not measured: {}", why.as_ref()),
        }
    }
}

/// A model that was considered and not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Refused {
    /// Its id.
    pub model: String,
    /// Why not.
    pub reason: String,
}

impl Refused {
    /// A model and why it was not taken.
    #[must_use]
    pub fn new(model: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { model: model.into(), reason: reason.into() }
    }
}

/// Which tier and model does a task, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RouteDecision {
    /// The task.
    pub task: TaskId,
    /// The tier.
    pub tier: Tier,
    /// The model that the tier stands for, or `None` when none is known.
    pub model: Option<ModelChoice>,
    /// Whether that model may be called. If not, the decision stands for the record and a builder that is free of
    /// charge does the work.
    pub callable: bool,
    /// How hard and how risky the task looks.
    pub complexity: Complexity,
    /// What one call of the model is expected to cost.
    pub estimate: Estimate,
    /// Why, in one line.
    pub reasoning: String,
    /// The models that were not taken.
    pub alternatives: Vec<Refused>,
    /// The policy that decided, by name.
    pub policy: String,
}

impl RouteDecision {
    /// A decision for a tier, without a model and without a price until said otherwise.
    #[must_use]
    pub fn new(
        task: TaskId,
        tier: Tier,
        complexity: Complexity,
        policy: impl Into<String>,
        reasoning: impl Into<String>,
    ) -> Self {
        Self {
            task,
            tier,
            model: None,
            callable: false,
            complexity,
            estimate: Estimate::not_measured("no model was chosen"),
            reasoning: reasoning.into(),
            alternatives: Vec::new(),
            policy: policy.into(),
        }
    }

    /// Names the model and whether it may be called.
    #[must_use]
    pub fn with_model(mut self, model: ModelChoice, callable: bool) -> Self {
        self.model = Some(model);
        self.callable = callable;
        self
    }

    /// Says what it is expected to cost.
    #[must_use]
    pub fn with_estimate(mut self, estimate: Estimate) -> Self {
        self.estimate = estimate;
        self
    }

    /// Names the models that were not taken.
    #[must_use]
    pub fn with_alternatives(mut self, refused: Vec<Refused>) -> Self {
        self.alternatives = refused;
        self
    }
}
