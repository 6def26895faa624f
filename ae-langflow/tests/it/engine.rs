//! Supersteps, reducers and routing.

use std::sync::Arc;

use ae_langflow::{
    Cx, END, Ending, GraphError, Input, Node, RunConfig, RunError, START, StateGraph, Step, Stop,
    host::{GraphRun, NextStep, TaskOutcome},
};

use crate::support::{Log, LogUpdate, done, log, names, run, stored};

/// A node that writes its name to the log.
pub struct Say(pub &'static str);

impl Node<Log> for Say {
    async fn run(&self, _: Arc<Log>, _: Cx) -> Result<Step<Log>, Stop> {
        Ok(log(self.0))
    }
}

async fn count(state: Arc<Log>, _: Cx) -> Result<LogUpdate, Stop> {
    Ok(Log::update().count(state.count + 1))
}

#[tokio::test]
async fn every_reducer_folds_in_task_order_whatever_ends_first() {
    let gate = Arc::new(tokio::sync::Notify::new());
    let (wait, open) = (Arc::clone(&gate), gate);
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", move |_: Arc<Log>, _: Cx| {
            let wait = Arc::clone(&wait);
            async move {
                wait.notified().await;
                Ok(Log::update().log(names("a")).top(1.5).joined("a").by([(1, "a".to_owned())].into()))
            }
        })
        .add_node("b", move |_: Arc<Log>, _: Cx| {
            let open = Arc::clone(&open);
            async move {
                open.notify_one();
                let by = [(1, "b".to_owned()), (2, "b".to_owned())].into();
                Ok(Log::update().log(names("b")).top(0.1 + 0.2).joined("b").joined("c").by(by).text("only b"))
            }
        })
        .add_edge(START, "b")
        .add_edge(START, "a")
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    let app = stored(&graph);
    let config = RunConfig::thread("t");
    let state = done(app.invoke(Input::start(Log::update().log(names("in"))), &config).await.unwrap());
    assert_eq!(state.log, ["in", "a", "b"]);
    assert_eq!((state.top, state.joined.as_str(), state.text.as_str()), (1.5, "a+b+c", "only b"));
    assert_eq!(state.by, [(1, "b".to_owned()), (2, "b".to_owned())].into());
    assert_eq!(*app.get_state(&config).await.unwrap().unwrap().state, state);
}

#[tokio::test]
async fn two_writers_of_a_field_are_an_error_and_the_thread_stays_readable() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |_: Arc<Log>, _: Cx| async move { Ok(Log::update().last("a".to_owned())) })
        .add_node("b", |_: Arc<Log>, _: Cx| async move { Ok(Log::update().last(None)) })
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    let app = stored(&graph);
    let config = RunConfig::thread("t");
    for input in [Input::start(Log::update().text("in")), Input::Continue, Input::Continue] {
        let error = app.invoke(input, &config).await.unwrap_err();
        let GraphError::Run(RunError::TwoWriters { step: 1, field, nodes }) = error else {
            panic!("{error:?}");
        };
        assert_eq!((field.as_str(), nodes), ("last", names("a b")));
        let state = app.get_state(&config).await.unwrap().unwrap();
        assert_eq!((state.state.text.as_str(), state.step, state.finished), ("in", 0, false));
        assert_eq!(state.next, ["a", "b"]);
    }
}

