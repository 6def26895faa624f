//! The coding agents that this machine has.

use ae_harness::SandboxReport;
use serde::Serialize;

/// The coding agents that are known, and the sandbox that this machine gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentsHere {
    /// The agents, in the order in which `auto` looks for one.
    pub agents: Vec<AgentHere>,
    /// The sandbox, found by trying it.
    pub sandbox: SandboxReport,
}

/// A coding agent on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentHere {
    /// Its name.
    pub name: String,
    /// Its program.
    pub program: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Why it can't be used.
    pub problem: Option<String>,
    /// The variable that holds its key.
    pub key: String,
    /// Whether that is set; the key itself is never shown.
    pub has_key: bool,
    /// The model that it uses unless another is named.
    pub model: String,
}
