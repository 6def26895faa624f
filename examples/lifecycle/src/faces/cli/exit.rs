//! Exit codes, mapped once.

use ae_core::{ErrorKind, Outcome};

use crate::service::{RunReport, RunStatus};

/// How the `ae` command ends; the number is the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The product, or the page of a pre-order that says it is not built yet, is live and its sealed checks passed; or the
    /// command did what was asked.
    Verified = 0,
    /// Something broke.
    Failed = 1,
    /// The command line or its input can't be right.
    Usage = 2,
    /// The budget stopped the run before the next call.
    BudgetStop = 3,
    /// A person or a gate refused, the intent is unclear, the evidence is too weak, or a part is missing.
    Blocked = 4,
    /// The same failure three times.
    Stalled = 5,
    /// The run waits for a person.
    Waiting = 6,
    /// A limit other than money was reached.
    Exhausted = 7,
    /// It was cancelled or interrupted.
    Cancelled = 130,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The exit code of an ended run.
    pub const fn of_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Verified => Self::Verified,
            Outcome::Stalled => Self::Stalled,
            Outcome::Exhausted => Self::Exhausted,
            Outcome::BudgetStop => Self::BudgetStop,
            Outcome::Blocked => Self::Blocked,
            Outcome::Cancelled => Self::Cancelled,
            _ => Self::Failed,
        }
    }

    /// The exit code of a run as it stands.
    pub fn of_report(report: &RunReport) -> Self {
        match report.ended {
            Some(outcome) => Self::of_outcome(outcome),
            None if report.status == RunStatus::Cancelled => Self::Cancelled,
            None if report.waiting.is_some() || report.outcome == "approval_expired" => Self::Waiting,
            None => Self::Cancelled,
        }
    }

    /// The exit code of a command that could not do its work.
    pub const fn of_error(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidInput | ErrorKind::NotFound | ErrorKind::Conflict => Self::Usage,
            ErrorKind::Cancelled => Self::Cancelled,
            ErrorKind::PermissionDenied | ErrorKind::Unauthenticated | ErrorKind::Unsupported => {
                Self::Blocked
            }
            _ => Self::Failed,
        }
    }
}

/// The table that `ae --help` and the README show.
pub const TABLE: &str = "\
Exit codes:
  0    verified: the product is live and its sealed checks passed; of a pre-order the page, which says that
       the product is not built yet (or the command succeeded)
  1    failed
  2    usage or bad input
  3    budget stop
  4    blocked: denied, unclear, too little evidence, a part or a key is missing, or a key is of another mode
  5    stalled: the same failure three times
  6    waiting for approval
  7    exhausted: a limit was reached
  130  cancelled or interrupted";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_code() {
        let codes = [
            (Outcome::Verified, 0),
            (Outcome::Failed, 1),
            (Outcome::BudgetStop, 3),
            (Outcome::Blocked, 4),
            (Outcome::Stalled, 5),
            (Outcome::Exhausted, 7),
            (Outcome::Cancelled, 130),
        ];
        for (outcome, code) in codes {
            assert_eq!(Exit::of_outcome(outcome).code(), code, "{outcome}");
            assert!(TABLE.contains(&format!("\n  {code} ")), "{code} is documented");
        }
        assert_eq!((Exit::Usage.code(), Exit::Waiting.code()), (2, 6));
    }
}
