//! Builders: they turn a request into files.

#[cfg(all(feature = "agents", unix))]
mod cli;
#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;
mod types;

#[cfg(all(feature = "agents", unix))]
pub use self::cli::{CliAgent, Detected, HostEnv};
#[cfg(feature = "mock")]
pub use self::port::MockCliProvider;
pub use self::{
    memory::{MemoryProvider, ScriptedRun},
    port::CliProvider,
    types::{
        Abilities, AgentEvent, AgentFailure, AgentLimits, AgentReport, AgentRequest, AgentSession, AgentSink,
        FailureKind, Permission, ProviderInfo, SandboxUse, StopReason, Timer,
    },
};
