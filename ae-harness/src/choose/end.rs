//! The end of a try.

use std::time::Duration;

use ae_core::{BackendError, ErrorKind, Retry};
use serde::{Deserialize, Serialize};

use crate::{AgentReport, FailureKind, StopReason};

/// The end of a try, as far as it decides about the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TryEnd {
    /// The builder worked, whatever came of it: another builder would be asked to do the same work again.
    Worked,
    /// The builder could not work, for a reason that has nothing to do with the request.
    Outage {
        /// Whether it concerns the builder with any model, such as a missing program or a refused key.
        whole: bool,
        /// The pause that the vendor asks for.
        retry_after: Option<Duration>,
    },
}

impl TryEnd {
    /// The end that a result stands for. Only a rate limit, an overload, a network that is down, a missing login, an
    /// account without means, a missing model, program or sandbox is an outage; whatever the model or the agent did wrong
    /// is not, and neither is a spent budget.
    pub fn of(result: &Result<AgentReport, BackendError>) -> Self {
        match result {
            Ok(report) => Self::of_report(report),
            Err(error) => Self::of_error(error),
        }
    }

    fn of_report(report: &AgentReport) -> Self {
        let failure = match (&report.failure, report.stop) {
            (Some(failure), StopReason::Failed | StopReason::Incomplete) => failure,
            _ => return Self::Worked,
        };
        let whole = match failure.kind {
            FailureKind::Auth | FailureKind::Billing | FailureKind::Network => true,
            FailureKind::RateLimited | FailureKind::Overloaded | FailureKind::ModelNotFound => false,
            _ => return Self::Worked,
        };
        Self::Outage { whole, retry_after: failure.retry_after }
    }

    fn of_error(error: &BackendError) -> Self {
        let whole = match error.kind() {
            ErrorKind::NotFound
            | ErrorKind::Unauthenticated
            | ErrorKind::Unsupported
            | ErrorKind::PermissionDenied
            | ErrorKind::Unavailable
            | ErrorKind::Timeout => true,
            ErrorKind::RateLimited => false,
            _ => return Self::Worked,
        };
        let retry_after = if let Retry::After(pause) = error.retry() { Some(pause) } else { None };
        Self::Outage { whole, retry_after }
    }
}
