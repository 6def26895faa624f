//! Nodes that take over when others fail.

use std::sync::Arc;

use ae_core::{ManualClock, ManualSleeper, Retry, RetryPolicy, Runtime, SeededIds, Timestamp};
use ae_langflow::{Cx, END, Graph, GraphError, RunConfig, START, StateGraph, node};

use crate::{
    engine::Say,
    policy::{Wrapped, alone, down, failing, policy, start},
    support::{Log, done, names, places, stored},
};

/// `a` fails for good; `mend` handles it, `next` is what follows `a` otherwise.
fn handled(retry: Option<RetryPolicy>) -> Graph<Log> {
    let broken = node(failing(|_| Some(Wrapped(down(Retry::Backoff))))).with_error_handler("mend");
    let broken = match retry {
        Some(retry) => broken.with_retry(retry),
        None => broken,
    };
    StateGraph::<Log>::new("g")
        .add_node("a", broken)
        .add_node("beside", Say("beside"))
        .add_node("next", Say("next"))
        .add_node("join", Say("join"))
        .add_node("mend", |_: Arc<Log>, cx: Cx| async move {
            let failure = cx.failure().unwrap();
            Ok(Log::update().log(vec![failure.node, failure.message, failure.attempts.to_string()]))
        })
        .add_edge(START, "a")
        .add_edge(START, "beside")
        .add_edge("a", "next")
        .add_edge(["a", "beside"], "join")
        .add_edge("beside", END)
        .add_edge("next", END)
        .add_edge("join", END)
        .add_edge("mend", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn an_error_handler_takes_over_after_the_last_try_and_the_edges_of_the_failed_node_are_not_followed() {
    for (retry, tries) in [(None, "1"), (Some(policy(3)), "3")] {
        for place in places() {
            let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
            let runtime = Runtime::new(clock.clone(), ManualSleeper::new(clock), SeededIds::new(1));
            let app = place.app(&handled(retry)).with_runtime(runtime);
            let state = done(start(&app).await.unwrap());
            assert_eq!(state.log[..2], names("beside a"));
            assert!(state.log[2].starts_with("the model did not answer: "), "{:?}", state.log);
            assert_eq!(state.log[3..], [tries]);
            assert_eq!(*app.get_state(&RunConfig::thread("t")).await.unwrap().unwrap().state, state);
        }
    }
}

#[tokio::test]
async fn a_failure_may_end_a_path_and_a_handler_that_fails_stops_the_thread() {
    let broken = || failing(|_| Some(std::io::Error::other("broken")));
    let app = stored(&alone(node(broken()).with_error_handler(END)));
    assert!(done(start(&app).await.unwrap()).log.is_empty());
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", node(broken()).with_error_handler("mend"))
        .add_node("mend", broken())
        .add_edge(START, "a")
        .add_edge("a", END)
        .add_edge("mend", END)
        .compile()
        .unwrap();
    let error = start(&stored(&graph)).await.unwrap_err();
    assert!(matches!(&error, GraphError::Node { node, step: 2, .. } if node == "mend"), "{error:?}");
    let unknown = StateGraph::<Log>::new("g")
        .add_node("a", node(broken()).with_error_handler("nobody"))
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap_err();
    assert!(unknown.to_string().contains("nobody"), "{unknown}");
}
