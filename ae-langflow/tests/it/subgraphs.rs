//! Graphs inside graphs over the same state.

use std::sync::Arc;

use ae_langflow::{
    App, Cx, END, Graph, GraphError, Input, RunConfig, RunError, START, StateGraph, Stop, WriteAs, node,
};

use crate::{
    engine::Say,
    support::{Log, Place, Switch, Trace, asked, done, log, names, places, run},
};

/// `before`, the subgraph `sub`, `after`.
fn around(inner: &Graph<Log>) -> Graph<Log> {
    StateGraph::<Log>::new("outer")
        .add_node("before", Say("before"))
        .add_subgraph("sub", inner)
        .add_node("after", Say("after"))
        .add_edge(START, "before")
        .add_edge("before", "sub")
        .add_edge("sub", "after")
        .add_edge("after", END)
        .compile()
        .unwrap()
}

fn line(name: &str, nodes: [&'static str; 2]) -> Graph<Log> {
    let [first, second] = nodes;
    StateGraph::<Log>::new(name)
        .add_node(first, Say(first))
        .add_node(second, Say(second))
        .add_edge(START, first)
        .add_edge(first, second)
        .add_edge(second, END)
        .compile()
        .unwrap()
}

async fn start(app: &App<Log>) -> Result<ae_langflow::Ending<Log>, GraphError> {
    app.invoke(Input::start(Log::update().log(names("in"))), &RunConfig::thread("t")).await
}

#[tokio::test]
async fn a_subgraph_shares_the_state_and_appends_once() {
    for place in places() {
        let graph = around(&line("inner", ["x", "y"]));
        let state = done(start(&place.app(&graph)).await.unwrap());
        assert_eq!(state.log, names("in before x y after"));
        let read = place.app(&graph).get_state(&RunConfig::thread("t")).await.unwrap().unwrap();
        assert_eq!((read.state.as_ref(), read.finished), (&state, true));
    }
}

#[tokio::test]
async fn every_boundary_inside_a_subgraph_can_be_resumed() {
    for place in places() {
        let graph = around(&line("inner", ["x", "y"]));
        let config = RunConfig::thread("t").with_step_limit(1);
        let mut input = Input::start(Log::update());
        let mut due = Vec::new();
        let state = loop {
            match place.app(&graph).invoke(input, &config).await.unwrap() {
                ae_langflow::Ending::Done(state) => break state,
                _ => input = Input::Continue,
            }
            due.extend(place.app(&graph).get_state(&config).await.unwrap().unwrap().next);
        };
        assert_eq!(state.log, names("before x y after"));
        assert_eq!(due, ["sub", "sub/x", "sub/y", "sub/__end__", "after"]);
    }
}

#[tokio::test]
async fn the_exit_is_taken_once_and_only_when_nothing_inside_is_due() {
    // Branches of one, two and three nodes; the way out is behind the longest.
    let inner = StateGraph::<Log>::new("inner")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("b2", Say("b2"))
        .add_node("c", Say("c"))
        .add_node("c2", Say("c2"))
        .add_node("c3", Say("c3"))
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge(START, "c")
        .add_edge("b", "b2")
        .add_edge("c", "c2")
        .add_edge("c2", "c3")
        .add_edge("a", END)
        .add_edge("b2", END)
        .add_edge("c3", END)
        .compile()
        .unwrap();
    assert_eq!(done(run(&around(&inner)).await.unwrap()).log, names("before a b c b2 c2 c3 after"));
}

#[tokio::test]
async fn two_of_one_kind_run_side_by_side_and_ask_side_by_side() {
    let inner = StateGraph::<Log>::new("inner")
        .add_node("x", |_: Arc<Log>, cx: Cx| async move {
            let ok: bool = cx.ask("ok", &cx.node()).await?;
            Ok(log(&format!("{}:{ok}", cx.node())))
        })
        .add_node("y", |_: Arc<Log>, cx: Cx| async move { Ok(log(cx.node())) })
        .add_edge(START, "x")
        .add_edge("x", "y")
        .add_edge("y", END)
        .compile()
        .unwrap();
    let graph = StateGraph::<Log>::new("outer")
        .add_subgraph("one", &inner)
        .add_subgraph("two", &inner)
        .add_node("join", Say("join"))
        .add_edge(START, "one")
        .add_edge(START, "two")
        .add_edge(["one", "two"], "join")
        .add_edge("join", END)
        .compile()
        .unwrap();
    for place in places() {
        let config = RunConfig::thread("t");
        let questions = asked(start(&place.app(&graph)).await.unwrap());
        let ids: Vec<_> =
            questions.iter().map(|question| (question.id.as_str(), question.node.as_str())).collect();
        assert_eq!(ids, [("one/ok", "one/x"), ("two/ok", "two/x")]);
        let left =
            asked(place.app(&graph).resume(&config, questions[1].answer(&false).unwrap()).await.unwrap());
        let state = done(place.app(&graph).resume(&config, left[0].answer(&true).unwrap()).await.unwrap());
        assert_eq!(state.log, names("in one/x:true two/x:false one/y two/y join"));
    }
}

#[tokio::test]
async fn start_and_end_inside_may_be_chosen() {
    let inner = StateGraph::<Log>::new("inner")
        .add_node("x", Say("x"))
        .add_node("y", Say("y"))
        .add_conditional_edges(START, |state: &Log| state.count, [(0, END), (1, "x"), (2, "y")])
        .add_conditional_edges("x", |state: &Log| state.log.len() < 4, [(true, "x"), (false, "y")])
        .add_edge("y", END)
        .compile()
        .unwrap();
    for (count, expected) in [(0, "before after"), (1, "before x x x y after"), (2, "before y after")] {
        let app = around(&inner).without_store();
        let input = Input::start(Log::update().count(count));
        assert_eq!(done(app.invoke(input, &RunConfig::thread("t")).await.unwrap()).log, names(expected));
    }
    let error = around(&inner).without_store();
    let error =
        error.invoke(Input::start(Log::update().count(9)), &RunConfig::thread("t")).await.unwrap_err();
    assert!(matches!(error, GraphError::Run(RunError::UnknownLabel { node, .. }) if node == "sub"));
}

#[tokio::test]
async fn what_waits_inside_is_forgotten_at_the_exit_and_what_waits_outside_is_not() {
    // The first round leaves `y` waiting for `b`; the second must not find the arrival of `a`.
    let inner = StateGraph::<Log>::new("inner")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("y", Say("y"))
        .add_conditional_edges(START, |state: &Log| state.log.len() < 3, [(true, "a"), (false, "b")])
        .add_edge(["a", "b"], "y")
        .add_edge("y", END)
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    // `early` arrives before the first round, `late` after it: `sub` runs a second time then.
    let graph = StateGraph::<Log>::new("outer")
        .add_node("early", Say("early"))
        .add_node("late", Say("late"))
        .add_subgraph("sub", &inner)
        .add_edge(START, "early")
        .add_edge(START, "sub")
        .add_edge(["early", "late"], "sub")
        .add_conditional_edges("sub", |state: &Log| state.log.len() < 3, [(true, "late"), (false, END)])
        .compile()
        .unwrap();
    assert_eq!(done(run(&graph).await.unwrap()).log, names("early a late b"));
}

#[tokio::test]
async fn a_subgraph_in_a_loop_is_entered_anew_each_time() {
    for place in places() {
        let graph = StateGraph::<Log>::new("outer")
            .add_subgraph("sub", &line("inner", ["x", "y"]))
            .add_edge(START, "sub")
            .add_conditional_edges("sub", |state: &Log| state.log.len() < 5, [(true, "sub"), (false, END)])
            .compile()
            .unwrap();
        assert_eq!(done(start(&place.app(&graph)).await.unwrap()).log, names("in x y x y"));
    }
}

#[tokio::test]
async fn gotos_and_sends_name_nodes_as_they_are_inside() {
    let inner = StateGraph::<Log>::new("inner")
        .add_node("x", |_: Arc<Log>, _: Cx| async move { Ok(log("x").goto("y").send("z", &1).send("z", &2)) })
        .add_node("y", Say("y"))
        .add_node("z", |_: Arc<Log>, cx: Cx| async move {
            Ok(log(&format!("{}={}", cx.task(), cx.input::<u8>()?)))
        })
        .add_edge(START, "x")
        .add_goto("x", ["y", "z"])
        .add_edge("y", END)
        .add_edge("z", END)
        .compile()
        .unwrap();
    assert_eq!(done(run(&around(&inner)).await.unwrap()).log, names("before x y sub/z#0=1 sub/z#1=2 after"));
}

#[tokio::test]
async fn an_error_handler_inside_takes_over_inside() {
    let inner = StateGraph::<Log>::new("inner")
        .add_node(
            "x",
            node(|_: Arc<Log>, _: Cx| async move { Err::<ae_langflow::Step<Log>, _>(Stop::failed("no")) })
                .with_error_handler("mend"),
        )
        .add_node("mend", |_: Arc<Log>, cx: Cx| async move {
            let failure = cx.failure().unwrap();
            Ok(log(&format!("{}:{}", failure.node, failure.message)))
        })
        .add_edge(START, "x")
        .add_edge("x", END)
        .add_edge("mend", END)
        .compile()
        .unwrap();
    assert_eq!(done(run(&around(&inner)).await.unwrap()).log, names("before sub/x:no after"));
}

/// `x` and `q` side by side, then `y`; `q` asks, and `y` fails while `broken`.
fn asking(trace: &Trace, broken: &Switch) -> Graph<Log> {
    let node = |name: &'static str| {
        let (trace, broken) = (trace.clone(), broken.clone());
        move |_: Arc<Log>, cx: Cx| {
            let (trace, broken) = (trace.clone(), broken.clone());
            async move {
                trace.add(name);
                if name == "q" {
                    cx.ask::<_, bool>("ok", &"go?").await?;
                }
                if name == "y" && broken.is_on() {
                    return Err(Stop::failed("broken"));
                }
                Ok(log(name))
            }
        }
    };
    StateGraph::<Log>::new("inner")
        .add_node("w", node("w"))
        .add_node("x", node("x"))
        .add_node("q", node("q"))
        .add_node("y", node("y"))
        .add_edge(START, "w")
        .add_edge("w", "x")
        .add_edge("w", "q")
        .add_edge(["x", "q"], "y")
        .add_edge("y", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn a_question_inside_is_resumed_elsewhere_and_no_inner_node_that_finished_runs_again() {
    for place in places() {
        let (trace, broken) = (Trace::default(), Switch::new(true));
        let graph = around(&asking(&trace, &broken));
        let config = RunConfig::thread("t");
        let questions = asked(start(&place.app(&graph)).await.unwrap());
        assert_eq!((questions[0].id.as_str(), trace.take()), ("sub/ok", names("w q x")));
        place.app(&graph).resume(&config, questions[0].answer(&true).unwrap()).await.unwrap_err();
        assert_eq!(trace.take(), names("q y"), "only what was answered, and what follows");
        broken.set(false);
        let state = done(place.app(&graph).invoke(Input::Continue, &config).await.unwrap());
        assert_eq!((trace.take(), state.log), (names("y"), names("in before w q x y after")));
    }
}

#[tokio::test]
async fn a_write_in_the_name_of_a_subgraph_or_of_a_node_in_it_goes_on_behind_it() {
    async fn written(place: &Place, graph: &Graph<Log>, by: &str) -> (Vec<String>, Vec<String>) {
        let config = RunConfig::thread(by).with_step_limit(0);
        place.app(graph).invoke(Input::start(Log::update()), &config).await.unwrap();
        let update = Log::update().log(names("me"));
        let thread = place.app(graph).update_state(&config, update, WriteAs::Node(by)).await.unwrap();
        let state = place.app(graph).invoke(Input::Continue, &RunConfig::thread(by)).await.unwrap();
        (thread.next, done(state).log)
    }
    for place in places() {
        let graph = around(&line("inner", ["x", "y"]));
        for (by, next, log) in [
            ("sub", "after", "me after"),
            ("sub/y", "sub/__end__", "me after"),
            ("sub/x", "sub/y", "me y after"),
            ("before", "sub", "me x y after"),
        ] {
            assert_eq!(written(&place, &graph, by).await, (names(next), names(log)), "{by}");
        }
    }
}
