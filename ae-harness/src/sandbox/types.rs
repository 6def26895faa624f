//! The types of running code apart from the host.

use std::{collections::BTreeMap, time::Duration};

use ae_core::{BackendError, ErrorKind, Isolation, Mode, Provider};
use serde::{Deserialize, Serialize};

use crate::checked::checked_text;

/// Names a sandbox: 1 to 128 letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SandboxId(String);

impl SandboxId {
    /// Reads an id.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for any other text.
    pub fn parse(text: &str) -> Result<Self, BackendError> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if plain && (1..=128).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        let message = "a sandbox id has 1 to 128 letters, digits, `_` and `-`";
        Err(BackendError::new(ErrorKind::InvalidInput, "sandbox", "parse_id", message))
    }
}

checked_text!(SandboxId);

/// A sandbox's account of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SandboxInfo {
    /// Its name.
    pub name: String,
    /// Whether it acts on the world.
    pub mode: Mode,
    /// The separation between its commands and the host.
    pub isolation: Isolation,
    /// Whether using it may cost money.
    pub metered: bool,
}

impl SandboxInfo {
    /// A free sandbox on this machine.
    #[must_use]
    pub fn new(name: impl Into<String>, isolation: Isolation) -> Self {
        Self { name: name.into(), mode: Mode::Offline, isolation, metered: false }
    }

    /// Sets whether it acts on the world.
    #[must_use]
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets whether using it may cost money.
    #[must_use]
    pub const fn with_metered(mut self, metered: bool) -> Self {
        self.metered = metered;
        self
    }

    /// The sandbox as the provider of an action.
    #[must_use]
    pub fn provider(&self) -> Provider {
        Provider::new(&self.name, self.mode)
    }
}

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
    #[must_use]
    pub const fn new() -> Self {
        Self { environment: BTreeMap::new(), bytes_max: 64 * 1024 * 1024 }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Sets the most bytes of its files.
    #[must_use]
    pub const fn with_bytes_max(mut self, bytes_max: u64) -> Self {
        self.bytes_max = bytes_max;
        self
    }
}

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
    #[must_use]
    pub fn new<T: Into<String>>(argv: impl IntoIterator<Item = T>) -> Self {
        let argv = argv.into_iter().map(Into::into).collect();
        Self { argv, stdin: Vec::new(), timeout: Duration::from_secs(60), output_max: 64 * 1024 }
    }

    /// Sets its standard input.
    #[must_use]
    pub fn with_stdin(mut self, stdin: impl Into<Vec<u8>>) -> Self {
        self.stdin = stdin.into();
        self
    }

    /// Sets the most time it may take.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the most bytes of each output that are kept.
    #[must_use]
    pub const fn with_output_max(mut self, output_max: usize) -> Self {
        self.output_max = output_max;
        self
    }
}

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
    #[must_use]
    pub fn new(exit_code: i32, mut stdout: Vec<u8>, mut stderr: Vec<u8>, output_max: usize) -> Self {
        let truncated = stdout.len() > output_max || stderr.len() > output_max;
        stdout.truncate(output_max);
        stderr.truncate(output_max);
        Self { exit_code, stdout, stderr, truncated }
    }
}
