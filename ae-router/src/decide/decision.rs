//! The decision that answers a routing request.

use ae_core::{Money, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Complexity, Tier};

/// A model by the id and provider that its API takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ModelChoice {
    /// The model's id.
    pub id: String,
    /// The provider: `anthropic`, `openai`, `google` or a name of yours.
    pub provider: String,
}

impl ModelChoice {
    /// A model of a provider.
    pub fn new(id: impl Into<String>, provider: impl Into<String>) -> Self {
        Self { id: id.into(), provider: provider.into() }
    }
}

/// The expected cost of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Estimate {
    /// The expected cost, exact for the tokens that the note names, or `None` for "not measured".
    pub cost: Option<Money>,
    /// The source of the prices; empty without prices.
    pub source: String,
    /// The date of those prices.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub priced_at: Option<Timestamp>,
    /// The basis of the number, or the reason why there is none.
    pub note: String,
}

impl Estimate {
    /// A cost that follows from expected tokens and the prices of `source` as of `priced_at`.
    pub fn expected(
        cost: Money,
        source: impl Into<String>,
        priced_at: Timestamp,
        note: impl Into<String>,
    ) -> Self {
        Self { cost: Some(cost), source: source.into(), priced_at: Some(priced_at), note: note.into() }
    }

    /// An unknown cost; the note reads "not measured: why".
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
#[non_exhaustive]
pub struct Refused {
    /// Its id.
    pub model: String,
    /// The reason.
    pub reason: String,
}

impl Refused {
    /// A model and the reason why it was not taken.
    pub fn new(model: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { model: model.into(), reason: reason.into() }
    }
}

/// A model that can do the work, at its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Candidate {
    /// The model.
    pub model: ModelChoice,
    /// Whether it may be called. If not, it stands for the record and a builder that is free of charge does the work.
    pub callable: bool,
    /// The expected cost of one call.
    pub estimate: Estimate,
    /// The reason for its place, in one line.
    pub reason: String,
}

impl Candidate {
    /// A model that may be called.
    pub fn new(model: ModelChoice, estimate: Estimate, reason: impl Into<String>) -> Self {
        Self { model, callable: true, estimate, reason: reason.into() }
    }
}

ae_core::setters! { Candidate {
    /// Sets whether it may be called.
    fn with_callable(callable: bool);
} }

/// The tier of a task or prompt, the models for it in the order to try, and the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RouteDecision {
    /// The task, or `None` for a bare prompt.
    pub task: Option<TaskId>,
    /// The tier.
    pub tier: Tier,
    /// The tier by the policy's rule alone, before a person's wish or failed attempts moved it.
    #[serde(default)]
    pub suggested_tier: Option<Tier>,
    /// The models that can do it, in the order to try; those that may not be called stand last.
    #[serde(default)]
    pub candidates: Vec<Candidate>,
    /// The difficulty and risk.
    pub complexity: Complexity,
    /// The reasons, in one line.
    pub reasoning: String,
    /// The models that can't be taken, with the reasons.
    #[serde(default)]
    pub refused: Vec<Refused>,
    /// The policy that decided, by name.
    pub policy: String,
}

impl RouteDecision {
    /// A decision for a tier, without a model.
    pub fn new(
        task: Option<TaskId>,
        tier: Tier,
        complexity: Complexity,
        policy: impl Into<String>,
        reasoning: impl Into<String>,
    ) -> Self {
        Self {
            task,
            tier,
            suggested_tier: Some(tier),
            candidates: Vec::new(),
            complexity,
            reasoning: reasoning.into(),
            refused: Vec::new(),
            policy: policy.into(),
        }
    }

    /// The first choice, or `None` when no model can do it.
    pub fn first(&self) -> Option<&Candidate> {
        self.candidates.first()
    }

    /// The expected cost of the first choice, or `None` for "not measured".
    pub fn cost(&self) -> Option<Money> {
        self.first().and_then(|first| first.estimate.cost)
    }

    /// The models to call, in order.
    pub fn callable(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.callable)
    }

    /// Adds a model after the others.
    #[must_use]
    pub fn with_candidate(mut self, candidate: Candidate) -> Self {
        self.candidates.push(candidate);
        self
    }
}

ae_core::setters! { RouteDecision {
    /// Sets the tier by the rule alone.
    fn with_suggested_tier(suggested_tier: some Tier);
    /// Sets the models that can't be taken.
    fn with_refused(refused: Vec<Refused>);
} }
