//! The status of a run.

use ae_core::Outcome;

ae_core::wire_enum! {
    /// Where a run stands.
    #[non_exhaustive]
    pub enum RunStatus {
        /// Recorded, not begun.
        Pending = "pending",
        /// Under way, or interrupted and ready to be resumed.
        Running = "running",
        /// Parked: it waits for a person.
        Paused = "paused",
        /// Ended with [`Outcome::Verified`].
        Completed = "completed",
        /// Ended with [`Outcome::Blocked`].
        Blocked = "blocked",
        /// Ended with another outcome.
        Failed = "failed",
        /// Ended by a person.
        Cancelled = "cancelled",
    }
}

impl RunStatus {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_status_stays_and_every_other_can_end() {
        let all = RunStatus::ALL;
        for from in all.iter().copied() {
            assert_eq!(from.is_final(), all.iter().all(|to| !from.may_become(*to)), "{from}");
            assert!(from == RunStatus::Pending || all.iter().any(|other| other.may_become(from)), "{from}");
        }
    }
}
