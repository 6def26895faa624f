//! Stopping runs.

use std::{sync::Arc, time::Duration};

use ae_core::RetryPolicy;
use ae_langflow::{
    Cx, END, Ending, Graph, START, StateGraph, Step, Stop, node,
    temporal::{RunOptions, TemporalError, TemporalWorker},
};

use super::server::{Server, until, work};
use crate::support::{Log, Trace, log};

/// `first` ends at once; `hold` goes on until it is asked to stop; `ask` waits for a person.
pub fn holding(trace: &Trace, asks: bool) -> Graph<Log> {
    let trace = trace.clone();
    StateGraph::<Log>::new("holding")
        .add_node("first", |_: Arc<Log>, _: Cx| async { Ok(log("first")) })
        .add_node("hold", move |_: Arc<Log>, cx: Cx| {
            let trace = trace.clone();
            async move {
                if asks {
                    return cx.ask::<_, String>("go?", &()).await.map(|text| log(&text));
                }
                trace.add("holds");
                cx.cancelled().await;
                trace.add("stops");
                Err::<Step<Log>, _>(Stop::failed("told to stop"))
            }
        })
        .add_edge(START, "first")
        .add_edge("first", "hold")
        .add_edge("hold", END)
        .compile()
        .unwrap()
}

fn undo(trace: &Trace, fails: bool) -> impl ae_langflow::Node<Log> {
    let trace = trace.clone();
    move |s: Arc<Log>, cx: Cx| {
        let trace = trace.clone();
        async move {
            trace.add(format!("undoes {:?} of {} in step {}", s.log, cx.thread(), cx.step()));
            if fails { Err(Stop::failed("it can't be undone")) } else { Ok(Log::update()) }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_stops_the_node_undoes_once_and_keeps_the_state() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("cancel-node").await;
    let trace = Trace::default();
    let graph = holding(&trace, false);
    let worker = work(TemporalWorker::new(&client).graph(&graph).on_cancel(&graph, undo(&trace, false)));
    let options = RunOptions::new().with_heartbeat(Duration::from_secs(1));
    client.start(&graph, "cancel-1", Log::default(), &options).await.unwrap();
    until("the node runs", || async { (trace.take() == ["holds"]).then_some(()) }).await;
    client.cancel("cancel-1", "changed my mind").await.unwrap();
    let Ending::Cancelled(state) = client.result::<Log>("cancel-1").await.unwrap() else { panic!() };
    assert_eq!(state.log, ["first"]);
    assert_eq!(trace.take(), ["stops", "undoes [\"first\"] of cancel-1 in step 2"]);
    let nobody = client.cancel("cancel-0", "never was").await;
    assert!(matches!(nobody, Err(TemporalError::ThreadNotFound { .. })), "{nobody:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_run_is_cancelled_and_a_failed_undo_is_told() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("cancel-parked").await;
    let trace = Trace::default();
    let graph = holding(&trace, true);
    let pauses = RetryPolicy::new(2).with_pauses(Duration::from_millis(2), Duration::from_secs(5));
    let undo = node(undo(&trace, true)).with_retry(pauses);
    let worker = work(TemporalWorker::new(&client).graph(&graph).on_cancel(&graph, undo));
    client.start(&graph, "cancel-2", Log::default(), &RunOptions::new()).await.unwrap();
    until("it asks", || async {
        client.state::<Log>("cancel-2").await.ok().filter(|standing| !standing.questions.is_empty())
    })
    .await;
    client.cancel("cancel-2", "").await.unwrap();
    let failed = client.result::<Log>("cancel-2").await.unwrap_err();
    assert!(failed.to_string().contains("undoing it failed: it can't be undone"), "{failed}");
    assert_eq!(trace.take().len(), 2, "it was tried twice");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_node_that_undoes_a_cancel_just_ends_the_run() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("cancel-plain").await;
    let graph = holding(&Trace::default(), true);
    client.start(&graph, "cancel-3", Log::default(), &RunOptions::new()).await.unwrap();
    client.cancel("cancel-3", "before any worker came").await.unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    let Ending::Cancelled(state) = client.result::<Log>("cancel-3").await.unwrap() else { panic!() };
    assert_eq!(*state, Log::default(), "no node ran");
    worker.stop().await;
}
