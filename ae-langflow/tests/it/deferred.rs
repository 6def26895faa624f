//! Nodes that wait until nothing else is due.

use std::sync::Arc;

use ae_langflow::{Cx, END, Ending, Input, RunConfig, START, StateGraph, WriteAs, node};

use crate::{
    engine::Say,
    support::{Log, done, log, names, places, run},
};

fn fork() -> StateGraph<Log> {
    StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("b2", Say("b2"))
        .add_node("b3", Say("b3"))
        .add_node("z", node(Say("z")).deferred())
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("a", "z")
        .add_edge("b", "b2")
        .add_edge("b2", "b3")
        .add_edge("b3", "z")
        .add_edge("z", END)
}

#[tokio::test]
async fn a_deferred_node_runs_once_behind_branches_of_unequal_length_wherever_the_thread_is_resumed() {
    let graph = fork().compile().unwrap();
    assert_eq!(graph.warnings(), []);
    assert_eq!(done(run(&graph).await.unwrap()).log, names("a b b2 b3 z"));
    for place in places() {
        let config = RunConfig::thread("t").with_step_limit(1);
        let mut input = Input::start(Log::update());
        let state = loop {
            match place.app(&graph).invoke(input, &config).await.unwrap() {
                Ending::Done(state) => break state,
                _ => input = Input::Continue,
            }
        };
        assert_eq!(state.log, names("a b b2 b3 z"));
    }
}

#[tokio::test]
async fn several_deferred_nodes_run_together_and_one_that_comes_again_waits_again() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("y", node(Say("y")).deferred())
        .add_node(
            "z",
            node(|state: Arc<Log>, _: Cx| async move {
                Ok(if state.log.len() < 4 { log("z").goto("a") } else { log("z") })
            })
            .deferred(),
        )
        .add_edge(START, "a")
        .add_edge(START, "z")
        .add_edge("a", "y")
        .add_edge("a", "z")
        .add_edge("y", END)
        .add_edge("z", END)
        .add_goto("z", ["a"])
        .compile()
        .unwrap();
    assert_eq!(done(run(&graph).await.unwrap()).log, names("a y z a y z"));
}

#[tokio::test]
async fn what_is_sent_to_a_deferred_node_runs_at_once() {
    let graph = fork()
        .add_node("split", |_: Arc<Log>, _: Cx| async move { Ok(log("split").send("z", &1)) })
        .add_edge(START, "split")
        .add_goto("split", ["z"])
        .compile()
        .unwrap();
    assert_eq!(done(run(&graph).await.unwrap()).log, names("a b split b2 z b3 z"));
}

#[tokio::test]
async fn inside_a_subgraph_it_waits_for_the_subgraph_alone_and_the_outer_one_for_both() {
    let inner = StateGraph::<Log>::new("inner")
        .add_node("x", Say("x"))
        .add_node("x2", Say("x2"))
        .add_node("d", node(Say("d")).deferred())
        .add_edge(START, "d")
        .add_edge(START, "x")
        .add_edge("x", "x2")
        .add_edge("x2", "d")
        .add_edge("d", END)
        .compile()
        .unwrap();
    let graph = StateGraph::<Log>::new("outer")
        .add_subgraph("sub", &inner)
        .add_node("z", node(Say("z")).deferred())
        .add_node("long1", Say("1"))
        .add_node("long2", Say("2"))
        .add_node("long3", Say("3"))
        .add_node("long4", Say("4"))
        .add_node("long5", Say("5"))
        .add_edge(START, "sub")
        .add_edge(START, "z")
        .add_edge(START, "long1")
        .add_edge("long1", "long2")
        .add_edge("long2", "long3")
        .add_edge("long3", "long4")
        .add_edge("long4", "long5")
        .add_edge("long5", END)
        .add_edge("sub", "z")
        .add_edge("z", END)
        .compile()
        .unwrap();
    // The entry of `sub` runs beside 1.
    assert_eq!(done(run(&graph).await.unwrap()).log, names("1 2 x 3 x2 4 d 5 z"));
}

#[tokio::test]
async fn a_write_in_a_nodes_name_forgets_what_was_deferred_and_one_in_nobodys_does_not() {
    for place in places() {
        let graph = fork().compile().unwrap();
        for (thread, by, rest) in
            [("node", WriteAs::Node("b3"), "a b me z"), ("nobody", WriteAs::NoNode, "a b me b2 b3 z")]
        {
            let config = RunConfig::thread(thread).with_step_limit(1);
            place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap();
            place.app(&graph).update_state(&config, Log::update().log(names("me")), by).await.unwrap();
            let ending = place.app(&graph).invoke(Input::Continue, &RunConfig::thread(thread)).await;
            assert_eq!(done(ending.unwrap()).log, names(rest));
        }
    }
}

#[tokio::test]
async fn a_source_that_arrives_again_while_the_target_waits_does_not_count_for_the_next_round() {
    // `a` runs twice before the deferred `z` does, and then only `b` runs again: `z` needs both.
    let again = |state: Arc<Log>, _: Cx| async move {
        Ok(if state.log.len() < 3 { log("a").goto("c") } else { log("a").goto(END) })
    };
    let after = |state: Arc<Log>, _: Cx| async move {
        Ok(if state.log.len() < 6 { log("z").goto("b") } else { log("z").goto(END) })
    };
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", again)
        .add_node("b", Say("b"))
        .add_node("c", Say("c"))
        .add_node("z", node(after).deferred())
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge(["a", "b"], "z")
        .add_edge("c", "a")
        .add_goto("a", ["c", END])
        .add_goto("z", ["b", END])
        .compile()
        .unwrap();
    assert_eq!(done(run(&graph).await.unwrap()).log, names("a b c a z b"));
}
