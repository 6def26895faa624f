//! The types of running code apart from the host.

use std::{collections::BTreeMap, time::Duration};

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
}

impl SandboxInfo {
    /// A free sandbox.
    pub fn new(name: impl Into<String>, mode: Mode, isolation: Isolation) -> Self {
        Self { provider: Provider::new(name, mode), isolation, metered: false }
    }
}

ae_core::setters! { SandboxInfo {
    /// Sets whether using it may cost money.
    fn with_metered(metered: bool);
} }

/// The environment and the limits of a new sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SandboxSpec {
    /// Environment variables; the host's are not inherited.
    pub environment: BTreeMap<String, String>,
    /// The most bytes of all files.
    pub bytes_max: u64,
}

impl SandboxSpec {
    /// An empty environment and 64 MB of files.
    pub const fn new() -> Self {
        Self { environment: BTreeMap::new(), bytes_max: 64 * 1024 * 1024 }
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
} }

impl Default for SandboxSpec {
    fn default() -> Self {
        Self::new()
    }
}

/// A command: a program and its arguments, no shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunCommand {
    /// The program, then its arguments.
    pub argv: Vec<String>,
    /// Its standard input.
    pub stdin: Vec<u8>,
    /// The most time it may take.
    pub timeout: Duration,
    /// The most bytes of each output that are kept.
    pub output_max: usize,
}

impl RunCommand {
    /// A command without input, for at most 60 seconds and 64 KiB of each output.
    pub fn new<T: Into<String>>(argv: impl IntoIterator<Item = T>) -> Self {
        let argv = argv.into_iter().map(Into::into).collect();
        Self { argv, stdin: Vec::new(), timeout: Duration::from_secs(60), output_max: 64 * 1024 }
    }
}

ae_core::setters! { RunCommand {
    /// Sets its standard input.
    fn with_stdin(stdin: into Vec<u8>);
    /// Sets the most time it may take.
    fn with_timeout(timeout: Duration);
    /// Sets the most bytes of each output that are kept.
    fn with_output_max(output_max: usize);
} }

/// The result of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommandOutput {
    /// Its exit code; 127 when the program is missing.
    pub exit_code: i32,
    /// Its standard output, cut at the limit.
    pub stdout: Vec<u8>,
    /// Its standard error, cut at the limit.
    pub stderr: Vec<u8>,
    /// Whether something was cut.
    pub truncated: bool,
}

impl CommandOutput {
    /// A command that wrote `stdout` and `stderr`, each cut at `output_max` bytes.
    pub fn new(exit_code: i32, mut stdout: Vec<u8>, mut stderr: Vec<u8>, output_max: usize) -> Self {
        let truncated = stdout.len() > output_max || stderr.len() > output_max;
        stdout.truncate(output_max);
        stderr.truncate(output_max);
        Self { exit_code, stdout, stderr, truncated }
    }
}
