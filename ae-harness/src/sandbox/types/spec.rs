//! The environment and the limits of a sandbox.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// The network that a sandbox has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NetworkPolicy {
    /// None at all.
    #[default]
    None,
    /// These hosts and ports alone, as `host:port`.
    AllowList(Vec<String>),
    /// Everything.
    All,
}

/// The limits of a sandbox's commands. A backend says in its report which of them it enforces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SandboxLimits {
    /// The most bytes of memory that one process may address; `None` for no limit.
    pub memory_bytes: Option<u64>,
    /// The most processes and threads at the same time.
    pub processes: u32,
    /// The most time that one process may spend on the processor; `None` for no limit.
    pub cpu: Option<Duration>,
    /// The most bytes of one file.
    pub file_bytes: u64,
    /// The most open files of one process.
    pub open_files: u32,
}

impl SandboxLimits {
    /// 512 processes, files of 1 GiB, 1,024 open files; memory and processor time without a limit.
    ///
    /// Programs on V8 reserve far more addresses than they use, so a limit of memory breaks them.
    pub const fn new() -> Self {
        Self { memory_bytes: None, processes: 512, cpu: None, file_bytes: 1 << 30, open_files: 1024 }
    }
}

impl Default for SandboxLimits {
    fn default() -> Self {
        Self::new()
    }
}

ae_core::setters! { SandboxLimits {
    /// Sets the most bytes of memory that one process may address.
    fn with_memory_bytes(memory_bytes: some u64);
    /// Sets the most processes and threads.
    fn with_processes(processes: u32);
    /// Sets the most time that one process may spend on the processor.
    fn with_cpu(cpu: some Duration);
    /// Sets the most bytes of one file.
    fn with_file_bytes(file_bytes: u64);
    /// Sets the most open files of one process.
    fn with_open_files(open_files: u32);
} }

/// The environment and the limits of a new sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SandboxSpec {
    /// Environment variables; the host's are not inherited.
    pub environment: BTreeMap<String, String>,
    /// The most bytes of all files.
    pub bytes_max: u64,
    /// A folder of the host to work on, absolute; without one the sandbox starts empty. It is left out of the written form.
    #[serde(skip)]
    pub folder: Option<PathBuf>,
    /// The network.
    #[serde(default)]
    pub network: NetworkPolicy,
    /// The limits of its commands.
    #[serde(default)]
    pub limits: SandboxLimits,
    /// The time after which a sandbox that costs money ends by itself; `None` for the backend's default.
    #[serde(default)]
    pub lifetime: Option<Duration>,
}

impl SandboxSpec {
    /// An empty environment, 64 MB of files, no network, and the limits of [`SandboxLimits::new`].
    pub const fn new() -> Self {
        Self {
            environment: BTreeMap::new(),
            bytes_max: 64 * 1024 * 1024,
            folder: None,
            network: NetworkPolicy::None,
            limits: SandboxLimits::new(),
            lifetime: None,
        }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }
}

ae_core::setters! { SandboxSpec {
    /// Sets the most bytes of its files.
    fn with_bytes_max(bytes_max: u64);
    /// Sets the folder of the host to work on.
    fn with_folder(folder: some into PathBuf);
    /// Sets the network.
    fn with_network(network: NetworkPolicy);
    /// Sets the limits of its commands.
    fn with_limits(limits: SandboxLimits);
    /// Sets the time after which it ends by itself.
    fn with_lifetime(lifetime: some Duration);
} }

impl Default for SandboxSpec {
    fn default() -> Self {
        Self::new()
    }
}
