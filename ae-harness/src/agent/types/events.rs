//! The events of a running builder.

use std::time::Duration;

use ae_core::{TokenUsage, Untrusted};
use async_trait::async_trait;
use serde_json::Value;

/// An event of a running builder. Its texts come from outside and are data: the agent, its model and its tools wrote them.
///
/// Events are for people and logs. Nothing is decided by them; [`AgentReport`](crate::AgentReport) says how a run ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AgentEvent {
    /// The agent has started.
    Started {
        /// The session, by which a later request can go on with it.
        session: Option<String>,
        /// The model that it says it uses.
        model: Option<String>,
        /// Its version.
        version: Option<String>,
    },
    /// Text of the model. A partial text is a piece of a whole one that follows.
    Text {
        /// The text.
        text: Untrusted<String>,
        /// Whether it is a piece.
        partial: bool,
    },
    /// Reasoning that the model shows.
    Reasoning {
        /// The text.
        text: Untrusted<String>,
    },
    /// A tool is called.
    ToolCall {
        /// The id of the call.
        id: String,
        /// The tool, by the agent's own name.
        name: String,
        /// The arguments.
        input: Untrusted<Value>,
    },
    /// A tool has answered.
    ToolResult {
        /// The id of the call.
        id: String,
        /// Whether the agent counts it as a success.
        ok: bool,
        /// The exit code of a command.
        exit_code: Option<i32>,
        /// The output, cut to what is fit to be shown.
        output: Untrusted<String>,
    },
    /// The agent says that it changed a file. The report has what really changed.
    FileChange {
        /// The path as the agent wrote it.
        path: Untrusted<String>,
    },
    /// The tokens of this run so far, as far as the agent tells.
    Usage(TokenUsage),
    /// A call of the model failed and is tried again.
    Retry {
        /// The number of the retry, from 1; 0 if it is not known.
        attempt: u32,
        /// The pause before it.
        delay: Option<Duration>,
        /// The cause in a few words.
        cause: Untrusted<String>,
    },
    /// Anything else that a person should see.
    Warning(Untrusted<String>),
}

/// A place for the events of a running builder.
///
/// The builder waits until an event is taken, so a sink with a bounded queue bounds memory and loses nothing. The time
/// that it waits does not count as time without progress. Any `Fn(AgentEvent)` is a sink; `()` drops everything.
///
/// ```
/// use ae_harness::{AgentEvent, AgentSink};
///
/// /// A bounded queue.
/// struct Queue(tokio::sync::mpsc::Sender<AgentEvent>);
///
/// #[async_trait::async_trait]
/// impl AgentSink for Queue {
///     async fn event(&self, event: AgentEvent) {
///         // An error says that the reader is gone.
///         let _ = self.0.send(event).await;
///     }
/// }
/// ```
#[async_trait]
pub trait AgentSink: Send + Sync {
    /// Takes an event.
    async fn event(&self, event: AgentEvent);
}

#[async_trait]
impl<F: Fn(AgentEvent) + Send + Sync> AgentSink for F {
    async fn event(&self, event: AgentEvent) {
        self(event);
    }
}

#[async_trait]
impl AgentSink for () {
    async fn event(&self, _: AgentEvent) {}
}
