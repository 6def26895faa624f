//! Threads that go on in another version of their graph.

use std::sync::Arc;

use ae_langflow::{
    Cx, END, Ending, Graph, GraphError, Input, RunConfig, START, StateGraph, Stop, WriteAs, node,
};

use crate::{
    engine::Say,
    support::{Log, Place, Switch, done, log, names, places},
};

/// `a` and `b` start together, `b2` comes after `b`, and a join waits for `sources`.
fn join(target: &'static str, sources: &[&str]) -> Graph<Log> {
    StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("b2", Say("b2"))
        .add_node(target, Say("join"))
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("b", "b2")
        .add_edge(sources.to_vec(), target)
        .add_edge("a", END)
        .add_edge("b", END)
        .add_edge("b2", END)
        .add_edge(target, END)
        .compile()
        .unwrap()
}

/// The same in a subgraph.
fn within(inner: &Graph<Log>) -> Graph<Log> {
    let outer = StateGraph::<Log>::new("outer").add_subgraph("sub", inner);
    outer.add_edge(START, "sub").add_edge("sub", END).compile().unwrap()
}

async fn missing(place: &Place, graph: &Graph<Log>) -> Vec<String> {
    match place.app(graph).invoke(Input::Continue, &RunConfig::thread("t")).await {
        Err(GraphError::GraphChanged { missing, .. }) => missing,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_join_that_is_half_filled_and_gone_is_an_error_which_names_it() {
    for place in places() {
        for nested in [false, true] {
            let of = |graph: Graph<Log>| if nested { within(&graph) } else { graph };
            let (old, config) = (of(join("c", &["a", "b2"])), RunConfig::thread("t"));
            let steps = if nested { 2 } else { 1 };
            let one = config.clone().with_step_limit(steps);
            let ending = place.app(&old).invoke(Input::start(Log::update()), &one).await.unwrap();
            assert!(matches!(ending, Ending::StepLimit(_)));
            let named = if nested { r#"["sub/a", "sub/b2"] -> "sub/c""# } else { r#"["a", "b2"] -> "c""# };
            for new in [join("d", &["a", "b2"]), join("c", &["a", "b", "b2"]), join("c", &["b", "b2"])] {
                let missing = missing(&place, &of(new)).await;
                assert_eq!(missing.len(), 1);
                assert!(missing[0].contains(named), "{missing:?}");
            }
            // With the edge back in place nothing is lost.
            let ending = place.app(&old).invoke(Input::Continue, &config).await;
            assert_eq!(done(ending.unwrap()).log, names("a b b2 join"));
            place.app(&old).delete(&config).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_write_in_a_nodes_name_leads_into_the_new_version_and_so_does_a_turn() {
    for turn in [false, true] {
        for place in places() {
            let config = RunConfig::thread("t");
            let old = join("c", &["a", "b2"]);
            let one = config.clone().with_step_limit(1);
            place.app(&old).invoke(Input::start(Log::update()), &one).await.unwrap();
            let new = place.app(&join("d", &["a", "b2"]));
            let input = if turn {
                Input::turn(Log::update())
            } else {
                let by = WriteAs::Node("d");
                new.update_state(&config, Log::update().log(names("me")), by).await.unwrap();
                Input::Continue
            };
            let rest = if turn { "a b a b b2 join" } else { "a b me" };
            assert_eq!(done(new.invoke(input, &config).await.unwrap()).log, names(rest));
        }
    }
}

/// `a` finishes and leads to `to`, while `b` fails until the switch is on.
fn half(to: &'static str, label: &'static str, handler: Option<&'static str>, works: &Switch) -> Graph<Log> {
    let works = works.clone();
    let a = move |_: Arc<Log>, _: Cx| async move {
        if handler.is_some() { Err(Stop::failed("broken")) } else { Ok(log("a").goto(to)) }
    };
    let b = move |_: Arc<Log>, _: Cx| {
        let works = works.is_on();
        async move { if works { Ok(log("b")) } else { Err(Stop::failed("broken")) } }
    };
    let mut graph = StateGraph::<Log>::new("g");
    graph = match handler {
        Some(handler) => graph
            .add_node("a", node(a).with_error_handler(handler))
            .add_node(handler, Say("mend"))
            .add_edge(handler, END),
        None => graph.add_node("a", a),
    };
    graph
        .add_node("b", b)
        .add_node(to, Say(to))
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_goto("a", [to])
        .add_conditional_edges("a", move |_: &Log| label, [(label, END)])
        .add_edge(to, END)
        .add_edge("b", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn what_a_finished_task_leads_to_must_be_there_and_is_not_thrown_away_when_it_is_not() {
    for place in places() {
        for (handler, new) in
            [(None, ("d", "x", None)), (None, ("c", "y", None)), (Some("h"), ("c", "x", None))]
        {
            let (works, config) = (Switch::new(false), RunConfig::thread("t"));
            let old = half("c", "x", handler, &works);
            place.app(&old).invoke(Input::start(Log::update()), &config).await.unwrap_err();
            works.set(true);
            let new = half(new.0, new.1, new.2, &works);
            let missing = missing(&place, &new).await;
            assert_eq!(missing.len(), 1, "{missing:?}");
            let ending = place.app(&old).invoke(Input::Continue, &config).await.unwrap();
            let rest = if handler.is_some() { "b mend" } else { "a b c" };
            assert_eq!(done(ending).log, names(rest));
            place.app(&old).delete(&config).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_finished_task_of_a_node_that_is_gone_is_missing_too() {
    for place in places() {
        let (works, config) = (Switch::new(false), RunConfig::thread("t"));
        let old = half("c", "x", None, &works);
        place.app(&old).invoke(Input::start(Log::update()), &config).await.unwrap_err();
        works.set(true);
        let new = StateGraph::<Log>::new("g").add_node("b", Say("b")).add_edge(START, "b").add_edge("b", END);
        assert_eq!(missing(&place, &new.compile().unwrap()).await, ["a"]);
        let ending = place.app(&old).invoke(Input::Continue, &config).await.unwrap();
        assert_eq!(done(ending).log, names("a b c"));
    }
}

#[tokio::test]
async fn what_was_sent_to_a_node_that_is_a_subgraph_now_is_missing() {
    let graph = |nested: bool| {
        let split = |_: Arc<Log>, _: Cx| async move { Ok(log("split").goto("w").send("w", &1)) };
        let start = StateGraph::<Log>::new("g").add_node("split", split);
        let inner = StateGraph::<Log>::new("i").add_node("x", Say("x"));
        let inner = inner.add_edge(START, "x").add_edge("x", END).compile().unwrap();
        let graph = if nested { start.add_subgraph("w", &inner) } else { start.add_node("w", Say("w")) };
        graph.add_edge(START, "split").add_goto("split", ["w"]).add_edge("w", END).compile().unwrap()
    };
    for place in places() {
        let one = RunConfig::thread("t").with_step_limit(1);
        place.app(&graph(false)).invoke(Input::start(Log::update()), &one).await.unwrap();
        let missing = missing(&place, &graph(true)).await;
        assert!(missing.len() == 1 && missing[0].contains("w#0"), "{missing:?}");
    }
}
