//! Where code runs: files and commands, apart from the host.

#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;
mod types;

#[cfg(feature = "mock")]
pub use self::port::MockSandbox;
pub use self::{
    memory::MemorySandbox,
    port::Sandbox,
    types::{CommandOutput, RunCommand, SandboxId, SandboxInfo, SandboxSpec},
};
