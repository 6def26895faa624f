//! The port of sandboxes.

use std::{fmt::Debug, time::Duration};

use ae_core::{BackendError, ErrorKind, IdempotencyKey};
use async_trait::async_trait;

use super::{RunCommand, SandboxId, SandboxInfo, SandboxProcess, SandboxReport, SandboxSpec};

/// Files and commands, apart from the host.
///
/// # Contract
///
/// - C1. [`create`](Sandbox::create) gives a sandbox that is empty, or works on the folder of its spec. The same key with
///   the same spec gives the same sandbox; with another spec it is a `Conflict`.
/// - C2. Paths are relative, joined by `/`, of plain parts; any other path is `InvalidInput` and changes nothing.
/// - C3. A file is read back byte for byte as it was written; a missing one is `NotFound`.
/// - C4. [`list`](Sandbox::list) names every file, sorted.
/// - C5. A command that ran and failed is an output with its end, not an error; a missing program exits with 127.
///   Outputs are cut at the limit and say so.
/// - C6. Sandboxes do not see each other's files.
/// - C7. After [`destroy`](Sandbox::destroy) every use is `NotFound`; destroying again changes nothing. A folder of the
///   host stays as it is.
/// - C8. Files above [`SandboxSpec::bytes_max`] are refused with `QuotaExceeded`, and the file before stays.
/// - C9. A command sees the sandbox's environment and its own, of which its own counts first, and nothing of the host's.
/// - C10. [`attach`](Sandbox::attach) finds a sandbox that was not destroyed; an id that was never given is `NotFound`.
/// - C11. A process gives its output in order, takes input while it is open, and ends once: waiting again gives the same
///   end.
/// - C12. [`extend`](Sandbox::extend) and a folder of the host are `Unsupported` where [`SandboxInfo`] does not announce
///   them.
///
/// # Errors
///
/// As above; `Unsupported` where a sandbox can't be had on this machine or can't hold what the spec asks for; `Unavailable`
/// and `Timeout` for one elsewhere. Once a command has begun, its effect on files is `Unknown`.
///
/// # Cancel safety
///
/// Dropping a [`SandboxProcess`] ends its command. The other calls are done or not done.
///
/// # Example
///
/// ```
/// use ae_harness::{CommandEnd, MemorySandbox, RunCommand, Sandbox, SandboxExt, SandboxSpec};
/// # use ae_core::{Digest, IdempotencyKey, RunId};
/// # async fn try_it() -> Result<(), ae_core::BackendError> {
/// # let key = |n| IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "s", "x", n);
/// let sandbox = MemorySandbox::new();
/// let id = sandbox.create(&key(0), &SandboxSpec::new()).await?;
/// sandbox.write(&key(1), &id, "notes/a.txt", b"hello").await?;
/// let output = sandbox.run(&key(2), &id, &RunCommand::new(["cat", "notes/a.txt"])).await?;
/// assert_eq!((output.end, output.stdout.as_slice()), (CommandEnd::Exited(0), &b"hello"[..]));
/// # Ok(()) }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Sandbox: Debug + Send + Sync + 'static {
    /// Its account of itself.
    fn info(&self) -> SandboxInfo;

    /// Tries it, and reports what it really enforces here. It changes nothing.
    async fn probe(&self) -> Result<SandboxReport, BackendError>;

    /// Makes a sandbox.
    async fn create(&self, key: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError>;

    /// Finds a sandbox again, for example after a restart.
    async fn attach(&self, id: &SandboxId) -> Result<(), BackendError>;

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

    /// Starts a command.
    async fn spawn(
        &self,
        key: &IdempotencyKey,
        id: &SandboxId,
        command: &RunCommand,
    ) -> Result<Box<dyn SandboxProcess>, BackendError>;

    /// Lets a sandbox live for `time` from now on.
    async fn extend(
        &self,
        _key: &IdempotencyKey,
        id: &SandboxId,
        time: Duration,
    ) -> Result<(), BackendError> {
        let message =
            format!("the life of {id} can't be set to {} s: this sandbox has no end", time.as_secs());
        Err(BackendError::new(ErrorKind::Unsupported, self.info().provider.name, "extend", message))
    }

    /// Ends a sandbox with all its commands and forgets its files.
    async fn destroy(&self, key: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError>;
}

ae_core::forward! { Sandbox {
    fn info(&self) -> SandboxInfo;
    async fn probe(&self) -> Result<SandboxReport, BackendError>;
    async fn create(&self, key: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError>;
    async fn attach(&self, id: &SandboxId) -> Result<(), BackendError>;
    async fn write(&self, key: &IdempotencyKey, id: &SandboxId, path: &str, content: &[u8]) -> Result<(), BackendError>;
    async fn read(&self, id: &SandboxId, path: &str) -> Result<Vec<u8>, BackendError>;
    async fn list(&self, id: &SandboxId) -> Result<Vec<String>, BackendError>;
    async fn spawn(&self, key: &IdempotencyKey, id: &SandboxId, command: &RunCommand) -> Result<Box<dyn SandboxProcess>, BackendError>;
    async fn extend(&self, key: &IdempotencyKey, id: &SandboxId, time: Duration) -> Result<(), BackendError>;
    async fn destroy(&self, key: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError>;
} }
