//! Builders: they turn a request into files.

#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;
mod snapshot;
mod types;

#[cfg(feature = "mock")]
pub use self::port::MockCliProvider;
pub(crate) use self::snapshot::hash_file;
pub use self::{
    memory::{MemoryProvider, ScriptedRun},
    port::CliProvider,
    snapshot::Snapshot,
    types::{AgentReport, AgentRequest, ProviderInfo, StopReason},
};
