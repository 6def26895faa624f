//! The port that calls a model, and its simulator.

#[cfg(feature = "conformance")]
pub mod conformance;
mod port;
mod scripted;
mod types;

#[cfg(feature = "mock")]
pub use self::port::MockModelClient;
pub use self::{
    port::ModelClient,
    scripted::ScriptedModel,
    types::{Completion, CompletionRequest, FinishReason, Message, ModelClientInfo, Role},
};
