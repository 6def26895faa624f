//! The reader of an agent's output.

use std::fmt::Debug;

use crate::agent::{AgentEvent, AgentReport};

/// A state machine over the lines of an agent's output.
pub trait Decoder: Debug + Send {
    /// Called once after the start, before any line: an agent with a dialogue gets its first message here.
    fn start(&mut self, _out: &mut Outbox) {}

    /// Reads a line, without its end. A line that is not understood is counted and passed over.
    fn line(&mut self, line: &[u8], out: &mut Outbox);

    /// Asks the agent to stop, where its protocol has a message for that.
    fn interrupt(&mut self, _out: &mut Outbox) {}

    /// The report once the agent has ended: how it stopped, as far as its output and exit say, its words, usage, cost,
    /// turns, denials and session. Changed files, cancels, time limits and survivors are the supervisor's.
    fn finish(self: Box<Self>, exit: &AgentExit) -> AgentReport;
}

/// The answers of a decoder to a line.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Outbox {
    /// Events for the caller.
    pub events: Vec<AgentEvent>,
    /// Bytes for the agent's standard input.
    pub input: Vec<u8>,
    /// Whether its standard input ends now.
    pub closes_input: bool,
    /// Whether the agent has said that it is done: it then has 5 seconds to end.
    pub is_finished: bool,
    /// Whether the line was not understood: it is then not taken for progress.
    pub is_unknown: bool,
}

/// The end of an agent's main process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentExit {
    /// Its exit code.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The end of its error output, without escapes and secrets.
    pub stderr: String,
}

impl AgentExit {
    /// An end by itself with `code`.
    pub fn exited(code: i32) -> Self {
        Self { code: Some(code), ..Self::default() }
    }
}
