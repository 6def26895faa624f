//! The error of a call.

use std::{error::Error as StdError, fmt};

use ae_core::{BackendError, ErrorKind, Money};

use super::answer::sum;
use crate::{RouteDecision, Try};

/// A call that got no answer: why, and what its tries cost.
#[derive(Debug)]
pub struct CallError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    error: BackendError,
    decision: Option<RouteDecision>,
    tries: Vec<Try>,
}

impl CallError {
    /// The error of a call that was not tried.
    pub fn new(error: BackendError) -> Self {
        Self(Box::new(Inner { error, decision: None, tries: Vec::new() }))
    }

    /// The class of the error: of the last try, or of the reason why there was none.
    pub fn kind(&self) -> ErrorKind {
        self.0.error.kind()
    }

    /// The error itself.
    pub const fn error(&self) -> &BackendError {
        &self.0.error
    }

    /// The decision, if one was taken.
    pub const fn decision(&self) -> Option<&RouteDecision> {
        self.0.decision.as_ref()
    }

    /// Every try, in the order of their ends.
    pub fn tries(&self) -> &[Try] {
        &self.0.tries
    }

    /// The exact cost of all tries, or `None` when that of one of them was not measured. A call without a try cost nothing
    /// and has `None` too.
    pub fn cost(&self) -> Option<Money> {
        sum(self.0.tries.iter().map(|try_| try_.cost))
    }

    /// The amount that the budget counts for all tries; `None` without tries.
    pub fn booked(&self) -> Option<Money> {
        sum(self.0.tries.iter().map(|try_| Some(try_.booked)))
    }
}

ae_core::setters! { CallError.0 {
    /// Sets the decision.
    fn with_decision(decision: some RouteDecision);
    /// Sets the tries.
    fn with_tries(tries: Vec<Try>);
} }

impl From<CallError> for BackendError {
    fn from(error: CallError) -> Self {
        error.0.error
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.error)?;
        if !self.0.tries.is_empty() {
            let models: Vec<_> = self.0.tries.iter().map(|try_| try_.model.id.as_str()).collect();
            write!(f, " (tried: {})", models.join(", "))?;
        }
        Ok(())
    }
}

impl StdError for CallError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.error.source()
    }
}
