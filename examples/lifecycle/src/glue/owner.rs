//! The run and the project that an effect belongs to.

use ae_core::{ProjectId, RunId};
use serde::{Deserialize, Serialize};

/// The owner of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The project.
    pub project: ProjectId,
    /// The run.
    pub run: RunId,
}
