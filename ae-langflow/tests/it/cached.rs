//! Results that are kept across threads.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use ae_core::{BackendError, ErrorKind, ManualClock, ManualSleeper, Runtime, SeededIds, Timestamp};
use ae_langflow::{
    App, Cx, END, Ending, Graph, Input, MemoryNodeCache, NodeCache, RunConfig, START, State, StateGraph,
    Step, Stop, node,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    engine::Say,
    support::{Log, Trace, asked, done, log, names, stored},
};

/// `a` is cached by the text of the state, and chooses what follows.
fn graph(name: &str, trace: &Trace) -> Graph<Log> {
    let trace = trace.clone();
    let work = move |state: Arc<Log>, _: Cx| {
        trace.add(state.text.clone());
        async move { Ok(log(&format!("made {}", state.text)).goto("b")) }
    };
    StateGraph::<Log>::new(name)
        .add_node("a", node(work).cached(|state: &Log| state.text.clone()))
        .add_node("b", Say("b"))
        .add_node("c", Say("c"))
        .add_edge(START, "a")
        .add_goto("a", ["b"])
        .add_conditional_edges("a", |state: &Log| state.count, [(0, END), (1, "c")])
        .add_edge("b", END)
        .add_edge("c", END)
        .compile()
        .unwrap()
}

fn memory(capacity: usize) -> MemoryNodeCache {
    MemoryNodeCache::new(NonZeroUsize::new(capacity).unwrap())
}

async fn run(app: &App<Log>, thread: &str, text: &str, count: u32) -> Vec<String> {
    let input = Input::start(Log::update().text(text).count(count));
    done(app.invoke(input, &RunConfig::thread(thread)).await.unwrap()).log
}

#[tokio::test]
async fn a_result_is_taken_from_another_thread_with_its_gotos_and_the_routers_still_choose() {
    let (trace, cache) = (Trace::default(), Arc::new(memory(9)));
    let app = stored(&graph("g", &trace)).with_cache(cache.clone());
    assert_eq!(run(&app, "1", "x", 0).await, ["made x", "b"]);
    assert_eq!(run(&app, "2", "x", 1).await, ["made x", "b", "c"], "the count is no part of the key");
    assert_eq!(run(&app, "3", "y", 0).await, ["made y", "b"]);
    assert_eq!(trace.take(), ["x", "y"]);
    // The same key of another graph is another result, and so is it without a cache.
    let other = stored(&graph("h", &trace)).with_cache(cache);
    assert_eq!(run(&other, "1", "x", 0).await, ["made x", "b"]);
    assert_eq!(run(&stored(&graph("g", &trace)), "4", "x", 0).await, ["made x", "b"]);
    assert_eq!(trace.take(), ["x", "x"]);
    let read = app.get_state(&RunConfig::thread("2")).await.unwrap().unwrap();
    assert_eq!(read.state.log, ["made x", "b", "c"], "what was taken is stored like what was made");
}

#[tokio::test]
async fn a_result_is_forgotten_after_its_time_and_the_oldest_makes_room() {
    let (trace, clock) = (Trace::default(), ManualClock::at(Timestamp::UNIX_EPOCH));
    let runtime = Runtime::new(clock.clone(), ManualSleeper::new(clock.clone()), SeededIds::new(1));
    let cache = memory(2).with_time_to_live(Duration::from_secs(60));
    let app = graph("g", &trace).without_store().with_cache(Arc::new(cache)).with_runtime(runtime);
    for (seconds, text, made) in [
        (0, "x", true),
        (60, "x", false),
        (1, "x", true),
        (0, "y", true),
        // `z` makes room by `x`, which is the oldest.
        (0, "z", true),
        (0, "y", false),
        (0, "x", true),
    ] {
        clock.advance(Duration::from_secs(seconds));
        run(&app, "t", text, 0).await;
        assert_eq!(trace.take() == [text], made, "{text} after {seconds} s");
    }
    clock.set(Timestamp::UNIX_EPOCH);
    run(&app, "t", "x", 0).await;
    assert!(trace.take().is_empty(), "a clock that went back makes nothing older");
}