#[tokio::test]
async fn a_join_of_unequal_branches_runs_once() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("b2", Say("b2"))
        .add_node("c", Say("c"))
        .add_node("d", Say("d"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge("b", "b2")
        .add_edge(["b2", "c"], "d")
        .add_edge("d", END)
        .compile()
        .unwrap();
    assert_eq!(done(run(&graph).await.unwrap()).log, names("a b c b2 d"));

    // Stopped at every step: what was stored in between leads to the same end.
    let app = stored(&graph);
    let config = RunConfig::thread("t").with_step_limit(1);
    let mut input = Input::start(Log::update());
    let state = loop {
        match app.invoke(input, &config).await.unwrap() {
            Ending::Done(state) => break state,
            Ending::StepLimit(_) => input = Input::Continue,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(state.log, names("a b c b2 d"));
}

#[tokio::test]
async fn a_router_sees_its_own_write_and_a_label_outside_its_list_is_an_error() {
    let graph = |top: u32| {
        StateGraph::<Log>::new("g")
            .add_node("count", count)
            .add_edge(START, "count")
            .add_conditional_edges("count", move |s: &Log| s.count.min(top), [(1, "count"), (2, END)])
            .compile()
            .unwrap()
    };
    assert_eq!(done(run(&graph(2)).await.unwrap()).count, 2);
    let error = run(&graph(0)).await.unwrap_err();
    assert!(
        matches!(&error, GraphError::Run(RunError::UnknownLabel { label, .. }) if label == "0"),
        "{error}"
    );
}

#[tokio::test]
async fn a_goto_comes_on_top_of_the_edges_and_needs_a_declaration() {
    let graph = |target: &'static str| {
        StateGraph::<Log>::new("g")
            .add_node("a", move |_: Arc<Log>, _: Cx| async move { Ok(log("a").goto(target)) })
            .add_node("b", Say("b"))
            .add_node("c", Say("c"))
            .add_edge(START, "a")
            .add_edge("a", "b")
            .add_goto("a", ["c", END])
            .add_edge("b", END)
            .add_edge("c", END)
            .compile()
            .unwrap()
    };
    assert_eq!(done(run(&graph("c")).await.unwrap()).log, names("a b c"));
    assert_eq!(done(run(&graph(END)).await.unwrap()).log, names("a b"));
    for unknown in ["nowhere", "b"] {
        let error = run(&graph(unknown)).await.unwrap_err();
        assert!(matches!(error, GraphError::Run(RunError::UnknownTarget { .. })), "{error}");
    }
    let silent = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_edge(START, "a")
        .add_goto("a", [END])
        .compile()
        .unwrap();
    assert!(matches!(run(&silent).await.unwrap_err(), GraphError::Run(RunError::NoTarget { .. })));
}

#[tokio::test]
async fn start_may_choose() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_conditional_edges(
            START,
            |s: &Log| s.text.clone(),
            [("one".to_owned(), "a"), ("two".to_owned(), "b")],
        )
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    let app = graph.without_store();
    let config = RunConfig::thread("t");
    let state = done(app.invoke(Input::start(Log::update().text("two")), &config).await.unwrap());
    assert_eq!(state.log, ["b"]);
    let wrong = app.invoke(Input::start(Log::update().text("three")), &config).await;
    assert!(matches!(wrong, Err(GraphError::Run(RunError::UnknownLabel { .. }))));
}

#[tokio::test]
async fn the_step_limit_counts_node_supersteps_fresh_and_resumed_alike() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("count", count)
        .add_edge(START, "count")
        .add_conditional_edges("count", |s: &Log| s.count == 7, [(false, "count"), (true, END)])
        .compile()
        .unwrap();
    let app = stored(&graph);
    let config = RunConfig::thread("t").with_step_limit(3);
    for (input, expected) in [(Input::start(Log::update()), 3), (Input::Continue, 6)] {
        let Ending::StepLimit(state) = app.invoke(input, &config).await.unwrap() else { panic!() };
        assert_eq!(state.count, expected);
    }
    assert_eq!(done(app.invoke(Input::Continue, &config).await.unwrap()).count, 7);
    // Exactly enough is enough.
    let exact = RunConfig::thread("u").with_step_limit(7);
    assert_eq!(done(app.invoke(Input::start(Log::update()), &exact).await.unwrap()).count, 7);
    let none = RunConfig::thread("v").with_step_limit(0);
    assert!(matches!(app.invoke(Input::start(Log::update()), &none).await.unwrap(), Ending::StepLimit(_)));
}

#[tokio::test]
async fn another_host_drives_the_same_machine_and_serialises_it_in_between() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("c", Say("c"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge(["b", "c"], "a2")
        .add_node("a2", Say("a2"))
        .add_edge("a2", END)
        .compile()
        .unwrap();
    let mut run =
        GraphRun::start(&graph, Log { by: [(7, "key".to_owned())].into(), ..Log::default() }).unwrap();
    let state = loop {
        run = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
        match run.next_step() {
            NextStep::Done(state) => break state,
            NextStep::Run(superstep) => {
                // One task at a time, and the outcome as text: what a workflow engine does.
                let due = superstep.tasks.into_iter().next_back().unwrap();
                let cx = Cx::for_task("t", superstep.step, due);
                let outcome = graph.run_task(superstep.state, cx).await.unwrap();
                let text = serde_json::to_string(&outcome).unwrap();
                let outcome: TaskOutcome<Log> = serde_json::from_str(&text).unwrap();
                run.apply(vec![outcome.clone()]).unwrap();
                assert!(matches!(run.apply(vec![outcome]), Err(RunError::NotDue { .. })));
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(state.log, names("a b c a2"));
    assert_eq!(state.by[&7], "key");
}

#[test]
fn an_update_tells_a_written_none_from_nothing_written() {
    let text = serde_json::to_string(&Log::update().last(None)).unwrap();
    assert_eq!(text, r#"{"last":null}"#);
    let back: LogUpdate = serde_json::from_str(&text).unwrap();
    assert_eq!((back.last, back.text), (Some(None), None));
}
