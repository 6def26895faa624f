//! What a router is asked.

use std::collections::BTreeSet;

use ae_core::{RunId, Task, Timestamp, TokenUsage};
use serde::{Deserialize, Serialize};

use crate::{ModelChoice, Tier};

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
