//! A routing request and the decision that answers it.

use std::collections::BTreeSet;

use ae_core::{BackendError, ErrorKind, Money, RunId, Task, TaskId, Timestamp, TokenUsage};
use serde::{Deserialize, Serialize};

use crate::{Complexity, Tier};

/// The models that may be called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ModelAvailability {
    all: bool,
    providers: BTreeSet<String>,
    models: BTreeSet<String>,
}

impl ModelAvailability {
    /// No model: there is no key, and a builder that is free of charge does the work.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every model.
    pub fn all() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// Adds every model of `provider`: there is a key for it.
    #[must_use]
    pub fn with_provider(mut self, provider: impl Into<String>) -> Self {
        self.providers.insert(provider.into());
        self
    }

    /// Adds the model with this id.
    #[must_use]
    pub fn with_model(mut self, id: impl Into<String>) -> Self {
        self.models.insert(id.into());
        self
    }

    /// Whether `model` may be called.
    pub fn allows(&self, model: &ModelChoice) -> bool {
        self.all || self.providers.contains(&model.provider) || self.models.contains(&model.id)
    }
}

/// A task that needs a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RouteRequest {
    /// The task.
    pub task: Task,
    /// The text that will be sent in addition to the task, empty if there is none. At most
    /// [`TEXT_BYTES_MAX`](Self::TEXT_BYTES_MAX) together with the task's texts.
    pub prompt: String,
    /// The number of the attempt; the first is 1.
    pub attempt: u32,
    /// The tokens that one call is expected to use, or `None` without an estimate.
    pub expected: Option<TokenUsage>,
    /// A tier that a person asked for. It can't lower a sensitive task.
    pub override_tier: Option<Tier>,
    /// The run it belongs to, if any.
    pub run: Option<RunId>,
    /// The time of the decision: prices and lifecycles are read as of it.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub now: Timestamp,
    /// The models that may be called.
    pub available: ModelAvailability,
}

impl RouteRequest {
    /// The longest task and prompt together, in bytes.
    pub const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

    /// The first attempt at `task`, without a prompt, an estimate or a model that may be called.
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

    /// Refuses attempt 0 and texts above the limit, as the contract of a router asks. `backend` is the router's name.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput).
    pub fn check(&self, backend: &'static str) -> Result<(), BackendError> {
        let refused = |message| Err(BackendError::new(ErrorKind::InvalidInput, backend, "route", message));
        let bytes = self.task.title.len() + self.task.description.len() + self.prompt.len();
        let bytes_max = Self::TEXT_BYTES_MAX;
        if bytes > bytes_max {
            return refused(format!(
                "task and prompt have {bytes} bytes, {bytes_max} at most: send the beginning"
            ));
        }
        if self.attempt == 0 {
            return refused("the first attempt is 1, not 0".to_owned());
        }
        Ok(())
    }
}

ae_core::setters! { RouteRequest {
    /// Sets the text that will be sent.
    fn with_prompt(prompt: into String);
    /// Sets the number of the attempt.
    fn with_attempt(attempt: u32);
    /// Sets the tokens that one call is expected to use.
    fn with_expected(expected: some TokenUsage);
    /// Sets the run that the task belongs to.
    fn with_run(run: some RunId);
    /// Asks for a tier.
    fn with_override_tier(override_tier: some Tier);
    /// Sets the models that may be called.
    fn with_available(available: ModelAvailability);
} }

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
    /// The expected cost, exact for the expected tokens, or `None` for "not measured".
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

/// The tier and model for a task, and the reasons.
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
    /// The difficulty and risk of the task.
    pub complexity: Complexity,
    /// The expected cost of one call of the model.
    pub estimate: Estimate,
    /// The reasons, in one line.
    pub reasoning: String,
    /// The models that were not taken.
    pub alternatives: Vec<Refused>,
    /// The policy that decided, by name.
    pub policy: String,
}

impl RouteDecision {
    /// A decision for a tier, without a model and a price.
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

    /// Sets the model and whether it may be called.
    #[must_use]
    pub fn with_model(mut self, model: ModelChoice, callable: bool) -> Self {
        self.model = Some(model);
        self.callable = callable;
        self
    }
}

ae_core::setters! { RouteDecision {
    /// Sets the expected cost.
    fn with_estimate(estimate: Estimate);
    /// Sets the models that were not taken.
    fn with_alternatives(alternatives: Vec<Refused>);
} }
