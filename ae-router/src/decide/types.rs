//! A routing request and the decision that answers it.

use std::collections::BTreeSet;

use ae_core::{Money, RunId, Task, TaskId, Timestamp, TokenUsage};
use serde::{Deserialize, Serialize};

use crate::{Complexity, Tier};

/// Which models may be called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelAvailability {
    all: bool,
    providers: BTreeSet<String>,
    models: BTreeSet<String>,
}

impl ModelAvailability {
    /// No model may be called: there is no key. A builder that is free of charge does the work.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Every model may be called.
    #[must_use]
    pub fn all() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// Every model of `provider` may be called: there is a key for it.
    #[must_use]
    pub fn with_provider(mut self, provider: impl Into<String>) -> Self {
        self.providers.insert(provider.into());
        self
    }

    /// The model with this id may be called.
    #[must_use]
    pub fn with_model(mut self, id: impl Into<String>) -> Self {
        self.models.insert(id.into());
        self
    }

    /// Whether nothing may be called.
    #[must_use]
    pub fn is_none(&self) -> bool {
        !self.all && self.providers.is_empty() && self.models.is_empty()
    }

    /// Whether `model` may be called.
    #[must_use]
    pub fn allows(&self, model: &ModelChoice) -> bool {
        self.all || self.providers.contains(&model.provider) || self.models.contains(&model.id)
    }
}

/// A task that wants a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RouteRequest {
    /// The task.
    pub task: Task,
    /// The text that will be sent besides the task, empty if there is none. At most
    /// [`TEXT_BYTES_MAX`](Self::TEXT_BYTES_MAX) together with the task's texts.
    pub prompt: String,
    /// Which try this is, the first is 1.
    pub attempt: u32,
    /// The tokens that one call is expected to use, or `None` when nobody estimated them.
    pub expected: Option<TokenUsage>,
    /// A tier that a person asked for. It can't lower a sensitive task.
    pub override_tier: Option<Tier>,
    /// The run it belongs to, if any.
    pub run: Option<RunId>,
    /// The time of the decision: prices and lifecycles are read as of it.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub now: Timestamp,
    /// Which models may be called.
    pub available: ModelAvailability,
}

impl RouteRequest {
    /// The longest task and prompt together, in bytes.
    pub const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

    /// The first try of `task`, with nothing known besides it and no model that may be called.
    #[must_use]
    pub fn new(task: Task, now: Timestamp) -> Self {
        Self {
            task,
            prompt: String::new(),
            attempt: 1,
            expected: None,
            override_tier: None,
            run: None,
            now,
            available: ModelAvailability::none(),
        }
    }

    /// Says what will be sent.
    #[must_use]
    pub fn with_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.prompt = prompt.into();
        self
    }

    /// Says which try this is.
    #[must_use]
    pub const fn with_attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// Says how many tokens one call is expected to use.
    #[must_use]
    pub const fn with_expected(mut self, usage: TokenUsage) -> Self {
        self.expected = Some(usage);
        self
    }

    /// Asks for a tier.
    #[must_use]
    pub const fn with_override_tier(mut self, tier: Tier) -> Self {
        self.override_tier = Some(tier);
        self
    }

    /// Says whose it is.
    #[must_use]
    pub const fn with_run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// Says which models may be called.
    #[must_use]
    pub fn with_available(mut self, available: ModelAvailability) -> Self {
        self.available = available;
        self
    }

    /// The bytes of every text in it.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.task.title.len() + self.task.description.len() + self.prompt.len()
    }
}

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
