//! The finished and the failed nodes that a thread shows.

use std::sync::Arc;

use ae_core::{ManualClock, ManualSleeper, RetryPolicy, Runtime, SeededIds, Timestamp};
use ae_langflow::{
    Answer, Cx, END, Fatal, Graph, GraphError, Input, RunConfig, START, StateGraph, Stop, ThreadState, node,
};

use crate::{
    engine::Say,
    policy::{Wrapped, alone, down, failing, policy, start},
    support::{Log, Place, Trace, asked, done, log, names, places, stored},
};

/// The tries of `c`, in order.
#[derive(Clone)]
struct Script(Arc<std::sync::Mutex<Vec<&'static str>>>);

impl Script {
    fn new(tries: &[&'static str]) -> Self {
        Self(Arc::new(std::sync::Mutex::new(tries.iter().rev().copied().collect())))
    }

    fn next(&self) -> &'static str {
        self.0.lock().unwrap().pop().unwrap()
    }
}

/// `a` and `b` finish, `c` does what the script says, then `d`.
fn graph(script: &Script) -> Graph<Log> {
    let script = script.clone();
    let c = move |_: Arc<Log>, cx: Cx| {
        let step = script.next();
        async move {
            match step {
                "ok" => Ok(log("c")),
                "ask" => Ok(log(&cx.ask::<_, String>("who", &1).await?)),
                broken => Err(Stop::from(std::io::Error::other(broken))),
            }
        }
    };
    StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("c", c)
        .add_node("d", Say("d"))
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge(START, "c")
        .add_edge(["a", "b", "c"], "d")
        .add_edge("d", END)
        .compile()
        .unwrap()
}

async fn read(place: &Place, graph: &Graph<Log>) -> ThreadState<Log> {
    place.app(graph).get_state(&RunConfig::thread("t")).await.unwrap().unwrap()
}

fn failures(state: &ThreadState<Log>) -> Vec<(&str, &str, u32)> {
    state.failures.iter().map(|f| (f.node.as_str(), f.message.as_str(), f.attempts)).collect()
}

#[tokio::test]
async fn a_finished_node_is_not_next_and_a_failure_is_shown_until_the_node_is_past_it() {
    for place in places() {
        let graph = graph(&Script::new(&["one", "two", "ask", "three", "ok"]));
        let config = RunConfig::thread("t");
        start(&place.app(&graph)).await.unwrap_err();
        let state = read(&place, &graph).await;
        assert_eq!((state.next.as_slice(), failures(&state)), (&names("c")[..], vec![("c", "one", 1)]));
        place.app(&graph).invoke(Input::Continue, &config).await.unwrap_err();
        assert_eq!(failures(&read(&place, &graph).await), [("c", "two", 1)], "the last one counts");
        asked(place.app(&graph).invoke(Input::Continue, &config).await.unwrap());
        let state = read(&place, &graph).await;
        assert_eq!((state.next.as_slice(), failures(&state)), (&names("c")[..], vec![]));
        let answer = Answer::new("who", "Ada").unwrap();
        place.app(&graph).resume(&config, answer).await.unwrap_err();
        assert_eq!(failures(&read(&place, &graph).await), [("c", "three", 1)]);
        assert_eq!(
            done(place.app(&graph).invoke(Input::Continue, &config).await.unwrap()).log,
            names("a b c d")
        );
        let state = read(&place, &graph).await;
        assert!(state.finished && state.next.is_empty() && state.failures.is_empty());
    }
}

#[tokio::test]
async fn a_failure_is_bounded_names_its_causes_and_the_tries_and_its_notes_are_limited() {
    let long = |_| {
        Some(Wrapped(
            ae_core::BackendError::new(ae_core::ErrorKind::Internal, "m", "call", "é".repeat(9000))
                .with_retry(ae_core::Retry::Backoff),
        ))
    };
    for place in places() {
        let graph = alone(node(failing(long)).with_retry(policy(3)));
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        let runtime = Runtime::new(clock.clone(), ManualSleeper::new(clock), SeededIds::new(1));
        let app = place.app(&graph).with_runtime(runtime);
        start(&app).await.unwrap_err();
        for _ in 0..110 {
            app.invoke(Input::Continue, &RunConfig::thread("t")).await.unwrap_err();
        }
        let state = read(&place, &graph).await;
        let [(node, message, tries)] = failures(&state)[..] else { panic!() };
        assert_eq!((node, tries), ("a", 3));
        assert!(
            message.starts_with("the model did not answer: ") && message.len() <= 4100,
            "{}",
            message.len()
        );
        let notes = place.store().load("t", None).await.unwrap().unwrap().task_records;
        assert_eq!(notes.iter().filter(|note| note.key.starts_with("failed:")).count(), 100);
    }
}

#[tokio::test]
async fn a_report_has_every_cause_on_one_line() {
    let error =
        start(&stored(&alone(failing(|_| Some(Wrapped(down(ae_core::Retry::Never))))))).await.unwrap_err();
    let report = error.report();
    assert!(report.starts_with("node \"a\" failed in step 1, try 1: the model did not answer: "), "{report}");
    assert!(report.ends_with(&down(ae_core::Retry::Never).to_string()), "{report}");
}

#[derive(Debug, thiserror::Error)]
enum Model {
    #[error("slow down")]
    Busy,
    #[error("the key is wrong")]
    Key(#[source] Fatal),
    #[error("the prompt is empty")]
    Prompt,
}

#[tokio::test]
async fn a_predicate_and_an_error_itself_can_say_that_another_try_is_of_no_use() {
    type Make = fn(u32) -> Stop;
    let cases: [(Make, bool, u32, &str); 6] = [
        (|_| Model::Busy.into(), true, 5, "slow down"),
        (|_| Model::Prompt.into(), true, 1, "the prompt is empty"),
        (|_| Model::Prompt.into(), false, 5, "the prompt is empty"),
        (|_| Model::Key(Fatal::new("no such user")).into(), false, 1, "the key is wrong: no such user"),
        (|attempt| if attempt < 3 { Model::Busy.into() } else { Stop::fatal("enough") }, false, 3, "enough"),
        (|_| Stop::fatal(Model::Busy), true, 1, "slow down"),
    ];
    for (make, picky, tries, message) in cases {
        for handled in [false, true] {
            let trace = Trace::default();
            let seen = trace.clone();
            let broken = move |_: Arc<Log>, cx: Cx| {
                seen.add("try");
                async move { Err::<ae_langflow::Step<Log>, _>(make(cx.attempt())) }
            };
            let broken = node(broken).with_retry(RetryPolicy::new(5));
            let broken = if picky {
                broken.with_retry_on(|error| matches!(error.downcast_ref(), Some(Model::Busy)))
            } else {
                broken
            };
            let broken = if handled { broken.with_error_handler("mend") } else { broken };
            let mend = |_: Arc<Log>, cx: Cx| async move { Ok(log(&cx.failure().unwrap().message)) };
            let inner =
                StateGraph::<Log>::new("inner").add_node("a", broken).add_edge(START, "a").add_edge("a", END);
            let inner = if handled { inner.add_node("mend", mend).add_edge("mend", END) } else { inner };
            // The options of a node hold in a subgraph as well.
            let graph = StateGraph::<Log>::new("g").add_subgraph("sub", &inner.compile().unwrap());
            let graph = graph.add_edge(START, "sub").add_edge("sub", END).compile().unwrap();
            let app = stored(&graph).with_runtime(Runtime::manual(Timestamp::UNIX_EPOCH, 1));
            let ended = start(&app).await;
            if handled {
                assert_eq!(done(ended.unwrap()).log, [message]);
            } else {
                let error = ended.unwrap_err();
                assert!(error.report().ends_with(&format!("try {tries}: {message}")), "{}", error.report());
                let GraphError::Node { source, .. } = &error else { panic!() };
                assert!(!source.is::<Fatal>(), "the error itself comes out");
            }
            assert_eq!(trace.take().len(), tries as usize);
        }
    }
}
