//! Builders: whoever turns a spec into files.

#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;
mod request;
mod snapshot;

pub(crate) use self::snapshot::hash_file;
pub use self::{
    memory::{MemoryProvider, ScriptedRun},
    port::CliProvider,
    request::{AgentReport, AgentRequest, ProviderInfo, SiteContext},
    snapshot::Snapshot,
};
