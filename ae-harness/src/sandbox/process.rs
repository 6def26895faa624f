//! Running commands of a sandbox.

use std::fmt::Debug;

use ae_core::BackendError;
use async_trait::async_trait;

use super::{CommandEnd, CommandSignal, OutputChunk};

/// A running command of a sandbox. Dropping it ends the command.
#[async_trait]
pub trait SandboxProcess: Debug + Send {
    /// Writes to its standard input. Input that it does not read any more is dropped.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), BackendError>;

    /// Ends its standard input.
    async fn close_stdin(&mut self) -> Result<(), BackendError>;

    /// The next piece of its output; `None` once it has ended and everything was read.
    async fn next(&mut self) -> Result<Option<OutputChunk>, BackendError>;

    /// Sends a signal to it and all that it started.
    async fn signal(&mut self, signal: CommandSignal) -> Result<(), BackendError>;

    /// Waits for its end. Output that was not read is dropped.
    async fn wait(&mut self) -> Result<CommandEnd, BackendError>;
}
