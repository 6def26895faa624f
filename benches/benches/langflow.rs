//! How long a step of a graph takes.

use benches::{
    langflow::{graph, hand_loop, hand_loop_with_commits, in_memory, in_sqlite},
    ratio::{compare, is_measuring, report},
};

fn main() {
    let graph = graph();
    let many: u32 = if is_measuring() { 2_000 } else { 10 };
    report(&compare(
        "graph: a step in memory",
        "a loop by hand",
        many,
        || in_memory(&graph, many),
        || hand_loop(many),
    ));
    let few: u32 = if is_measuring() { 200 } else { 3 };
    let folder = tempfile::tempdir().expect("a temporary folder");
    report(&compare(
        "graph: a step committed to SQLite",
        "a loop with a commit by hand",
        few,
        || in_sqlite(&graph, folder.path(), few),
        || hand_loop_with_commits(folder.path(), few),
    ));
}
