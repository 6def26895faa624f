//! The types of running code apart from the host.

mod command;
mod info;
mod spec;

pub use self::{
    command::{CommandEnd, CommandOutput, CommandSignal, OutputChunk, RunCommand},
    info::{Enforced, SandboxId, SandboxInfo, SandboxReport},
    spec::{NetworkPolicy, SandboxLimits, SandboxSpec},
};
