//! Graphs beside what the same work costs without an engine.

pub mod chat;
pub mod disk;
pub mod fan_out;
pub mod growth;
pub mod memory;
pub mod threads;

use std::{future::Future, sync::Arc};

use ae_langflow::{App, Cx, END, Ending, Graph, Input, RunConfig, START, State, StateGraph, Step, Stop};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

/// A counter, and a text that no node touches: of the size that a small task carries, or larger.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
pub struct Counter {
    /// Steps so far.
    pub steps: u64,
    /// Where it ends.
    pub goal: u64,
    /// Carried along.
    pub note: String,
}

impl Counter {
    /// Counts to `goal` and carries a text of `bytes`.
    pub fn to(goal: u32, bytes: usize) -> Self {
        Self { steps: 0, goal: u64::from(goal), note: "what it is about ".repeat(bytes / 17 + 1) }
    }

    /// One that carries what a small task does: its JSON has some 160 bytes.
    pub fn small(goal: u32) -> Self {
        Self::to(goal, 110)
    }

    fn next(&self) -> u64 {
        self.steps + 1
    }
}

/// A graph of one node that goes back to itself until its goal is reached.
///
/// # Panics
///
/// Never: the graph is complete.
pub fn counter() -> Graph<Counter> {
    let count =
        |state: Arc<Counter>, _: Cx| async move { Ok::<_, Stop>(Counter::update().steps(state.next())) };
    StateGraph::new("counter")
        .add_node("count", count)
        .add_edge(START, "count")
        .add_conditional_edges(
            "count",
            |state: &Counter| {
                if state.steps < state.goal { "again" } else { "done" }
            },
            [("again", "count"), ("done", END)],
        )
        .compile()
        .expect("every node leads on")
}

/// Runs a thread to its end; the state it ends in.
///
/// # Panics
///
/// When it does not end by itself.
pub fn run<S: State>(app: &App<S>, start: S) -> Arc<S> {
    let config = RunConfig::thread("bench").with_step_limit(u64::MAX);
    let ending = block_on(app.invoke(Input::Start(start), &config)).expect("no node fails");
    let Ending::Done(state) = ending else { unreachable!("it is never asked, limited or stopped") };
    state
}

/// Takes a thread `steps` further, or begins it.
fn advance<S: State>(app: &App<S>, start: Option<S>, config: &RunConfig, steps: u64) {
    let input = start.map_or(Input::Continue, Input::Start);
    let config = config.clone().with_step_limit(steps);
    let ending = block_on(app.invoke(input, &config)).expect("no node fails");
    assert!(matches!(ending, Ending::StepLimit(_) | Ending::Done(_)), "it is never asked or stopped");
}

/// Runs `work` on this thread.
///
/// # Panics
///
/// Never: a runtime without I/O needs no resources.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().build().expect("a runtime without I/O needs no resources");
    runtime.block_on(work)
}

/// A node that writes nothing.
async fn nothing<S: State>(_: Arc<S>, _: Cx) -> Result<Step<S>, Stop> {
    Ok(Step::none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphs_and_floors_take_the_same_steps() {
        let (graph, folder) = (counter(), tempfile::tempdir().unwrap());
        assert_eq!((memory::without_store(&graph, 7), memory::hand_loop(7)), (7, 7));
        assert_eq!((memory::with_store(&graph, 7), memory::hand_log(7)), (7, 7));
        for durability in [ae_langflow::Durability::Normal, ae_langflow::Durability::Full] {
            let (steps, floor) = (
                disk::in_sqlite(&graph, folder.path(), durability, Counter::small(7)),
                disk::hand_loop(folder.path(), durability, Counter::small(7)),
            );
            assert_eq!((steps, floor), (7, 7));
        }
        assert_eq!(fan_out::by_graph(&fan_out::graph(9)), fan_out::by_join_set(9));
        let grown = growth::Grown::measure(folder.path(), 200);
        assert!(grown.bytes_per_step > 200, "{grown:?}");
        let many = threads::Many::new(folder.path(), 101);
        assert_eq!((many.list(), many.resume()), (101, 200));
        assert!(many.prune() > 0);
        assert_eq!(growth::Long::new(folder.path(), 150).resume(), 150);
    }
}
