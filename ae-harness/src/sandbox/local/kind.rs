//! The means of a confinement.

use std::path::PathBuf;

use ae_core::Isolation;
use serde::{Deserialize, Serialize};

/// The means by which programs are confined on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SandboxKind {
    /// The program `bwrap` at this path: namespaces of its own for files, processes and network, and a filter of system
    /// calls.
    Bubblewrap(PathBuf),
    /// The kernel's Landlock rules and a filter of system calls: no other program, and fewer promises.
    Landlock,
}

impl SandboxKind {
    /// Its name: `bubblewrap` or `landlock`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Bubblewrap(_) => "bubblewrap",
            Self::Landlock => "landlock",
        }
    }

    /// The separation that it gives.
    pub const fn isolation(&self) -> Isolation {
        Isolation::Process
    }
}
