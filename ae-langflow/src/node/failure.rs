//! Why a node failed.

use serde::{Deserialize, Serialize};

/// Why a node failed: what its error handler reads with [`Cx::failure`](crate::Cx::failure).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeFailure {
    /// The node.
    pub node: String,
    /// The error and its causes, outermost first, one line.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl NodeFailure {
    /// The failure of `node` with `message` in its last of `attempts` tries.
    #[must_use]
    pub fn new(node: impl Into<String>, message: impl Into<String>, attempts: u32) -> Self {
        Self { node: node.into(), message: message.into(), attempts }
    }
}

/// A node returned a pause without having asked through its own context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it returned a pause of another run: return Stop::failed when a graph inside a node asks")]
pub struct ForeignPause;

/// A try of a node took longer than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeTimeout {
    /// As a whole.
    #[error("the try took longer than {0:?}")]
    Run(std::time::Duration),
    /// Without a heartbeat.
    #[error("the try gave no heartbeat for {0:?}")]
    Idle(std::time::Duration),
}
