//! Joins that a choice may leave half filled.

use ae_langflow::{
    CompileWarning, END, Event, Input, Modes, OpenJoin, RunConfig, START, StateGraph, WriteAs, node,
};

use crate::{
    engine::Say,
    support::{Log, done, names, places, stored},
};

const NAMES: [&str; 8] = ["a", "b", "c", "d", "p", "r", "s", "x"];

/// A graph over some of the names, with a join of `a` and `b` into `c`.
fn joined(
    build: impl FnOnce(StateGraph<Log>) -> StateGraph<Log>,
    nodes: &[&'static str],
) -> ae_langflow::Graph<Log> {
    assert!(nodes.iter().all(|node| NAMES.contains(node)));
    let mut graph = StateGraph::<Log>::new("g");
    for name in nodes {
        graph = graph.add_node(*name, Say(name));
    }
    build(graph).add_edge(["a", "b"], "c").add_edge("c", END).compile().unwrap()
}

fn choice(state: &Log) -> u32 {
    state.count
}

fn starved(graph: &ae_langflow::Graph<Log>) -> Vec<String> {
    let of = |warning: &CompileWarning| match warning {
        CompileWarning::MayNeverJoin { node, sources } => {
            assert!(node == "c" && warning.to_string().contains("deferred"), "{warning}");
            sources.clone()
        }
        other => panic!("{other}"),
    };
    graph.warnings().iter().flat_map(of).collect()
}

#[test]
fn a_join_of_which_a_choice_may_leave_out_a_part_is_warned_of() {
    // The router leads to one of both.
    let either = joined(
        |g| g.add_edge(START, "r").add_conditional_edges("r", choice, [(0, "a"), (1, "b")]),
        &["a", "b", "c", "r"],
    );
    assert_eq!(starved(&either), ["a", "b"]);
    // One runs always, the other one by choice.
    let skipped = joined(
        |g| {
            g.add_edge(START, "a").add_edge("a", "r").add_conditional_edges("r", choice, [(0, "b"), (1, END)])
        },
        &["a", "b", "c", "r"],
    );
    assert_eq!(starved(&skipped), ["b"]);
    // The same by a goto that the node need not use.
    let goto = joined(
        |g| g.add_edge(START, "a").add_edge(START, "r").add_edge("r", END).add_goto("r", ["b"]),
        &["a", "b", "c", "r"],
    );
    assert_eq!(starved(&goto), ["b"]);
    // One label starts both, another one only one of them.
    let some = joined(
        |g| {
            g.add_edge(START, "r")
                .add_conditional_edges("r", choice, [(0, "p"), (1, "a")])
                .add_edge("p", "a")
                .add_edge("p", "b")
        },
        &["a", "b", "c", "p", "r"],
    );
    assert_eq!(starved(&some), ["b"]);
}

#[test]
fn a_join_of_which_all_parts_come_or_none_is_not() {
    let plain =
        joined(|g| g.add_edge(START, "a").add_edge("a", "x").add_edge("x", "b"), &["a", "b", "c", "x"]);
    assert!(starved(&plain).is_empty());
    // Both start behind one label, or neither does.
    let together = joined(
        |g| {
            g.add_edge(START, "r")
                .add_conditional_edges("r", choice, [(0, "p"), (1, END)])
                .add_edge("p", "a")
                .add_edge("p", "b")
        },
        &["a", "b", "c", "p", "r"],
    );
    assert!(starved(&together).is_empty());
    // The choice is of the way, not of the end; a node with nothing but gotos has to use one.
    let ways = joined(
        |g| {
            g.add_edge(START, "r")
                .add_edge(START, "a")
                .add_conditional_edges("r", choice, [(0, "x"), (1, "d"), (2, "s")])
                .add_edge("x", "b")
                .add_edge("d", "b")
                .add_goto("s", ["x", "b"])
        },
        &["a", "b", "c", "d", "r", "s", "x"],
    );
    assert!(starved(&ways).is_empty());
    // In a loop which ends, the node behind it comes.
    let looped = joined(
        |g| {
            g.add_edge(START, "a")
                .add_edge(START, "r")
                .add_conditional_edges("r", choice, [(0, "x"), (1, "b")])
                .add_edge("x", "r")
        },
        &["a", "b", "c", "r", "x"],
    );
    assert!(starved(&looped).is_empty());
    // A join that follows a join.
    let chain = joined(
        |g| g.add_edge(START, "p").add_edge(START, "s").add_edge(["p", "s"], "a").add_edge(START, "b"),
        &["a", "b", "c", "p", "s"],
    );
    assert!(starved(&chain).is_empty());
}

#[tokio::test]
async fn the_end_says_which_joins_were_left_out_and_a_later_turn_begins_without_them() {
    let graph = joined(
        |g| {
            g.add_edge(START, "r")
                .add_conditional_edges("r", choice, [(0, "a"), (1, "b")])
                .add_edge("a", END)
                .add_edge("b", END)
        },
        &["a", "b", "c", "r"],
    );
    for place in places() {
        let config = RunConfig::thread("t");
        let app = place.app(&graph);
        let mut stream = app.stream(Input::start(Log::update()), &config, Modes::CUSTOM);
        let Some(Ok(Event::LeftOut { joins })) = stream.next().await else { panic!("nothing was left out") };
        assert!(matches!(stream.next().await, Some(Ok(Event::Ended(_)))));
        let [OpenJoin { target, arrived, missing, .. }] = &joins[..] else { panic!("{joins:?}") };
        assert_eq!((target.as_str(), &arrived[..], &missing[..]), ("c", &names("a")[..], &names("b")[..]));
        let state = app.get_state(&config).await.unwrap().unwrap();
        assert_eq!((state.finished, &state.open_joins), (true, &joins));
        // What arrived in one turn does not count in the next one.
        let turn = app.invoke(Input::turn(Log::update().count(1)), &config).await;
        assert_eq!(done(turn.unwrap()).log, names("r a r b"));
        let state = app.get_state(&config).await.unwrap().unwrap();
        assert_eq!(state.open_joins[0].missing, names("a"));
        let state = app.update_state(&config, Log::update(), WriteAs::Node("c")).await.unwrap();
        assert!(state.finished && state.open_joins.is_empty());
    }
}

#[tokio::test]
async fn a_deferred_node_behind_plain_edges_waits_for_those_that_do_run() {
    let graph = |count: u32| {
        let choose = move |_: &Log| count;
        StateGraph::<Log>::new("g")
            .add_node("a", Say("a"))
            .add_node("b", Say("b"))
            .add_node("c", node(Say("c")).deferred())
            .add_edge(START, "a")
            .add_conditional_edges("a", choose, [(0, "b"), (1, END)])
            .add_edge("a", "c")
            .add_edge("b", "c")
            .add_edge("c", END)
            .compile()
            .unwrap()
    };
    for (count, expected) in [(0, "a b c"), (1, "a c")] {
        let graph = graph(count);
        assert!(graph.warnings().is_empty());
        let ended = stored(&graph).invoke(Input::start(Log::update()), &RunConfig::thread("t")).await;
        assert_eq!(done(ended.unwrap()).log, names(expected));
    }
}

#[tokio::test]
async fn a_subgraph_beside_a_node_with_a_common_target_by_plain_edges_is_warned_of() {
    let inner = |name: &str| {
        StateGraph::<Log>::new(name)
            .add_node("i", Say("i"))
            .add_edge(START, "i")
            .add_edge("i", END)
            .compile()
            .unwrap()
    };
    let graph = |waits: bool, deferred: bool, two: bool| {
        let join = node(Say("j"));
        let join = if deferred { join.deferred() } else { join };
        let graph = StateGraph::<Log>::new("g")
            .add_node("f", Say("f"))
            .add_subgraph("sub", &inner("i"))
            .add_node("j", join)
            .add_node("after", Say("after"));
        let graph = if two { graph.add_subgraph("n", &inner("n")) } else { graph.add_node("n", Say("n")) };
        let graph = graph.add_edge(START, "f").add_edge("f", "sub").add_edge("f", "n");
        let graph = if waits {
            graph.add_edge(["sub", "n"], "j")
        } else {
            graph.add_edge("sub", "j").add_edge("n", "j")
        };
        graph.add_edge("j", "after").add_edge("after", END).compile().unwrap()
    };
    let warning = |subgraphs: &str| CompileWarning::SubgraphJoin {
        fork: "f".to_owned(),
        node: "j".to_owned(),
        subgraphs: names(subgraphs),
    };
    assert_eq!(graph(false, false, false).warnings(), [warning("sub")]);
    assert_eq!(graph(false, false, true).warnings(), [warning("n sub")]);
    assert!(warning("sub").to_string().contains("entry"));
    for (waits, deferred) in [(true, false), (false, true)] {
        assert_eq!(graph(waits, deferred, false).warnings(), []);
        let app = stored(&graph(waits, deferred, false));
        let ended = app.invoke(Input::start(Log::update()), &RunConfig::thread("t")).await;
        assert_eq!(done(ended.unwrap()).log, names("f n i j after"));
    }
    let app = stored(&graph(false, false, false));
    let twice = app.invoke(Input::start(Log::update()), &RunConfig::thread("t")).await;
    assert_eq!(done(twice.unwrap()).log, names("f n j i after j after"));
}

#[test]
fn a_subgraph_before_or_after_the_fork_is_not_warned_of() {
    let inner = StateGraph::<Log>::new("i").add_node("i", Say("i")).add_edge(START, "i").add_edge("i", END);
    let inner = inner.compile().unwrap();
    let graph = StateGraph::<Log>::new("g")
        .add_subgraph("one", &inner)
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("m", Say("m"))
        .add_subgraph("two", &inner)
        .add_node("z", Say("z"))
        .add_edge(START, "one")
        .add_edge("one", "a")
        .add_edge("one", "b")
        .add_edge("a", "m")
        .add_edge("b", "m")
        .add_edge("m", "two")
        .add_edge("two", "z")
        .add_edge("z", END)
        .compile()
        .unwrap();
    assert_eq!(graph.warnings(), []);
}
