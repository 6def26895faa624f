//! A call to be routed.

use ae_core::{IdempotencyKey, RunId, Task, TokenUsage};

use crate::{CompletionRequest, ModelNeeds, Tier};

/// A request, and what the choice of its model depends on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// The request. An empty model is chosen by the policy, a model that is set is the only one; `output_tokens_max` 0 is
    /// [`CallLimits::output_tokens_max`](crate::CallLimits::output_tokens_max).
    pub request: CompletionRequest,
    /// The key of the call, for clients that answer a repeated key again. Each try gets a key of its own that follows from
    /// it. The router makes, and pays, a call twice that is asked for twice.
    pub key: Option<IdempotencyKey>,
    /// The task that the request works on.
    pub task: Option<Task>,
    /// The number of the attempt at the task; the first is 1.
    pub attempt: u32,
    /// Needs in addition to those that the request shows: tools, a schema, images, sampling.
    pub needs: ModelNeeds,
    /// A tier that a person asked for.
    pub tier: Option<Tier>,
    /// The tokens that are expected, or `None` for an estimate from the request.
    pub expected: Option<TokenUsage>,
    /// The run that the call belongs to.
    pub run: Option<RunId>,
}

impl Call {
    /// A call with `request`.
    pub fn new(request: CompletionRequest) -> Self {
        Self {
            request,
            key: None,
            task: None,
            attempt: 1,
            needs: ModelNeeds::default(),
            tier: None,
            expected: None,
            run: None,
        }
    }

    /// A call with one message, to a model that the policy chooses.
    pub fn prompt(text: impl Into<String>) -> Self {
        Self::new(CompletionRequest::new("", text, 0))
    }
}

impl From<CompletionRequest> for Call {
    fn from(request: CompletionRequest) -> Self {
        Self::new(request)
    }
}

ae_core::setters! { Call {
    /// Sets the key of the call.
    fn with_key(key: some IdempotencyKey);
    /// Sets the task.
    fn with_task(task: some Task);
    /// Sets the number of the attempt.
    fn with_attempt(attempt: u32);
    /// Sets needs in addition to those of the request.
    fn with_needs(needs: ModelNeeds);
    /// Asks for a tier.
    fn with_tier(tier: some Tier);
    /// Sets the tokens that are expected.
    fn with_expected(expected: some TokenUsage);
    /// Sets the run that the call belongs to.
    fn with_run(run: some RunId);
} }
