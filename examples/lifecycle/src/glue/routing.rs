//! Joins tasks to the router: what is asked, and what a call of the model is expected to take.

use ae_core::{RunId, Task, Timestamp, TokenUsage};
use ae_router::RouteRequest;

/// Instructions that a coding agent reads besides the task: an assumption, so that a cost can be estimated at all.
const INSTRUCTION_TOKENS: u64 = 2_000;
/// The tokens that a small task writes: an assumption.
const OUTPUT_TOKENS: u64 = 4_000;
/// English text has about four bytes a token.
const BYTES_PER_TOKEN: u64 = 4;

/// Asks for the route of `task`, which comes with `prompt`.
pub fn route_request(task: Task, prompt: &str, run: RunId, now: Timestamp) -> RouteRequest {
    let bytes = [task.title.len(), task.description.len(), prompt.len()].into_iter().sum::<usize>();
    let input = INSTRUCTION_TOKENS + u64::try_from(bytes).unwrap_or(u64::MAX) / BYTES_PER_TOKEN;
    let expected = TokenUsage::new(input, OUTPUT_TOKENS);
    RouteRequest::new(task, now).with_prompt(prompt).with_run(run).with_expected(expected)
}
