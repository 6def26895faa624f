//! Many tasks in one superstep.

use std::sync::Arc;

use ae_langflow::{Cx, END, Graph, START, State, StateGraph, Step, Stop};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::{block_on, nothing, run};

/// How many tasks were joined.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
pub struct Joined {
    /// The sum of what the tasks wrote.
    #[reduce(with = add)]
    pub sum: u64,
}

fn add(have: &mut u64, new: u64) {
    *have += new;
}

/// A graph that sends `tasks` inputs to one node and joins them.
///
/// # Panics
///
/// Never: the graph is complete.
pub fn graph(tasks: u64) -> Graph<Joined> {
    let split = move |_: Arc<Joined>, _: Cx| async move {
        Ok::<_, Stop>((0..tasks).fold(Step::none(), |step: Step<Joined>, task| step.send("work", &task)))
    };
    let work =
        |_: Arc<Joined>, cx: Cx| async move { Ok::<_, Stop>(Joined::update().sum(cx.input::<u64>()?)) };
    StateGraph::new("fan-out")
        .add_node("split", split)
        .add_node("work", work)
        .add_node("join", nothing)
        .add_edge(START, "split")
        .add_goto("split", ["work"])
        .add_edge("work", "join")
        .add_edge("join", END)
        .compile()
        .expect("every node leads on")
}

/// Runs the graph; the sum.
pub fn by_graph(graph: &Graph<Joined>) -> u64 {
    run(&graph.without_store(), Joined::default()).sum
}

/// The floor: the same tasks in a `JoinSet`; the sum.
///
/// # Panics
///
/// When a task panics, which none does.
pub fn by_join_set(tasks: u64) -> u64 {
    block_on(async {
        let mut set = JoinSet::new();
        for task in 0..tasks {
            set.spawn(async move { task });
        }
        let mut sum = 0;
        while let Some(done) = set.join_next().await {
            sum += done.expect("no task panics");
        }
        sum
    })
}
