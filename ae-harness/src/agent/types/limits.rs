//! The limits of a run of a builder.

use std::time::Duration;

use ae_core::Money;
use serde::{Deserialize, Serialize};

/// The limits of one run. Reaching one ends the run with a report that says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentLimits {
    /// The most time that the whole run may take.
    pub wall: Duration,
    /// The most time between two signs of progress.
    pub idle: Duration,
    /// The most time until the first sign of progress.
    pub first_event: Duration,
    /// The most turns of the model; `None` for no limit.
    pub turns: Option<u32>,
    /// The most it may cost; `None` for no limit.
    pub cost: Option<Money>,
    /// The most bytes that the builder may print.
    pub output_bytes: u64,
}

impl AgentLimits {
    /// 300 seconds in all, 120 without progress, 60 until the first sign of it, 256 MiB of output, no limit of turns or
    /// cost.
    pub const fn new() -> Self {
        Self {
            wall: Duration::from_secs(300),
            idle: Duration::from_secs(120),
            first_event: Duration::from_secs(60),
            turns: None,
            cost: None,
            output_bytes: 256 * 1024 * 1024,
        }
    }
}

impl Default for AgentLimits {
    fn default() -> Self {
        Self::new()
    }
}

ae_core::setters! { AgentLimits {
    /// Sets the most time that the whole run may take.
    fn with_wall(wall: Duration);
    /// Sets the most time between two signs of progress.
    fn with_idle(idle: Duration);
    /// Sets the most time until the first sign of progress.
    fn with_first_event(first_event: Duration);
    /// Sets the most turns of the model.
    fn with_turns(turns: some u32);
    /// Sets the most it may cost.
    fn with_cost(cost: some Money);
    /// Sets the most bytes that the builder may print.
    fn with_output_bytes(output_bytes: u64);
} }
