//! Where code runs: files and commands, apart from the host.

mod memory;

use std::{collections::BTreeMap, fmt, fmt::Debug, sync::Arc, time::Duration};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Isolation};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::memory::MemorySandbox;

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

/// Files and commands, apart from the host.
///
/// # Contract
///
/// - C1. [`create`](Sandbox::create) gives an empty sandbox. The same key with the same spec gives the same sandbox; with
///   another spec it is a `Conflict`.
/// - C2. Paths are relative, joined by `/`, of plain parts; any other path is `InvalidInput` and changes nothing.
/// - C3. What was written is read back byte for byte; a missing file is `NotFound`.
/// - C4. [`list`](Sandbox::list) names every file, sorted.
/// - C5. A command that ran and failed is an output with its exit code, not an error. Outputs are cut at the limit and
///   say so.
/// - C6. Sandboxes do not see each other's files.
/// - C7. After [`destroy`](Sandbox::destroy) every use is `NotFound`; destroying again changes nothing.
/// - C8. Files above [`SandboxSpec::bytes_max`] are refused with `QuotaExceeded`; what was there stays.
///
/// # Errors
///
/// As above; `Timeout` for a command that took too long, with its effect on files `Unknown`.
///
/// # Cancel safety
///
/// Dropping the future of `run` ends the command; its effect on files is unknown. The other calls are done or not done.
///
/// # Example
///
/// ```
/// use ae_harness::{MemorySandbox, RunCommand, Sandbox, SandboxSpec};
/// # use ae_core::{Digest, IdempotencyKey, RunId};
/// # async fn try_it() -> Result<(), ae_core::BackendError> {
/// # let key = |n| IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "s", "x", n);
/// let sandbox = MemorySandbox::new();
/// let id = sandbox.create(&key(0), &SandboxSpec::new()).await?;
/// sandbox.write(&key(1), &id, "notes/a.txt", b"hello").await?;
/// let output = sandbox.run(&key(2), &id, &RunCommand::new(["cat", "notes/a.txt"])).await?;
/// assert_eq!((output.exit_code, output.stdout.as_slice()), (0, &b"hello"[..]));
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Sandbox: Debug + Send + Sync + 'static {
    /// What it attests about itself.
    fn info(&self) -> SandboxInfo;

    /// Makes an empty sandbox.
    async fn create(&self, key: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError>;

    /// Writes a file, with the folders it needs.
    async fn write(
        &self,
        key: &IdempotencyKey,
        id: &SandboxId,
        path: &str,
        content: &[u8],
    ) -> Result<(), BackendError>;

    /// Reads a file.
    async fn read(&self, id: &SandboxId, path: &str) -> Result<Vec<u8>, BackendError>;

    /// Names every file.
    async fn list(&self, id: &SandboxId) -> Result<Vec<String>, BackendError>;

    /// Runs a command.
    async fn run(
        &self,
        key: &IdempotencyKey,
        id: &SandboxId,
        command: &RunCommand,
    ) -> Result<CommandOutput, BackendError>;

    /// Ends a sandbox and forgets its files.
    async fn destroy(&self, key: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: Sandbox + ?Sized> Sandbox for $pointer<T> {
            fn info(&self) -> SandboxInfo {
                (**self).info()
            }

            async fn create(
                &self,
                key: &IdempotencyKey,
                spec: &SandboxSpec,
            ) -> Result<SandboxId, BackendError> {
                (**self).create(key, spec).await
            }

            async fn write(
                &self,
                key: &IdempotencyKey,
                id: &SandboxId,
                path: &str,
                content: &[u8],
            ) -> Result<(), BackendError> {
                (**self).write(key, id, path, content).await
            }

            async fn read(&self, id: &SandboxId, path: &str) -> Result<Vec<u8>, BackendError> {
                (**self).read(id, path).await
            }

            async fn list(&self, id: &SandboxId) -> Result<Vec<String>, BackendError> {
                (**self).list(id).await
            }

            async fn run(
                &self,
                key: &IdempotencyKey,
                id: &SandboxId,
                command: &RunCommand,
            ) -> Result<CommandOutput, BackendError> {
                (**self).run(key, id, command).await
            }

            async fn destroy(&self, key: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError> {
                (**self).destroy(key, id).await
            }
        }
    };
}
forward!(Arc);
forward!(Box);
