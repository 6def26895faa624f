//! Steps of a graph that keeps nothing, or all of it in memory.

use std::sync::Arc;

use ae_langflow::{Graph, MemoryCheckpointer};

use super::{Counter, run};

/// Runs `steps` steps and keeps nothing; the steps it took.
pub fn without_store(graph: &Graph<Counter>, steps: u32) -> u64 {
    run(&graph.without_store(), Counter::small(steps)).steps
}

/// Runs `steps` steps with a checkpoint in memory after each; the steps it took.
pub fn with_store(graph: &Graph<Counter>, steps: u32) -> u64 {
    run(&graph.with_store(Arc::new(MemoryCheckpointer::new())), Counter::small(steps)).steps
}

/// The floor: a loop over the same state, copied for each step; the steps it took.
pub fn hand_loop(steps: u32) -> u64 {
    let mut state = Arc::new(Counter::small(steps));
    while state.steps < state.goal {
        let mut next = Counter::clone(&state);
        next.steps = state.next();
        state = Arc::new(next);
    }
    state.steps
}

/// The floor with a log: the same loop, with the state's JSON put into a list for each step; the steps it took.
///
/// # Panics
///
/// Never: the state is plain data.
pub fn hand_log(steps: u32) -> u64 {
    let (mut state, mut log) = (Counter::small(steps), Vec::new());
    while state.steps < state.goal {
        state.steps = state.next();
        log.push(serde_json::to_string(&state).expect("plain data"));
    }
    log.len() as u64
}
