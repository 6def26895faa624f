//! The report of a builder.

use std::time::Duration;

use ae_core::{Digest, Isolation, Money, TokenUsage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

ae_core::wire_enum! {
    /// The reason why a builder stopped.
    #[non_exhaustive]
    pub enum StopReason {
        /// It ended well; whether the product is right is another question.
        Succeeded = "succeeded",
        /// It gave up; [`AgentReport::failure`] says why.
        Failed = "failed",
        /// The caller asked it to stop.
        Cancelled = "cancelled",
        /// A time of the request was used up; [`AgentReport::timer`] says which.
        TimedOut = "timed_out",
        /// It ended without saying how the work ended.
        Incomplete = "incomplete",
        /// Going on would have cost more than the request or an account allows.
        BudgetStop = "budget_stop",
    }
}

ae_core::wire_enum! {
    /// The reason why a builder gave up.
    #[non_exhaustive]
    pub enum FailureKind {
        /// The key is missing or refused.
        Auth = "auth",
        /// The vendor's account has nothing left.
        Billing = "billing",
        /// Too many calls in a time.
        RateLimited = "rate_limited",
        /// The vendor is overloaded or down.
        Overloaded = "overloaded",
        /// The vendor does not know the model, or the key may not use it.
        ModelNotFound = "model_not_found",
        /// The conversation is longer than the model takes.
        ContextTooLong = "context_too_long",
        /// An answer was cut at the model's limit.
        OutputLimit = "output_limit",
        /// The model refused to answer.
        Refused = "refused",
        /// The limit of turns was reached.
        MaxTurns = "max_turns",
        /// The answer does not fit the schema.
        SchemaUnmet = "schema_unmet",
        /// The model answered nothing.
        EmptyAnswer = "empty_answer",
        /// The vendor can't be reached.
        Network = "network",
        /// An act was not permitted.
        Permission = "permission",
        /// The agent refuses its flags or its settings.
        Config = "config",
        /// The agent printed more than it may.
        TooMuchOutput = "too_much_output",
        /// The agent crashed or was killed from outside.
        Crashed = "crashed",
        /// Any other failure.
        Other = "other",
    }
}

ae_core::wire_enum! {
    /// A time limit of a run.
    #[non_exhaustive]
    pub enum Timer {
        /// The whole run.
        Wall = "wall",
        /// Between two signs of progress.
        Idle = "idle",
        /// Until the first sign of progress.
        FirstEvent = "first_event",
    }
}

/// The failure of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentFailure {
    /// Its kind.
    pub kind: FailureKind,
    /// The agent's or the vendor's words, on one line. Outside text.
    pub message: String,
    /// The pause that the vendor asks for.
    pub retry_after: Option<Duration>,
}

impl AgentFailure {
    /// A failure in the words `message`.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None }
    }
}

ae_core::setters! { AgentFailure {
    /// Sets the pause that the vendor asks for.
    fn with_retry_after(retry_after: Option<Duration>);
} }

/// The result of a builder, however it stopped. What it does not know is `None`: not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentReport {
    /// The reason why it stopped.
    pub stop: StopReason,
    /// The failure, where the reason is `Failed`, and often where it is `Incomplete`. Where it is `TimedOut`, its kind is
    /// that of the trouble with the model that the agent was in, if it named one.
    #[serde(default)]
    pub failure: Option<AgentFailure>,
    /// The time limit that was reached, where the reason is `TimedOut`.
    #[serde(default)]
    pub timer: Option<Timer>,
    /// Its own account of the work. Outside text.
    pub summary: String,
    /// The answer in the form of the request's schema.
    #[serde(default)]
    pub structured: Option<Value>,
    /// The files that really changed, relative, sorted.
    pub files_changed: Vec<String>,
    /// The digest of the workspace afterwards.
    #[serde(default)]
    pub tree: Option<Digest>,
    /// The cost of this run up to the stop: `None` means not measured, free is zero.
    pub cost: Option<Money>,
    /// The tokens of this run.
    pub usage: Option<TokenUsage>,
    /// The cost of the whole session so far.
    #[serde(default)]
    pub session_cost: Option<Money>,
    /// The tokens of the whole session so far.
    #[serde(default)]
    pub session_usage: Option<TokenUsage>,
    /// The turns of the model in this run.
    #[serde(default)]
    pub turns: Option<u32>,
    /// The acts that were denied, in the agent's words.
    #[serde(default)]
    pub denials: Vec<String>,
    /// The session, by which a later request can go on with it.
    #[serde(default)]
    pub session: Option<String>,
    /// The model that answered.
    #[serde(default)]
    pub model: Option<String>,
    /// The processes that were left over and had to be killed.
    #[serde(default)]
    pub survivors_killed: u32,
    /// The lines of output that were not understood.
    #[serde(default)]
    pub unknown_events: u64,
    /// The separation that the run really had.
    #[serde(default)]
    pub isolation: Option<Isolation>,
}

impl AgentReport {
    /// A report without changed files, of unmeasured cost.
    pub fn new(stop: StopReason, summary: impl Into<String>) -> Self {
        Self {
            stop,
            failure: None,
            timer: None,
            summary: summary.into(),
            structured: None,
            files_changed: Vec::new(),
            tree: None,
            cost: None,
            usage: None,
            session_cost: None,
            session_usage: None,
            turns: None,
            denials: Vec::new(),
            session: None,
            model: None,
            survivors_killed: 0,
            unknown_events: 0,
            isolation: None,
        }
    }

    /// Whether it ended well.
    pub fn succeeded(&self) -> bool {
        self.stop == StopReason::Succeeded
    }
}

ae_core::setters! { AgentReport {
    /// Sets the failure.
    fn with_failure(failure: some AgentFailure);
    /// Sets the time limit that was reached.
    fn with_timer(timer: some Timer);
    /// Sets the answer in the form of the request's schema.
    fn with_structured(structured: Option<Value>);
    /// Sets the files that changed.
    fn with_files_changed(files_changed: Vec<String>);
    /// Sets the digest of the workspace afterwards.
    fn with_tree(tree: Option<Digest>);
    /// Sets the cost of this run.
    fn with_cost(cost: Option<Money>);
    /// Sets the tokens of this run.
    fn with_usage(usage: Option<TokenUsage>);
    /// Sets the cost of the whole session.
    fn with_session_cost(session_cost: Option<Money>);
    /// Sets the tokens of the whole session.
    fn with_session_usage(session_usage: Option<TokenUsage>);
    /// Sets the turns of the model.
    fn with_turns(turns: Option<u32>);
    /// Sets the acts that were denied.
    fn with_denials(denials: Vec<String>);
    /// Sets the session.
    fn with_session(session: Option<String>);
    /// Sets the model that answered.
    fn with_model(model: Option<String>);
    /// Sets the processes that had to be killed.
    fn with_survivors_killed(survivors_killed: u32);
    /// Sets the lines of output that were not understood.
    fn with_unknown_events(unknown_events: u64);
    /// Sets the separation that the run really had.
    fn with_isolation(isolation: some Isolation);
} }
