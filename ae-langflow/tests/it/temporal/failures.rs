//! Nodes that fail, and states that grow too large.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use ae_core::{BackendError, Effect, ErrorKind, Retry, RetryPolicy};
use ae_langflow::{
    Cx, END, Graph, Input, NodeFailure, RunConfig, START, State, StateGraph, Stop, node,
    temporal::{RunOptions, TemporalError, TemporalWorker},
};

use serde::{Deserialize, Serialize};

use super::{
    runs::failed_task,
    server::{Kind, Server, events, until, work},
};
use crate::support::{Log, Trace, done, log, stored};

/// `try` fails `failures` times with what `error` makes; `beside` runs in the same superstep.
fn failing(trace: &Trace, failures: u32, error: fn() -> Stop) -> Graph<Log> {
    let (trying, beside) = (trace.clone(), trace.clone());
    let left = Arc::new(AtomicU32::new(failures));
    StateGraph::<Log>::new("failing")
        .add_node(
            "try",
            node(move |_: Arc<Log>, cx: Cx| {
                let (trace, left) = (trying.clone(), Arc::clone(&left));
                async move {
                    trace.add("try");
                    cx.once("pay", async {
                        trace.add("pay");
                        Ok::<_, Stop>(())
                    })
                    .await?;
                    if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
                        return Err(error());
                    }
                    Ok(log("tried"))
                }
            })
            .with_retry(three_tries()),
        )
        .add_node("beside", move |_: Arc<Log>, _: Cx| {
            beside.add("beside");
            async { Ok(log("beside")) }
        })
        .add_edge(START, "try")
        .add_edge(START, "beside")
        .add_edge("try", END)
        .add_edge("beside", END)
        .compile()
        .unwrap()
}

fn three_tries() -> RetryPolicy {
    RetryPolicy::new(3).with_pauses(Duration::from_millis(2), Duration::from_secs(1))
}

fn unavailable() -> BackendError {
    BackendError::new(ErrorKind::Unavailable, "model", "complete", "down").with_retry(Retry::Backoff)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_worth_a_retry_gets_one_and_its_records_stay() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("failures-retry").await;
    let trace = Trace::default();
    let graph = failing(&trace, 2, || unavailable().into());
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "retry", Log::default(), &RunOptions::new()).await.unwrap();
    assert_eq!(done(client.result::<Log>("retry").await.unwrap()).log, ["beside", "tried"]);
    let mut ran = trace.take();
    ran.sort();
    assert_eq!(ran, ["beside", "pay", "try", "try", "try"], "it paid once");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_ends_the_run_with_its_kind_after_as_many_attempts_as_it_is_worth() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("failures-kinds").await;
    type Case = (&'static str, fn() -> Stop, &'static str, usize);
    let cases: [Case; 5] = [
        ("never", || unavailable().with_retry(Retry::Never).into(), "unavailable", 1),
        ("backoff", || unavailable().into(), "unavailable", 3),
        ("plain", || Stop::failed("broken"), "node_failed", 3),
        ("unknown", || unavailable().with_effect(Effect::Unknown).into(), "EffectUnknown", 1),
        ("panic", || panic!("it broke"), "node_failed", 3),
    ];
    for (name, error, expected, attempts) in cases {
        let trace = Trace::default();
        let graph = failing(&trace, u32::MAX, error);
        let worker = work(TemporalWorker::new(&client).graph(&graph));
        let thread = format!("kinds-{name}");
        client.start(&graph, &thread, Log::default(), &RunOptions::new()).await.unwrap();
        let failed = client.result::<Log>(&thread).await.unwrap_err();
        let TemporalError::Failed { kind, message, .. } = &failed else { panic!("{failed:?}") };
        assert_eq!(kind, expected, "{name}");
        assert!(message.starts_with("node \"try\" failed in step 1: "), "{message}");
        let tries = trace.take().iter().filter(|line| *line == "try").count();
        assert_eq!(tries, attempts, "{name}");
        let standing = client.state::<Log>(&thread).await.unwrap();
        assert_eq!(standing.next, ["try"], "what finished beside it is kept");
        let (app, config) = (stored(&graph), RunConfig::thread(&*thread));
        app.invoke(Input::start(Log::update()), &config).await.unwrap_err();
        let in_process = app.get_state(&config).await.unwrap().unwrap();
        let expected =
            NodeFailure::new("try", &*in_process.failures[0].message, u32::try_from(attempts).unwrap());
        assert_eq!(standing.failures, [expected], "{name}");
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timeout_that_is_not_tried_again_is_one_by_its_kind() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("failures-timeout").await;
    let slow = node(|_: Arc<Log>, _: Cx| async {
        std::future::pending::<()>().await;
        Ok(log("never"))
    });
    let slow =
        slow.with_timeout(Duration::from_millis(20)).with_retry(three_tries()).with_retry_on(|_| false);
    let graph = StateGraph::<Log>::new("slow").add_node("slow", slow).add_edge(START, "slow");
    let graph = graph.add_edge("slow", END).compile().unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "slow", Log::default(), &RunOptions::new()).await.unwrap();
    let failed = client.result::<Log>("slow").await.unwrap_err();
    assert!(matches!(&failed, TemporalError::Failed { kind, .. } if kind == "timeout"), "{failed:?}");
    let failures = client.state::<Log>("slow").await.unwrap().failures;
    assert_eq!(failures, [NodeFailure::new("slow", "the try took longer than 20ms", 1)]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_names_a_pause_gets_it() {
    let Some(server) = Server::start(Kind::Skipping, None).await else { return };
    let client = server.client("failures-after").await;
    server.let_time_pass().await;
    let trace = Trace::default();
    let graph =
        failing(&trace, 1, || unavailable().with_retry(Retry::After(Duration::from_secs(3600))).into());
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "after", Log::default(), &RunOptions::new()).await.unwrap();
    assert_eq!(done(client.result::<Log>("after").await.unwrap()).log, ["beside", "tried"]);
    worker.stop().await;
}

