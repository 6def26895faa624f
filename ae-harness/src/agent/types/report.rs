//! The report of a builder.

use ae_core::{Money, TokenUsage};
use serde::{Deserialize, Serialize};

ae_core::wire_enum! {
    /// The reason why a builder stopped.
    #[non_exhaustive]
    pub enum StopReason {
        /// It ended well; whether the product is right is another question.
        Succeeded = "succeeded",
        /// It gave up.
        Failed = "failed",
        /// The caller asked it to stop.
        Cancelled = "cancelled",
        /// The time of the request was used up.
        TimedOut = "timed_out",
        /// Going on would have cost more than the request allows.
        BudgetStop = "budget_stop",
    }
}

/// The result of a builder, however it stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentReport {
    /// The reason why it stopped.
    pub stop: StopReason,
    /// Its own account of the work.
    pub summary: String,
    /// The files that really changed, relative, sorted.
    pub files_changed: Vec<String>,
    /// Its cost up to the stop: `None` means not measured, free is zero.
    pub cost: Option<Money>,
    /// The tokens it used, if it counts them.
    pub usage: Option<TokenUsage>,
}

impl AgentReport {
    /// A report without changed files, of unmeasured cost.
    pub fn new(stop: StopReason, summary: impl Into<String>) -> Self {
        Self { stop, summary: summary.into(), files_changed: Vec::new(), cost: None, usage: None }
    }

    /// Whether it ended well.
    pub fn succeeded(&self) -> bool {
        self.stop == StopReason::Succeeded
    }
}

ae_core::setters! { AgentReport {
    /// Sets the files that changed.
    fn with_files_changed(files_changed: Vec<String>);
    /// Sets the cost.
    fn with_cost(cost: Option<Money>);
    /// Sets the tokens used.
    fn with_usage(usage: Option<TokenUsage>);
} }
