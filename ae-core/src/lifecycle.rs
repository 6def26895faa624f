//! Projects, runs and how they end.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Intent, ProjectId, RunId, Timestamp};

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
    /// Somebody cancelled it.
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

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunStatus {
    /// Recorded, not begun.
    Pending,
    /// Under way, or interrupted and ready to be resumed.
    Running,
    /// Parked: it waits for a person.
    Paused,
    /// Ended with [`Outcome::Verified`].
    Completed,
    /// Ended with any other outcome but a cancellation.
    Failed,
    /// Ended by a person.
    Cancelled,
}

impl RunStatus {
    /// The wire name, lower snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Whether a run may go from `self` to `next`.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Running | Self::Failed | Self::Cancelled),
            Self::Running => !matches!(next, Self::Pending | Self::Running),
            Self::Paused => matches!(next, Self::Running | Self::Failed | Self::Cancelled),
            Self::Completed | Self::Failed | Self::Cancelled => false,
        }
    }

    /// The status that a run with `outcome` has.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Verified => Self::Completed,
            Outcome::Cancelled => Self::Cancelled,
            _ => Self::Failed,
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a product stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProjectStatus {
    /// Recorded.
    Created,
    /// Niches are looked for.
    Ideation,
    /// A niche is being checked.
    Validation,
    /// It is being specified and built.
    Development,
    /// It is being published.
    Deployment,
    /// Prices and payment links are being made.
    Monetizing,
    /// Published and purchasable.
    Live,
    /// Held by a person.
    Paused,
    /// Given up.
    Failed,
}

/// A product under way or live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// What was asked for.
    pub intent: Intent,
    /// Where it stands.
    pub status: ProjectStatus,
    /// When it was recorded.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub created_at: Timestamp,
}

impl Project {
    /// A project just recorded.
    #[must_use]
    pub const fn new(id: ProjectId, intent: Intent, created_at: Timestamp) -> Self {
        Self { id, intent, status: ProjectStatus::Created, created_at }
    }
}

/// One trip of a product through the lifecycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The product it belongs to.
    pub project: ProjectId,
    /// Where it stands.
    pub status: RunStatus,
    /// How it ended, once it has.
    pub outcome: Option<Outcome>,
    /// When it was recorded.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub created_at: Timestamp,
}

impl Run {
    /// A run just recorded.
    #[must_use]
    pub const fn new(id: RunId, project: ProjectId, created_at: Timestamp) -> Self {
        Self { id, project, status: RunStatus::Pending, outcome: None, created_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [RunStatus; 6] = [
        RunStatus::Pending,
        RunStatus::Running,
        RunStatus::Paused,
        RunStatus::Completed,
        RunStatus::Failed,
        RunStatus::Cancelled,
    ];

    #[test]
    fn a_final_status_stays() {
        for from in ALL {
            assert_eq!(from.is_final(), ALL.iter().all(|to| !from.may_become(*to)), "{from}");
        }
    }

    #[test]
    fn every_status_but_the_first_can_be_reached() {
        for to in ALL.into_iter().skip(1) {
            assert!(ALL.iter().any(|from| from.may_become(to)), "{to}");
        }
    }
}
