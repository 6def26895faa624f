//! How work ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a run or a build ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The acceptance checks, sealed before the work began, ran and passed.
    Verified,
    /// The same failure three times.
    Stalled,
    /// A limit other than money was reached.
    Exhausted,
    /// The budget stopped it before the next call.
    BudgetStop,
    /// A person or a gate refused, or a part that it needs is missing.
    Blocked,
    /// It broke.
    Failed,
    /// A person cancelled it.
    Cancelled,
}

impl Outcome {
    /// The wire name, lower snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Stalled => "stalled",
            Self::Exhausted => "exhausted",
            Self::BudgetStop => "budget_stop",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
