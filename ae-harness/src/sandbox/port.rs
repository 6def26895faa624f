//! The port of sandboxes.

use std::fmt::Debug;

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use super::{CommandOutput, RunCommand, SandboxId, SandboxInfo, SandboxSpec};

/// Files and commands, apart from the host.
///
/// # Contract
///
/// - C1. [`create`](Sandbox::create) gives an empty sandbox. The same key with the same spec gives the same sandbox; with
///   another spec it is a `Conflict`.
/// - C2. Paths are relative, joined by `/`, of plain parts; any other path is `InvalidInput` and changes nothing.
/// - C3. A file is read back byte for byte as it was written; a missing one is `NotFound`.
/// - C4. [`list`](Sandbox::list) names every file, sorted.
/// - C5. A command that ran and failed is an output with its exit code, not an error. Outputs are cut at the limit and
///   say so.
/// - C6. Sandboxes do not see each other's files.
/// - C7. After [`destroy`](Sandbox::destroy) every use is `NotFound`; destroying again changes nothing.
/// - C8. Files above [`SandboxSpec::bytes_max`] are refused with `QuotaExceeded`, and the file before stays.
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
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Sandbox: Debug + Send + Sync + 'static {
    /// Its account of itself.
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

ae_core::forward! { Sandbox {
    fn info(&self) -> SandboxInfo;
    async fn create(&self, key: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError>;
    async fn write(&self, key: &IdempotencyKey, id: &SandboxId, path: &str, content: &[u8]) -> Result<(), BackendError>;
    async fn read(&self, id: &SandboxId, path: &str) -> Result<Vec<u8>, BackendError>;
    async fn list(&self, id: &SandboxId) -> Result<Vec<String>, BackendError>;
    async fn run(&self, key: &IdempotencyKey, id: &SandboxId, command: &RunCommand) -> Result<CommandOutput, BackendError>;
    async fn destroy(&self, key: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError>;
} }
