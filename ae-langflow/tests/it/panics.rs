//! Panics in the code of a graph.

use std::sync::Arc;

use ae_langflow::{
    Cx, END, Ending, Graph, GraphError, Input, Node, RunConfig, RunError, START, State, StateGraph, Step,
    Stop, WriteAs,
    host::{GraphRun, NextStep},
    node,
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::Say,
    policy::{failing, policy, start},
    support::{Log, asked, done, log, names, places, stored},
};

/// `a` beside `b` if `wide`, then what `a` leads to.
fn graph(a: impl Node<Log>, wide: bool) -> StateGraph<Log> {
    let graph = StateGraph::<Log>::new("g").add_node("a", a).add_edge(START, "a").add_edge("a", END);
    if wide { graph.add_node("b", Say("b")).add_edge(START, "b").add_edge("b", END) } else { graph }
}

fn report(ended: Result<Ending<Log>, GraphError>) -> String {
    match ended.unwrap_err() {
        GraphError::Node { node, source, .. } => format!("{node}: {source}"),
        other => panic!("{other:?}"),
    }
}

async fn panics(_: Arc<Log>, cx: Cx) -> Result<Step<Log>, Stop> {
    tokio::task::yield_now().await;
    if cx.attempt() < 3 { panic!("try {} broke", cx.attempt()) } else { Ok(log("third")) }
}

#[tokio::test]
async fn a_panic_of_a_node_is_a_failure_of_that_node_and_its_siblings_keep_what_they_did() {
    for wide in [false, true] {
        for place in places() {
            let graph = graph(panics, wide).compile().unwrap();
            assert_eq!(report(start(&place.app(&graph)).await), "a: it panicked: try 1 broke");
            let config = RunConfig::thread("t");
            let state = place.app(&graph).get_state(&config).await.unwrap().unwrap().state;
            assert_eq!(state.log, if wide { names("b") } else { Vec::new() });
            assert_eq!(
                report(place.app(&graph).invoke(Input::Continue, &config).await),
                "a: it panicked: try 1 broke"
            );
        }
    }
}

#[tokio::test]
async fn a_panic_follows_the_policy() {
    let app = stored(&graph(node(panics).with_retry(policy(3)), true).compile().unwrap());
    let app = app.with_runtime(ae_core::Runtime::manual(ae_core::Timestamp::UNIX_EPOCH, 1));
    assert_eq!(done(start(&app).await.unwrap()).log, names("third b"));
    let mend = |_: Arc<Log>, cx: Cx| async move { Ok(log(&cx.failure().unwrap().message)) };
    let handled = graph(node(panics).with_error_handler("mend"), false);
    let handled = handled.add_node("mend", mend).add_edge("mend", END).compile().unwrap();
    assert_eq!(done(start(&stored(&handled)).await.unwrap()).log, ["it panicked: try 1 broke"]);
}

/// Panics before there is a future.
struct AtOnce;

impl Node<Log> for AtOnce {
    #[allow(clippy::manual_async_fn, reason = "the part before the future is what is tested")]
    fn run(&self, state: Arc<Log>, _: Cx) -> impl Future<Output = Result<Step<Log>, Stop>> + Send {
        assert!(!state.log.is_empty(), "nothing is there");
        async { Ok(log("a")) }
    }
}

#[tokio::test]
async fn panics_before_the_future_in_a_cache_key_and_in_a_router_are_failures_too() {
    let say = || failing(|_| None::<std::io::Error>);
    for wide in [false, true] {
        let key = |_: &Log| -> String { panic!("no key") };
        let router = |_: &Log| -> u32 { panic!("no label") };
        let cache = Arc::new(ae_langflow::MemoryNodeCache::new(std::num::NonZeroUsize::MIN));
        let routed = |a: bool| {
            let plain = StateGraph::<Log>::new("g");
            let plain = if a {
                plain
                    .add_node("a", node(say()).with_error_handler("mend"))
                    .add_node("mend", Say("mend"))
                    .add_edge("mend", END)
            } else {
                plain.add_node("a", say())
            };
            let plain = plain.add_edge(START, "a").add_conditional_edges("a", router, [(1, END)]);
            if wide { plain.add_node("b", Say("b")).add_edge(START, "b").add_edge("b", END) } else { plain }
                .compile()
                .unwrap()
        };
        let cached = stored(&graph(node(say()).cached(key), wide).compile().unwrap()).with_cache(cache);
        assert_eq!(report(start(&cached).await), "a: it panicked: no key");
        let at_once = graph(AtOnce, wide).compile().unwrap();
        assert_eq!(report(start(&stored(&at_once)).await), "a: it panicked: nothing is there");
        assert_eq!(report(start(&stored(&routed(false))).await), "a: it panicked: no label");
        let handled = done(start(&stored(&routed(true))).await.unwrap()).log;
        assert_eq!(handled, if wide { names("b mend") } else { names("mend") });
    }
}

