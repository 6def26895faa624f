//! Requests to models and their answers.

mod answer;
mod info;
mod message;
mod request;
mod stream;

pub use self::{
    answer::{Completion, FinishReason, RateState, Served},
    info::ModelClientInfo,
    message::{CacheFor, Message, Opaque, Part, Role, ToolCall, ToolResult},
    request::{CompletionRequest, Effort, OutputSchema, Sampling, Thinking, Tool, ToolChoice},
    stream::{CompletionStream, Delta, DeltaSource},
};
