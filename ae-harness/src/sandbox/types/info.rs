//! A sandbox's account of itself.

use std::collections::BTreeSet;

use ae_core::{Isolation, Mode, Provider};
use serde::{Deserialize, Serialize};

use crate::checked::is_token;

ae_core::checked_text! {
    /// Names a sandbox: 1 to 128 letters, digits, `_` and `-`.
    pub struct SandboxId: "a sandbox id: it has 1 to 128 letters, digits, `_` and `-`", |text| is_token(text, 128)
}

/// A sandbox's account of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SandboxInfo {
    /// Its name, and whether it acts on the world.
    pub provider: Provider,
    /// The separation between its commands and the host.
    pub isolation: Isolation,
    /// Whether using it may cost money.
    pub metered: bool,
    /// Whether its life can be [extended](crate::Sandbox::extend).
    #[serde(default)]
    pub extends: bool,
    /// Whether it can work on a folder of the host ([`SandboxSpec::folder`](crate::SandboxSpec::folder)).
    #[serde(default)]
    pub binds_folders: bool,
}

impl SandboxInfo {
    /// A free sandbox without optional abilities.
    pub fn new(name: impl Into<String>, mode: Mode, isolation: Isolation) -> Self {
        let provider = Provider::new(name, mode);
        Self { provider, isolation, metered: false, extends: false, binds_folders: false }
    }
}

ae_core::setters! { SandboxInfo {
    /// Sets whether using it may cost money.
    fn with_metered(metered: bool);
    /// Sets whether its life can be extended.
    fn with_extends(extends: bool);
    /// Sets whether it can work on a folder of the host.
    fn with_binds_folders(binds_folders: bool);
} }

ae_core::wire_enum! {
    /// A rule that a sandbox enforces.
    #[derive(PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum Enforced {
        /// Files outside of the workspace can't be written.
        Writes = "writes",
        /// The host's private files can't be read.
        Reads = "reads",
        /// The network can be closed.
        NoNetwork = "no_network",
        /// The network can be limited to named hosts.
        AllowList = "allow_list",
        /// Processes can't see or signal those of the host, and none outlives the sandbox.
        Processes = "processes",
        /// The number of processes.
        ProcessCount = "process_count",
        /// The memory of each process.
        Memory = "memory",
        /// The time on the processor of each process.
        CpuTime = "cpu_time",
        /// The size of a file.
        FileSize = "file_size",
        /// The size of all files, which is measured while commands run.
        DiskSize = "disk_size",
        /// Calls of the system that have no place in a build, such as `ptrace` and `mount`.
        SystemCalls = "system_calls",
    }
}

/// The finding of a probe: the sandbox that this machine really gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SandboxReport {
    /// The means, for example `bubblewrap`; `none` where there is none.
    pub means: String,
    /// The separation that was attested by trying it.
    pub isolation: Isolation,
    /// The rules that hold.
    pub enforced: BTreeSet<Enforced>,
    /// The reasons why something does not hold, or why a better means was not taken; one line each.
    pub notes: Vec<String>,
}

impl SandboxReport {
    /// A finding without rules and notes.
    pub fn new(means: impl Into<String>, isolation: Isolation) -> Self {
        Self { means: means.into(), isolation, enforced: BTreeSet::new(), notes: Vec::new() }
    }
}

ae_core::setters! { SandboxReport {
    /// Sets the rules that hold.
    fn with_enforced(enforced: BTreeSet<Enforced>);
    /// Sets the reasons.
    fn with_notes(notes: Vec<String>);
} }
