//! The types of a builder: its request, its events, its report, its account of itself.

mod events;
mod info;
mod limits;
mod report;
mod request;

pub use self::{
    events::{AgentEvent, AgentSink},
    info::{Abilities, ProviderInfo},
    limits::AgentLimits,
    report::{AgentFailure, AgentReport, FailureKind, StopReason, Timer},
    request::{AgentRequest, AgentSession, Permission, SandboxUse},
};
