//! A routing request.

use std::collections::{BTreeMap, BTreeSet};

use ae_core::{BackendError, ErrorKind, Money, RunId, Task, Timestamp, TokenUsage};
use serde::{Deserialize, Serialize};

use crate::{ModelChoice, Tier};

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
        self.allows_model(&model.id, &model.provider)
    }

    pub(super) fn allows_model(&self, id: &str, provider: &str) -> bool {
        self.all || self.providers.contains(provider) || self.models.contains(id)
    }
}

/// The abilities and the handling of data that a call needs. They are conditions: neither budget nor price relaxes them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct ModelNeeds {
    /// Calls of tools.
    pub tools: bool,
    /// Answers that follow a JSON Schema.
    pub structured_output: bool,
    /// Images as input.
    pub vision: bool,
    /// A temperature or another choice among tokens.
    pub sampling: bool,
    /// The only providers that may see the data, or `None` for all of them.
    pub providers: Option<BTreeSet<String>>,
}

ae_core::setters! { ModelNeeds {
    /// Asks for calls of tools.
    fn with_tools(tools = true);
    /// Asks for answers that follow a schema.
    fn with_structured_output(structured_output = true);
    /// Asks for images as input.
    fn with_vision(vision = true);
    /// Asks for a choice among tokens.
    fn with_sampling(sampling = true);
    /// Sets the only providers that may see the data.
    fn with_providers(providers: some BTreeSet<String>);
} }

/// The facts that change between equal requests. They are part of the request, so that a decision stays a function of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct RouteState {
    /// The money left, or `None` without a budget.
    pub budget_left: Option<Money>,
    /// Models that are not to be called for now, and why: an open circuit, a limit of requests. They come last.
    pub resting: BTreeMap<String, String>,
}

ae_core::setters! { RouteState {
    /// Sets the money left.
    fn with_budget_left(budget_left: some Money);
    /// Sets the models that are not to be called for now.
    fn with_resting(resting: BTreeMap<String, String>);
} }

/// A task or a bare prompt that needs a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RouteRequest {
    /// The task, or `None` for a bare prompt.
    pub task: Option<Task>,
    /// The text that will be sent in addition to the task, empty if there is none. At most
    /// [`TEXT_BYTES_MAX`](Self::TEXT_BYTES_MAX) together with the task's texts.
    pub prompt: String,
    /// The number of the attempt; the first is 1.
    pub attempt: u32,
    /// The tokens that one call is expected to use, or `None` for an estimate from the texts. A count far below what the
    /// texts can have is not believed when the size of the request is held against a model's limits.
    pub expected: Option<TokenUsage>,
    /// The most tokens of the answer, or `None` if there is no limit yet.
    pub output_tokens_max: Option<u64>,
    /// The abilities and the handling of data that the call needs.
    pub needs: ModelNeeds,
    /// A tier that a person asked for. It can't lower a sensitive task.
    pub override_tier: Option<Tier>,
    /// The one model that a person asked for, by its id: no other is a candidate. It is held to the same conditions, and for
    /// a sensitive task it has to be one of the strongest tier.
    pub override_model: Option<String>,
    /// The run it belongs to, if any.
    pub run: Option<RunId>,
    /// The time of the decision: prices and lifecycles are read as of it.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub now: Timestamp,
    /// The models that may be called.
    pub available: ModelAvailability,
    /// The facts that change between equal requests.
    pub state: RouteState,
}

impl RouteRequest {
    /// The tokens of an answer that are assumed where none are expected; a lower
    /// [`output_tokens_max`](Self::output_tokens_max) comes first.
    pub const ANSWER_TOKENS: u64 = 1_024;
    /// The longest task and prompt together, in bytes.
    pub const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

    /// The first attempt at `task`, without a prompt, an estimate or a model that may be called.
    pub fn new(task: Task, now: Timestamp) -> Self {
        Self { task: Some(task), ..Self::for_prompt("", now) }
    }

    /// The first attempt at a bare prompt, without an estimate or a model that may be called.
    pub fn for_prompt(prompt: impl Into<String>, now: Timestamp) -> Self {
        Self {
            task: None,
            prompt: prompt.into(),
            attempt: 1,
            expected: None,
            output_tokens_max: None,
            needs: ModelNeeds::default(),
            override_tier: None,
            override_model: None,
            run: None,
            now,
            available: ModelAvailability::none(),
            state: RouteState::default(),
        }
    }

    /// Refuses attempt 0 and texts above the limit, as the contract of a router asks. `backend` is the router's name.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput).
    pub fn check(&self, backend: &'static str) -> Result<(), BackendError> {
        let refused = |message| Err(BackendError::new(ErrorKind::InvalidInput, backend, "route", message));
        let of_task = self.task.as_ref().map_or(0, |task| task.title.len() + task.description.len());
        let bytes = of_task + self.prompt.len();
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
    /// Sets the most tokens of the answer.
    fn with_output_tokens_max(output_tokens_max: some u64);
    /// Sets the abilities and the handling of data that the call needs.
    fn with_needs(needs: ModelNeeds);
    /// Asks for one model.
    fn with_override_model(override_model: some into String);
    /// Sets the facts that change between equal requests.
    fn with_state(state: RouteState);
    /// Sets the run that the task belongs to.
    fn with_run(run: some RunId);
    /// Asks for a tier.
    fn with_override_tier(override_tier: some Tier);
    /// Sets the models that may be called.
    fn with_available(available: ModelAvailability);
} }