#[tokio::test]
async fn a_node_that_unwraps_its_pause_is_parked_all_the_same() {
    let asks = |_: Arc<Log>, cx: Cx| async move {
        let text: String = cx.ask("who", &1).await.unwrap();
        Ok(log(&text))
    };
    let app = stored(&graph(asks, false).compile().unwrap());
    let questions = asked(start(&app).await.unwrap());
    let answer = questions[0].answer("Ada").unwrap();
    assert_eq!(done(app.resume(&RunConfig::thread("t"), answer).await.unwrap()).log, ["Ada"]);
}

#[tokio::test]
async fn a_router_after_start_that_panics_refuses_the_call() {
    let router = |_: &Log| -> u32 { panic!("no label") };
    let graph: Graph<Log> = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_conditional_edges(START, router, [(1, "a"), (2, END)])
        .add_edge("a", END)
        .compile()
        .unwrap();
    let error = start(&stored(&graph)).await.unwrap_err();
    assert!(error.to_string().contains("no label"), "{error}");
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Picky {
    #[reduce(with = pick)]
    list: Vec<String>,
}

fn pick(have: &mut Vec<String>, new: Vec<String>) {
    assert!(!new.contains(&"bad".to_owned()), "it is bad");
    have.extend(new);
}

/// `a` writes something bad; `b`, if it is there, `asks` or does not.
fn picky(beside: Option<bool>) -> Graph<Picky> {
    let graph = StateGraph::<Picky>::new("picky")
        .add_node("a", |_: Arc<Picky>, _: Cx| async { Ok(Picky::update().list(names("bad"))) })
        .add_edge(START, "a")
        .add_edge("a", END);
    let Some(asks) = beside else { return graph.compile().unwrap() };
    let b = move |_: Arc<Picky>, cx: Cx| async move {
        let list = if asks { vec![cx.ask::<_, String>("q", &1).await?] } else { names("b") };
        Ok::<_, Stop>(Picky::update().list(list))
    };
    graph.add_node("b", b).add_edge(START, "b").add_edge("b", END).compile().unwrap()
}

fn is_bad(error: &GraphError) -> bool {
    let run = matches!(error, GraphError::Run(RunError::Panicked { message, .. }) if message == "it is bad");
    run || matches!(error, GraphError::Node { node, source, .. }
        if node == "a" && source.to_string() == "it panicked: it is bad")
}

#[tokio::test]
async fn a_reducer_that_panics_is_an_error_of_each_call_that_folds() {
    let bad = || Picky::update().list(names("bad"));
    for beside in [None, Some(false), Some(true)] {
        for place in places() {
            let (graph, config) = (picky(beside), RunConfig::thread("t"));
            let app = || place.app(&graph);
            let turned = app().invoke(Input::turn(bad()), &config).await.unwrap_err();
            assert!(is_bad(&turned) && app().get_state(&config).await.unwrap().is_none(), "{turned}");
            assert_eq!(turned.input_stored(), Some(false));
            let ended = app().invoke(Input::start(Picky::update()), &config).await.unwrap_err();
            assert!(is_bad(&ended), "{ended}");
            let turned = app().invoke(Input::turn(bad()), &config).await.unwrap_err();
            assert!(is_bad(&turned) && turned.input_stored() == Some(false), "{turned}");
            let written = app().update_state(&config, bad(), WriteAs::NoNode).await.unwrap_err();
            assert!(is_bad(&written), "{written}");
            match app().get_state(&config).await {
                Ok(state) => assert_eq!(*state.unwrap().state, Picky::default()),
                // What `a` wrote is stored while `b` waits.
                Err(error) => assert!(beside == Some(true) && is_bad(&error), "{error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_run_that_a_host_drives_says_that_a_reducer_panicked() {
    let graph = picky(Some(false));
    let mut run = GraphRun::start(&graph, Picky::default()).unwrap();
    let mut as_json = run.to_json_state().unwrap();
    let NextStep::Run(superstep) = run.next_step() else { panic!() };
    let mut outcomes = Vec::new();
    for due in superstep.tasks {
        let cx = Cx::for_task("t", superstep.step, due);
        outcomes.push(graph.run_task(Arc::clone(&superstep.state), cx).await.unwrap());
    }
    let json = serde_json::to_value(&outcomes).unwrap();
    let panicked = RunError::Panicked { nodes: names("a b"), message: "it is bad".to_owned() };
    assert_eq!(run.apply(outcomes).unwrap_err(), panicked);
    assert_eq!(as_json.apply(serde_json::from_value(json).unwrap()).unwrap_err(), panicked);
}
