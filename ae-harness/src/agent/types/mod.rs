//! The types of a builder: its request, its report, its account of itself.

mod report;
mod request;

pub use self::{
    report::{AgentReport, StopReason},
    request::{AgentRequest, ProviderInfo},
};
