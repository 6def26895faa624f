//! How nodes are run: repeats, limits in time, error handlers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use ae_core::{
    BackendError, ErrorKind, ManualClock, ManualSleeper, Retry, RetryPolicy, Runtime, SeededIds, Timestamp,
};
use ae_langflow::{
    App, Cancel, Cx, END, Ending, Graph, GraphError, Input, Node, RunConfig, START, StateGraph, Step, Stop,
    host::NodeTimeout, node,
};

use crate::{
    engine::Say,
    support::{Log, Trace, done, log, names, stored},
    timer::{Timer, settle},
};

pub const SECOND: Duration = Duration::from_secs(1);

pub fn policy(attempts_max: u32) -> RetryPolicy {
    RetryPolicy::new(attempts_max).with_pauses(SECOND, 4 * SECOND)
}

pub fn alone(node: impl Node<Log>) -> Graph<Log> {
    let graph = StateGraph::<Log>::new("g").add_node("a", node);
    graph.add_edge(START, "a").add_edge("a", END).compile().unwrap()
}

/// An app whose pauses pass at once and are remembered.
fn quick(graph: &Graph<Log>) -> (App<Log>, ManualSleeper) {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let sleeper = ManualSleeper::new(clock.clone());
    (stored(graph).with_runtime(Runtime::new(clock, sleeper.clone(), SeededIds::new(1))), sleeper)
}

pub async fn start(app: &App<Log>) -> Result<Ending<Log>, GraphError> {
    app.invoke(Input::start(Log::update()), &RunConfig::thread("t")).await
}

/// Fails with what `error` makes of the number of the try, until that is none.
pub fn failing<E, F>(error: F) -> impl Node<Log>
where
    E: std::error::Error + Send + Sync + 'static,
    F: Fn(u32) -> Option<E> + Clone + Send + Sync + 'static,
{
    move |_: Arc<Log>, cx: Cx| {
        let end = error(cx.attempt());
        async move {
            match end {
                Some(error) => Err(Stop::from(error)),
                None => Ok(log(&format!("try {}", cx.attempt()))),
            }
        }
    }
}

pub fn down(retry: Retry) -> BackendError {
    BackendError::new(ErrorKind::Unavailable, "model", "call", "down").with_retry(retry)
}

#[tokio::test]
async fn a_failure_is_repeated_after_doubling_pauses_and_the_tries_are_counted() {
    let broken = |attempt| (attempt < 5).then(|| std::io::Error::other("broken"));
    let (app, sleeper) = quick(&alone(node(failing(broken)).with_retry(policy(5))));
    assert_eq!(done(start(&app).await.unwrap()).log, ["try 5"]);
    let pauses = sleeper.pauses();
    for (pause, whole) in pauses.iter().zip([1, 2, 4, 4]) {
        assert!(*pause >= SECOND * whole / 2 && *pause <= SECOND * whole, "{pauses:?}");
    }
    assert_eq!(pauses.len(), 4);
    let (app, sleeper) = quick(&alone(node(failing(broken)).with_retry(policy(3))));
    let error = start(&app).await.unwrap_err();
    assert!(matches!(error, GraphError::Node { attempt: 3, step: 1, .. }), "{error:?}");
    assert_eq!(sleeper.pauses().len(), 2, "no pause after the last try");
}

