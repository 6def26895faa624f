//! Loops of a graph, in memory and with a commit for each step.

use std::{path::Path, sync::Arc};

use ae_langflow::{
    Cx, Durability, END, Ending, Graph, Input, RunConfig, START, SqliteCheckpointer, State, StateGraph, Stop,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

/// A counter, and a text of the size that a small task carries.
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
    fn to(goal: u32) -> Self {
        Self { steps: 0, goal: u64::from(goal), note: "what the task is about ".repeat(8) }
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
#[must_use]
pub fn graph() -> Graph<Counter> {
    let count =
        |state: Arc<Counter>, _: Cx| async move { Ok::<_, Stop>(Counter::update().steps(state.next())) };
    StateGraph::new("counter")
        .add_node("count", count)
        .add_edge(START, "count")
        .add_conditional_edges(
            "count",
            |state: &Counter| if state.steps < state.goal { "again" } else { "done" },
            [("again", "count"), ("done", END)],
        )
        .compile()
        .expect("every node leads on")
}

/// Runs the graph for `steps` steps and keeps nothing; the steps it took.
///
/// # Panics
///
/// When the graph does not end by itself.
#[must_use]
pub fn in_memory(graph: &Graph<Counter>, steps: u32) -> u64 {
    let app = graph.without_store();
    let config = RunConfig::thread("bench").with_step_limit(u64::from(steps));
    finished(block_on(app.invoke(Input::Start(Counter::to(steps)), &config)).expect("nothing fails"))
}

/// Runs the graph for `steps` steps, each a durable commit in a new SQLite file in `folder`; the steps it took.
///
/// # Panics
///
/// When the file can't be written.
#[must_use]
pub fn in_sqlite(graph: &Graph<Counter>, folder: &Path, steps: u32) -> u64 {
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    let store =
        SqliteCheckpointer::open(folder.path().join("threads.db"), Durability::Full).expect("a new file");
    let app = graph.with_store(Arc::new(store));
    let config = RunConfig::thread("bench").with_step_limit(u64::from(steps));
    finished(block_on(app.invoke(Input::Start(Counter::to(steps)), &config)).expect("nothing fails"))
}

/// The floor in memory: a loop over the same state, copied for each step; the steps it took.
#[must_use]
pub fn hand_loop(steps: u32) -> u64 {
    let mut state = Arc::new(Counter::to(steps));
    while state.steps < state.goal {
        let mut next = Counter::clone(&state);
        next.steps = state.next();
        state = Arc::new(next);
    }
    state.steps
}

/// The floor on disk: the same loop with the whole state written as JSON in one durable commit for each step; the steps
/// it took.
///
/// # Panics
///
/// When the file can't be written.
#[must_use]
pub fn hand_loop_with_commits(folder: &Path, steps: u32) -> u64 {
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    let db = Connection::open(folder.path().join("floor.db")).expect("a new file");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE step (seq INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT;",
    )
    .expect("a new file");
    let mut state = Counter::to(steps);
    while state.steps < state.goal {
        state.steps = state.next();
        let json = serde_json::to_string(&state).expect("plain data");
        let mut insert = db.prepare_cached("INSERT INTO step (state) VALUES (?1)").expect("a table");
        insert.execute([json]).expect("a new row");
    }
    state.steps
}

fn finished(ending: Ending<Counter>) -> u64 {
    match ending {
        Ending::Done(state) => state.steps,
        _ => 0,
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().build().expect("a runtime without I/O needs no resources");
    runtime.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphs_and_floors_take_the_same_steps() {
        let (graph, folder) = (graph(), tempfile::tempdir().unwrap());
        assert_eq!((in_memory(&graph, 7), hand_loop(7)), (7, 7));
        assert_eq!((in_sqlite(&graph, folder.path(), 7), hand_loop_with_commits(folder.path(), 7)), (7, 7));
    }
}
