//! The answer of an analyst.

use ae_core::{Currency, Money, TokenUsage};
use serde::{Deserialize, Serialize};

/// An artefact with what it took to write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Drafted<T> {
    /// The artefact.
    pub artefact: T,
    /// The tokens of all calls together; `None` where no model was called, and where the usage of a call is not known.
    pub usage: Option<TokenUsage>,
    /// The cost of all calls together: zero is known to be zero, `None` is "not measured".
    pub cost: Option<Money>,
    /// The answers that were sent back to a model with what was wrong with them.
    pub repairs: u32,
    /// The models that wrote it, as they named themselves, each once; empty without a model.
    pub models: Vec<String>,
}

impl<T> Drafted<T> {
    /// An artefact whose cost was not measured.
    pub const fn new(artefact: T) -> Self {
        Self { artefact, usage: None, cost: None, repairs: 0, models: Vec::new() }
    }

    /// An artefact that was written free of charge, without a model: its cost is known, and is zero in `currency`.
    pub const fn free(artefact: T, currency: Currency) -> Self {
        let cost = Some(Money::zero(currency));
        Self { artefact, usage: None, cost, repairs: 0, models: Vec::new() }
    }

    /// Sets the tokens of all calls together.
    #[must_use]
    pub const fn with_usage(mut self, usage: Option<TokenUsage>) -> Self {
        self.usage = usage;
        self
    }

    /// Sets the cost of all calls together.
    #[must_use]
    pub const fn with_cost(mut self, cost: Option<Money>) -> Self {
        self.cost = cost;
        self
    }

    /// Sets the number of answers that were sent back.
    #[must_use]
    pub const fn with_repairs(mut self, repairs: u32) -> Self {
        self.repairs = repairs;
        self
    }

    /// Sets the models that wrote it.
    #[must_use]
    pub fn with_models(mut self, models: Vec<String>) -> Self {
        self.models = models;
        self
    }

    /// Transforms the artefact; what it took stays.
    #[must_use]
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Drafted<U> {
        let Self { artefact, usage, cost, repairs, models } = self;
        Drafted { artefact: f(artefact), usage, cost, repairs, models }
    }
}