#[derive(Debug, thiserror::Error)]
#[error("the model did not answer")]
pub struct Wrapped(#[source] pub BackendError);

#[tokio::test]
async fn a_backend_error_among_the_causes_says_whether_and_when() {
    let never = |_| Some(Wrapped(down(Retry::Never)));
    let (app, sleeper) = quick(&alone(node(failing(never)).with_retry(policy(5))));
    let error = start(&app).await.unwrap_err();
    assert!(
        matches!(&error, GraphError::Node { attempt: 1, source, .. } if source.is::<Wrapped>()),
        "{error:?}"
    );
    assert!(sleeper.pauses().is_empty());
    let after = |attempt| (attempt < 2).then(|| Wrapped(down(Retry::After(30 * SECOND))));
    let (app, sleeper) = quick(&alone(node(failing(after)).with_retry(policy(5))));
    assert_eq!(done(start(&app).await.unwrap()).log, ["try 2"]);
    assert_eq!(sleeper.pauses(), [30 * SECOND]);
}

#[tokio::test]
async fn without_a_policy_nothing_is_repeated_and_a_question_is_no_failure() {
    let (app, sleeper) = quick(&alone(failing(|_| Some(std::io::Error::other("broken")))));
    assert!(matches!(start(&app).await.unwrap_err(), GraphError::Node { attempt: 1, .. }));
    let asks = |_: Arc<Log>, cx: Cx| async move {
        let ok: bool = cx.ask("ok", &cx.attempt()).await?;
        Ok(log(&ok.to_string()))
    };
    let (asking, _) = quick(&alone(node(asks).with_retry(policy(5))));
    assert!(matches!(start(&asking).await.unwrap(), Ending::Asked { .. }));
    assert!(sleeper.pauses().is_empty());
}

#[tokio::test]
async fn what_once_recorded_is_not_repeated_with_the_node() {
    let (trace, tries) = (Trace::default(), Arc::new(AtomicU32::new(0)));
    let seen = trace.clone();
    let graph = alone(
        node(move |_: Arc<Log>, cx: Cx| {
            let (trace, count) = (seen.clone(), tries.fetch_add(1, Ordering::SeqCst));
            async move {
                let number: u32 = cx
                    .once("number", async {
                        trace.add("paid");
                        Ok::<_, Stop>(count)
                    })
                    .await?;
                if count < 2 { Err(Stop::failed("broken")) } else { Ok(log(&format!("{number} of {count}"))) }
            }
        })
        .with_retry(policy(5)),
    );
    let (app, _) = quick(&graph);
    assert_eq!(
        (done(start(&app).await.unwrap()).log, trace.take()),
        (vec!["0 of 2".to_owned()], names("paid"))
    );
}

/// A node that is stuck for as many tries as `stuck` says.
fn sticking(stuck: u32) -> impl Node<Log> {
    move |_: Arc<Log>, cx: Cx| async move {
        if cx.attempt() <= stuck {
            std::future::pending::<()>().await;
        }
        Ok(log(&format!("try {}", cx.attempt())))
    }
}

#[tokio::test]
async fn a_try_that_takes_too_long_is_a_failure_and_can_be_repeated() {
    let timer = Timer::default();
    let graph = alone(node(sticking(1)).with_timeout(10 * SECOND).with_retry(policy(2)));
    let app = stored(&graph).with_runtime(timer.runtime());
    let script = async {
        settle().await;
        timer.pass(9 * SECOND);
        settle().await;
        assert_eq!(timer.asked(), [10 * SECOND], "not yet");
        timer.pass(SECOND);
        settle().await;
        assert_eq!(timer.asked().len(), 2, "the pause before the second try");
        timer.pass(SECOND);
    };
    let (ending, ()) = tokio::join!(start(&app), script);
    assert_eq!(done(ending.unwrap()).log, ["try 2"]);

    let (app, _) = quick(&alone(node(sticking(9)).with_timeout(10 * SECOND)));
    let GraphError::Node { source, .. } = start(&app).await.unwrap_err() else { panic!() };
    assert_eq!(source.downcast_ref(), Some(&NodeTimeout::Run(10 * SECOND)));
}

#[tokio::test]
async fn silence_is_counted_from_the_last_sign_of_life() {
    let (timer, wake) = (Timer::default(), Arc::new(tokio::sync::Notify::new()));
    let waits = Arc::clone(&wake);
    let graph = alone(
        node(move |_: Arc<Log>, cx: Cx| {
            let waits = Arc::clone(&waits);
            async move {
                waits.notified().await;
                cx.beat();
                waits.notified().await;
                cx.emit(&1).await?;
                waits.notified().await;
                cx.once("k", async { Ok::<_, Stop>(1) }).await?;
                std::future::pending::<Result<Step<Log>, Stop>>().await
            }
        })
        .with_idle_timeout(10 * SECOND),
    );
    let app = stored(&graph).with_runtime(timer.runtime());
    let ended = std::cell::Cell::new(false);
    let call = async {
        let end = start(&app).await;
        ended.set(true);
        end
    };
    let script = async {
        // Each beat comes 6 s after the last one; 4 s later that one is 10 s old.
        for _ in 0..3 {
            settle().await;
            timer.pass(6 * SECOND);
            wake.notify_one();
        }
        settle().await;
        timer.pass(9 * SECOND);
        settle().await;
        assert!(!ended.get(), "9 s of silence are not 10");
        timer.pass(SECOND);
        settle().await;
        assert!(ended.get(), "10 s of silence are");
    };
    let (end, ()) = tokio::join!(call, script);
    let GraphError::Node { source, .. } = end.unwrap_err() else { panic!() };
    assert_eq!(source.downcast_ref(), Some(&NodeTimeout::Idle(10 * SECOND)));
}

#[tokio::test]
async fn of_both_limits_the_first_one_counts() {
    for (whole, idle, first) in
        [(5, 10, NodeTimeout::Run(5 * SECOND)), (10, 5, NodeTimeout::Idle(5 * SECOND))]
    {
        let timer = Timer::default();
        let limited = node(sticking(9)).with_timeout(whole * SECOND).with_idle_timeout(idle * SECOND);
        let app = stored(&alone(limited)).with_runtime(timer.runtime());
        let script = async {
            settle().await;
            timer.pass(5 * SECOND);
        };
        let (end, ()) = tokio::join!(start(&app), script);
        let GraphError::Node { source, .. } = end.unwrap_err() else { panic!() };
        assert_eq!(source.downcast_ref(), Some(&first));
    }
}

#[tokio::test]
async fn a_cancel_ends_the_pause_before_the_next_try_and_the_node_is_not_tried_again() {
    for (others, handler) in [(false, false), (true, false), (false, true)] {
        let (timer, cancel, trace) = (Timer::default(), Cancel::new(), Trace::default());
        let seen = trace.clone();
        let broken = node(move |_: Arc<Log>, cx: Cx| {
            seen.add(format!("try {}", cx.attempt()));
            async { Err::<Step<Log>, _>(Stop::failed("broken")) }
        })
        .with_retry(policy(5));
        let broken = if handler { broken.with_error_handler("h") } else { broken };
        let mut graph =
            StateGraph::<Log>::new("g").add_node("a", broken).add_edge(START, "a").add_edge("a", END);
        if others {
            graph = graph.add_node("b", Say("b")).add_edge(START, "b").add_edge("b", END);
        }
        if handler {
            graph = graph.add_node("h", Say("h")).add_edge("h", END);
        }
        let app = stored(&graph.compile().unwrap()).with_runtime(timer.runtime());
        let config = RunConfig::thread("t").with_cancel(cancel.clone());
        let script = async {
            settle().await;
            cancel.cancel();
        };
        let (end, ()) = tokio::join!(app.invoke(Input::start(Log::update()), &config), script);
        let finished: &[&str] = if others { &["b"] } else { &[] };
        assert!(matches!(end.unwrap(), Ending::Cancelled(state) if state.log == finished));
        assert_eq!(trace.take(), ["try 1"]);
    }
}
