//! Steps of a graph with a commit to SQLite for each.

use std::{path::Path, sync::Arc};

use ae_langflow::{Durability, Graph, SqliteCheckpointer};
use rusqlite::Connection;

use super::{Counter, run};

/// Runs from `start` to its goal, each step a commit in a new file in `folder`; the steps it took.
///
/// # Panics
///
/// When the file can't be written.
pub fn in_sqlite(graph: &Graph<Counter>, folder: &Path, durability: Durability, start: Counter) -> u64 {
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    let store = SqliteCheckpointer::open(folder.path().join("threads.db"), durability).expect("a new file");
    run(&graph.with_store(Arc::new(store)), start).steps
}

/// The floor: a loop by hand with the state's JSON in one commit for each step; the steps it took.
///
/// # Panics
///
/// When the file can't be written.
pub fn hand_loop(folder: &Path, durability: Durability, start: Counter) -> u64 {
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    let db = Connection::open(folder.path().join("floor.db")).expect("a new file");
    let synchronous = match durability {
        Durability::Normal => "NORMAL",
        _ => "FULL",
    };
    db.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
         CREATE TABLE step (seq INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT;"
    ))
    .expect("a new file");
    let mut state = start;
    while state.steps < state.goal {
        state.steps = state.next();
        let json = serde_json::to_string(&state).expect("plain data");
        let mut insert = db.prepare_cached("INSERT INTO step (state) VALUES (?1)").expect("a table");
        insert.execute([json]).expect("a new row");
    }
    state.steps
}
