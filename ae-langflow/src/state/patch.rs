//! A write to a nested state.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::State;

/// A write to a field `#[state(nested)]`: perhaps a whole new value, then updates of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Patch<T: State> {
    #[serde(rename = "replace", default = "none", skip_serializing_if = "Option::is_none")]
    whole: Option<T>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    updates: Vec<T::Update>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T: State> Patch<T> {
    /// Writes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { whole: None, updates: Vec::new() }
    }

    /// Adds an update.
    pub fn push(&mut self, update: T::Update) {
        self.updates.push(update);
    }

    /// Starts from `whole`. Updates from before are dropped with what they were made to.
    pub fn replace(&mut self, whole: T) {
        self.updates.clear();
        self.whole = Some(whole);
    }

    /// Folds it into `state`.
    pub fn apply(self, state: &mut T) {
        if let Some(whole) = self.whole {
            *state = whole;
        }
        for update in self.updates {
            state.apply(update);
        }
    }

    /// The fields that it writes and that only one task may write, each after `field` and a dot; `field` itself when
    /// it writes all of them, which no other task may do a part of. `field` and a dot say that it writes some part.
    pub fn last_value_writes(&self, field: &str, state: &T, writes: &mut dyn FnMut(&str)) {
        if self.whole.is_some() {
            writes(field);
        }
        if !self.updates.is_empty() {
            writes(&format!("{field}."));
        }
        for update in &self.updates {
            state.last_value_writes(update, &mut |inner| writes(&format!("{field}.{inner}")));
        }
    }
}

impl<T: State> Default for Patch<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: State> fmt::Debug for Patch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patch")
            .field("replaces", &self.whole.is_some())
            .field("updates", &self.updates.len())
            .finish()
    }
}
