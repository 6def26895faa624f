//! Where code runs: files and commands, apart from the host.

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "e2b")]
mod e2b;
mod ext;
#[cfg(feature = "sandbox")]
mod local;
mod memory;
mod port;
mod process;
mod types;

#[cfg(feature = "e2b")]
pub use self::e2b::{E2bConfig, E2bSandbox};
#[cfg(all(feature = "sandbox", target_os = "linux"))]
pub use self::local::LocalSandbox;
#[cfg(feature = "sandbox")]
pub use self::local::{
    Confinement, Egress, LocalProbe, ProgramToStart, SandboxKind, confine, confined_child, probe_local,
    shown_for,
};
#[cfg(feature = "mock")]
pub use self::port::MockSandbox;
pub use self::{
    ext::SandboxExt,
    memory::MemorySandbox,
    port::Sandbox,
    process::SandboxProcess,
    types::{
        CommandEnd, CommandOutput, CommandSignal, Enforced, NetworkPolicy, OutputChunk, RunCommand,
        SandboxId, SandboxInfo, SandboxLimits, SandboxReport, SandboxSpec,
    },
};
