//! The port that calls a model, and its simulator.

#[cfg(feature = "conformance")]
pub mod conformance;
mod port;
mod scripted;
mod types;

pub use self::{
    port::ModelClient,
    scripted::ScriptedModel,
    types::{Completion, CompletionRequest, Finish, Message, Speaker},
};
