//! The policy of a node: retries, limits in time, error handler.

use std::time::Duration;

use ae_core::RetryPolicy;
use serde::{Deserialize, Serialize};

/// How the tasks of a node are run: plain data that travels with the graph, so that every host follows it.
///
/// The default is one try without limits in time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodePolicy {
    /// When and how often a failed run of the node is repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<NodeRetry>,
    /// The longest that one try may take, in milliseconds. The time that it waits for its host does not count: for a
    /// record of [`Cx::once`](crate::Cx::once), for the reader of the stream, or for its turn while the host does
    /// something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The longest that one try may go without a heartbeat, in milliseconds, counted in the same way: [`Cx::beat`](crate::Cx::beat),
    /// [`Cx::emit`](crate::Cx::emit) or [`Cx::once`](crate::Cx::once).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_timeout_ms: Option<u64>,
    /// Where the thread goes when the last try has failed, instead of stopping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<String>,
    /// It runs only when nothing else is due in its graph or subgraph.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deferred: bool,
}

/// How often a node is tried, and the pauses in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeRetry {
    /// Tries in all, the first included.
    pub attempts_max: u32,
    /// The pause before the second try, in milliseconds; it doubles after that.
    pub pause_base_ms: u64,
    /// No pause is longer than this, in milliseconds, unless the backend asked for more.
    pub pause_max_ms: u64,
}

impl NodePolicy {
    /// The longest that one try may take.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout_ms.map(Duration::from_millis)
    }

    /// The longest that one try may go without a heartbeat.
    #[must_use]
    pub fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout_ms.map(Duration::from_millis)
    }

    /// How often it is tried.
    #[must_use]
    pub fn retry(&self) -> RetryPolicy {
        self.retry.map_or(RetryPolicy::new(1), |NodeRetry { attempts_max, pause_base_ms, pause_max_ms }| {
            let [base, max] = [pause_base_ms, pause_max_ms].map(Duration::from_millis);
            RetryPolicy::new(attempts_max.max(1)).with_pauses(base, max)
        })
    }

    pub(crate) fn set_retry(&mut self, retry: RetryPolicy) {
        self.retry = Some(NodeRetry {
            attempts_max: retry.attempts_max.max(1),
            pause_base_ms: millis(retry.pause_base),
            pause_max_ms: millis(retry.pause_max),
        });
    }

    /// Whether one try has a limit in time.
    pub(crate) fn is_limited(&self) -> bool {
        self.timeout_ms.is_some() || self.idle_timeout_ms.is_some()
    }

    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A limit below a millisecond counts as one.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}