#[tokio::test]
async fn what_was_sent_is_part_of_the_key_and_neither_failures_nor_questions_are_kept() {
    let trace = Trace::default();
    let seen = trace.clone();
    let work = move |state: Arc<Log>, cx: Cx| {
        let trace = seen.clone();
        async move {
            let number: u8 = cx.input()?;
            trace.add(number.to_string());
            if number == 1 && state.count == 0 {
                return Err(Stop::failed("broken"));
            }
            if number == 2 {
                cx.ask::<_, bool>("ok", &1).await?;
            }
            Ok(log(&number.to_string()))
        }
    };
    let graph = StateGraph::<Log>::new("g")
        .add_node("split", |state: Arc<Log>, _: Cx| async move {
            let numbers: Vec<u8> = state.text.split(' ').map(|number| number.parse().unwrap()).collect();
            Ok(numbers.iter().fold(Step::none(), |step, number| step.send("work", number)))
        })
        .add_node("work", node(work).cached(|_: &Log| String::new()))
        .add_edge(START, "split")
        .add_goto("split", ["work"])
        .add_edge("work", END)
        .compile()
        .unwrap();
    let app = stored(&graph).with_cache(Arc::new(memory(9)));
    let config = RunConfig::thread("a");
    let start = |text: &str, count| Input::start(Log::update().text(text).count(count));
    app.invoke(start("0 1", 0), &config).await.unwrap_err();
    trace.take();
    assert_eq!(run(&app, "b", "0 1", 1).await, names("0 1"));
    assert_eq!(trace.take(), ["1"], "0 is known, the failure of 1 is not");
    for thread in ["c", "d"] {
        let ending = app.invoke(start("2 0", 0), &RunConfig::thread(thread)).await.unwrap();
        assert_eq!((asked(ending).len(), trace.take()), (1, names("2")));
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
#[state(version = 2)]
struct LogTwo {
    text: String,
}

#[tokio::test]
async fn another_version_of_the_state_makes_its_own_results() {
    let (trace, cache) = (Trace::default(), Arc::new(memory(9)));
    run(&stored(&graph("g", &trace)).with_cache(cache.clone()), "1", "x", 0).await;
    let seen = trace.clone();
    let work = move |_: Arc<LogTwo>, _: Cx| {
        seen.add("two");
        async { Ok(LogTwo::update().text("two")) }
    };
    let two = StateGraph::<LogTwo>::new("g")
        .add_node("a", node(work).cached(|state: &LogTwo| state.text.clone()))
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap();
    let app = two.without_store().with_cache(cache);
    let ending = app.invoke(Input::start(LogTwo::update().text("x")), &RunConfig::thread("1")).await.unwrap();
    assert_eq!((done(ending).text, trace.take()), ("two".to_owned(), names("x two")));
}

/// Fails, or gives a value that was never put.
#[derive(Debug)]
struct Broken(Option<Value>);

#[async_trait::async_trait]
impl NodeCache for Broken {
    async fn get(&self, _: &str, _: Timestamp) -> Result<Option<Value>, BackendError> {
        match &self.0 {
            None => Err(BackendError::new(ErrorKind::Unavailable, "cache", "get", "down")),
            some => Ok(some.clone()),
        }
    }

    async fn put(&self, _: &str, _: Value, _: Timestamp) -> Result<(), BackendError> {
        Err(BackendError::new(ErrorKind::Unavailable, "cache", "put", "down"))
    }
}

#[tokio::test]
async fn a_cache_that_fails_or_holds_nonsense_never_fails_the_node() {
    for broken in [Broken(None), Broken(Some("nonsense".into()))] {
        let trace = Trace::default();
        let app = stored(&graph("g", &trace)).with_cache(Arc::new(broken));
        assert_eq!(run(&app, "1", "x", 0).await, ["made x", "b"]);
        assert_eq!(run(&app, "2", "x", 0).await, ["made x", "b"]);
        assert_eq!(trace.take(), ["x", "x"]);
    }
}

#[tokio::test]
async fn in_a_subgraph_each_place_has_its_own_results() {
    let (trace, cache) = (Trace::default(), Arc::new(memory(9)));
    let inner = graph("inner", &trace);
    let outer = StateGraph::<Log>::new("outer")
        .add_subgraph("one", &inner)
        .add_subgraph("two", &inner)
        .add_edge(START, "one")
        .add_edge("one", "two")
        .add_edge("two", END)
        .compile()
        .unwrap();
    let app = outer.without_store().with_cache(cache);
    for made in [vec!["x", "x"], vec![]] {
        let ending =
            app.invoke(Input::start(Log::update().text("x")), &RunConfig::thread("t")).await.unwrap();
        let Ending::Done(state) = ending else { panic!() };
        assert_eq!(
            (state.log.clone(), trace.take()),
            (
                vec!["made x".to_owned(), "b".into(), "made x".into(), "b".into()],
                made.into_iter().map(str::to_owned).collect()
            )
        );
    }
}

#[tokio::test]
async fn a_graph_and_a_subgraph_never_share_a_result_however_they_are_named() {
    let (trace, cache) = (Trace::default(), Arc::new(memory(9)));
    // Joined by a stroke, the names of both places are the same: "team", version 1, "1/1/a" and "team/1/1", version 1, "a".
    let team = StateGraph::<Log>::new("team")
        .add_subgraph(
            "1",
            &StateGraph::<Log>::new("x")
                .add_subgraph("1", &graph("x", &trace))
                .add_edge(START, "1")
                .add_edge("1", END)
                .compile()
                .unwrap(),
        )
        .add_edge(START, "1")
        .add_edge("1", END)
        .compile()
        .unwrap();
    let input = || Input::start(Log::update().text("x"));
    for graph in [team, graph("team/1/1", &trace), graph("team/1", &trace)] {
        let app = graph.without_store().with_cache(cache.clone());
        app.invoke(input(), &RunConfig::thread("t")).await.unwrap();
        assert_eq!(trace.take(), ["x"], "{:?} made its own result", graph.topology().name());
    }
}
