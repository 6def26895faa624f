//! The status of a run.

use std::fmt;

use ae_core::Outcome;
use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Ended with [`Outcome::Blocked`].
    Blocked,
    /// Ended with another outcome.
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
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Running | Self::Paused)
    }

    /// Whether a run may go from `self` to `next`.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => !matches!(next, Self::Pending | Self::Paused | Self::Completed),
            Self::Running => !matches!(next, Self::Pending | Self::Running),
            Self::Paused => !matches!(next, Self::Pending | Self::Paused | Self::Completed),
            _ => false,
        }
    }

    /// The status of a run that ended with `outcome`.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Verified => Self::Completed,
            Outcome::Blocked => Self::Blocked,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_status_stays_and_every_other_can_end() {
        use RunStatus::{Blocked, Cancelled, Completed, Failed, Paused, Pending, Running};
        let all = [Pending, Running, Paused, Completed, Blocked, Failed, Cancelled];
        for from in all {
            assert_eq!(from.is_final(), all.iter().all(|to| !from.may_become(*to)), "{from}");
            assert!(from == Pending || all.iter().any(|other| other.may_become(from)), "{from}");
        }
    }
}