/// Writes `bytes` a round for ten rounds.
fn growing(bytes: usize) -> Graph<Log> {
    StateGraph::<Log>::new("growing")
        .add_node("grow", move |_: Arc<Log>, _: Cx| async move { Ok(log(&"x".repeat(bytes))) })
        .add_edge(START, "grow")
        .add_conditional_edges("grow", |s: &Log| s.log.len() < 10, [(true, "grow"), (false, END)])
        .compile()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_grows_too_large_fails_with_a_reason_instead_of_hanging() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("failures-size").await;
    for (thread, bytes, who) in
        [("size-node", 3_000_000, "the node gave back"), ("size-run", 100_000, "the run has")]
    {
        let graph = growing(bytes);
        let worker = work(TemporalWorker::new(&client).graph(&graph));
        client.start(&graph, thread, Log::default(), &RunOptions::new()).await.unwrap();
        let failed = client.result::<Log>(thread).await.unwrap_err();
        let TemporalError::Failed { kind, message, .. } = &failed else { panic!("{failed:?}") };
        assert_eq!(kind, "too_large");
        assert!(message.contains(who) && message.contains("524288 are allowed"), "{message}");
        worker.stop().await;
    }
    let large = Log { text: "x".repeat(600_000), ..Log::default() };
    let refused = client.start(&growing(1), "size-start", large, &RunOptions::new()).await;
    assert!(matches!(refused, Err(TemporalError::TooLarge { max: 524_288, .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_failed_goes_on_without_repeating_what_it_finished_or_recorded() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("failures-on").await;
    let trace = Trace::default();
    let graph = failing(&trace, 3, || unavailable().into());
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "on", Log::default(), &RunOptions::new()).await.unwrap();
    let running = client.go_on("on", &RunOptions::new()).await;
    client.result::<Log>("on").await.unwrap_err();
    assert!(
        matches!(running, Err(TemporalError::ThreadExists { .. } | TemporalError::Server(_))),
        "{running:?}"
    );
    let mut ran = trace.take();
    ran.sort();
    assert_eq!(ran, ["beside", "pay", "try", "try", "try"]);
    client.go_on("on", &RunOptions::new()).await.unwrap();
    assert_eq!(done(client.result::<Log>("on").await.unwrap()).log, ["beside", "tried"]);
    assert_eq!(trace.take(), ["try"], "nothing else ran, and it did not pay again");
    let again = client.go_on("on", &RunOptions::new()).await;
    assert!(matches!(again, Err(TemporalError::ThreadExists { .. })), "{again:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_handler_takes_over_as_it_does_in_process() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("failures-handler").await;
    let graph = StateGraph::<Log>::new("handler")
        .add_node(
            "break",
            node(|_: Arc<Log>, _: Cx| async { Err::<ae_langflow::Step<Log>, _>(Stop::failed("broken")) })
                .with_error_handler("mend"),
        )
        .add_node(
            "slow",
            node(|_: Arc<Log>, _: Cx| async {
                std::future::pending::<()>().await;
                Ok(log("never"))
            })
            .with_timeout(Duration::from_millis(20))
            .with_error_handler("mend"),
        )
        .add_node("mend", |_: Arc<Log>, cx: Cx| async move {
            let failure = cx.failure().unwrap();
            Ok(log(&format!("{} {}: {}", failure.node, failure.attempts, failure.message)))
        })
        .add_edge(START, "break")
        .add_edge(START, "slow")
        .add_edge("break", END)
        .add_edge("slow", END)
        .add_edge("mend", END)
        .compile()
        .unwrap();
    let local = crate::support::run(&graph).await.unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "handler", Log::default(), &RunOptions::new()).await.unwrap();
    let remote = client.result::<Log>("handler").await.unwrap();
    assert_eq!(remote, local);
    assert_eq!(done(remote).log, ["break 1: broken", "slow 1: the try took longer than 20ms"]);
    worker.stop().await;
}

static IS_BROKEN: AtomicBool = AtomicBool::new(true);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Sum {
    #[reduce(with = add)]
    total: u32,
}

fn add(have: &mut u32, new: u32) {
    assert!(!IS_BROKEN.load(Ordering::SeqCst), "it is broken");
    *have += new;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reducer_that_panics_leaves_the_run_to_a_worker_that_was_mended() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("failures-reducer").await;
    let ran = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&ran);
    let graph = StateGraph::<Sum>::new("sum")
        .add_node("add", move |_: Arc<Sum>, _: Cx| {
            count.fetch_add(1, Ordering::SeqCst);
            async { Ok(Sum::update().total(1)) }
        })
        .add_edge(START, "add")
        .add_edge("add", END)
        .compile()
        .unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "sum", Sum::default(), &RunOptions::new()).await.unwrap();
    until("a failed workflow task", || async {
        events(&client, "sum").await.iter().any(|kind| *kind == failed_task()).then_some(())
    })
    .await;
    worker.stop().await;
    IS_BROKEN.store(false, Ordering::SeqCst);
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    assert_eq!(done(client.result::<Sum>("sum").await.unwrap()).total, 1);
    assert_eq!(ran.load(Ordering::SeqCst), 1, "the node did not run again");
    worker.stop().await;
}
