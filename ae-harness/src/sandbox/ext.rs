//! Conveniences of sandboxes.

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use super::{CommandOutput, OutputChunk, RunCommand, Sandbox, SandboxId};

/// The conveniences of every sandbox.
#[async_trait]
pub trait SandboxExt: Sandbox {
    /// Runs a command to its end. One whose time was used up is an output with what it had printed.
    async fn run(
        &self,
        key: &IdempotencyKey,
        id: &SandboxId,
        command: &RunCommand,
    ) -> Result<CommandOutput, BackendError> {
        let mut process = self.spawn(key, id, command).await?;
        process.close_stdin().await?;
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        // One byte more than the limit is enough to know that something was cut.
        let most = command.output_max.saturating_add(1);
        while let Some(chunk) = process.next().await? {
            let (kept, bytes) = match chunk {
                OutputChunk::Stdout(bytes) => (&mut stdout, bytes),
                OutputChunk::Stderr(bytes) => (&mut stderr, bytes),
            };
            let room = most.saturating_sub(kept.len()).min(bytes.len());
            kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        let end = process.wait().await?;
        Ok(CommandOutput::new(end, stdout, stderr, command.output_max))
    }
}

impl<S: Sandbox + ?Sized> SandboxExt for S {}
