//! The limits of a run.

use std::time::Duration;

/// How much a module may use.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BehaviourLimits {
    /// The time of one call, including loading the module. A process that does not stop by itself is killed half a second
    /// later.
    pub call: Duration,
    /// The time of a whole run.
    pub total: Duration,
    /// The memory of the engine, for one call.
    pub memory_bytes: usize,
    /// The stack of the engine.
    pub stack_bytes: usize,
    /// The values in one answer: each element, property and text counts.
    pub values: usize,
    /// The size of one answer as JSON.
    pub answer_bytes: usize,
    /// The child processes that run at the same time.
    pub processes: usize,
}

impl Default for BehaviourLimits {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(2),
            total: Duration::from_secs(60),
            memory_bytes: 64 << 20,
            stack_bytes: 256 << 10,
            values: 1_000_000,
            answer_bytes: 16 << 20,
            processes: 2,
        }
    }
}

ae_core::setters! { BehaviourLimits {
    /// Sets the time of one call.
    fn with_call(call: Duration);
    /// Sets the time of a whole run.
    fn with_total(total: Duration);
    /// Sets the memory of the engine.
    fn with_memory_bytes(memory_bytes: usize);
    /// Sets the stack of the engine.
    fn with_stack_bytes(stack_bytes: usize);
    /// Sets the number of values in one answer.
    fn with_values(values: usize);
    /// Sets the size of one answer.
    fn with_answer_bytes(answer_bytes: usize);
    /// Sets the number of child processes; at least one is used.
    fn with_processes(processes: usize);
} }
