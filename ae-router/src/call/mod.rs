//! The port that calls a model, and its simulator.

mod check;
#[cfg(feature = "conformance")]
pub mod conformance;
mod port;
mod scripted;
mod types;
#[cfg(feature = "vendors")]
pub(crate) mod vendor;

pub(crate) use self::check::check;
#[cfg(feature = "mock")]
pub use self::port::MockModelClient;
#[cfg(feature = "vendors")]
pub use self::vendor::{VendorClient, VendorLimits};
pub use self::{
    port::ModelClient,
    scripted::ScriptedModel,
    types::{
        CacheFor, Completion, CompletionRequest, CompletionStream, Delta, DeltaSource, Effort, FinishReason,
        Message, ModelClientInfo, Opaque, OutputSchema, Part, RateState, Role, Sampling, Served, Thinking,
        Tool, ToolCall, ToolChoice, ToolResult,
    },
};
