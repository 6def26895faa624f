//! The types of running code apart from the host.

use std::{collections::BTreeMap, fmt, time::Duration};

use ae_core::{BackendError, ErrorKind, Isolation};
use serde::{Deserialize, Serialize};

/// Names a sandbox: 1 to 128 letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SandboxId(String);

impl SandboxId {
    /// Reads an id.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for anything that is no id.
    pub fn parse(text: &str) -> Result<Self, BackendError> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if plain && (1..=128).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        let message = "a sandbox id has 1 to 128 letters, digits, `_` and `-`";
        Err(BackendError::new(ErrorKind::InvalidInput, "sandbox", "parse_id", message))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SandboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SandboxId {
    type Error = BackendError;

    fn try_from(text: String) -> Result<Self, BackendError> {
        Self::parse(&text)
    }
}

impl From<SandboxId> for String {
    fn from(id: SandboxId) -> Self {
        id.0
    }
}

/// What a sandbox attests about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxInfo {
    /// Its name.
    pub name: String,
    /// What separates its commands from the host.
    pub isolation: Isolation,
    /// Whether using it may cost money.
    pub metered: bool,
}

/// What a new sandbox is like.
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

    /// Says how many bytes its files may have.
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
    /// What it reads.
    pub stdin: Vec<u8>,
    /// How long it may take.
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

    /// Says what it reads.
    #[must_use]
    pub fn with_stdin(mut self, stdin: impl Into<Vec<u8>>) -> Self {
        self.stdin = stdin.into();
        self
    }

    /// Says how long it may take.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Says how many bytes of each output are kept.
    #[must_use]
    pub const fn with_output_max(mut self, output_max: usize) -> Self {
        self.output_max = output_max;
        self
    }
}

/// What a command left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandOutput {
    /// Its exit code; 127 when there is no such program.
    pub exit_code: i32,
    /// What it wrote to standard output, cut at the limit.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, cut at the limit.
    pub stderr: Vec<u8>,
    /// Whether something was cut.
    pub truncated: bool,
}
