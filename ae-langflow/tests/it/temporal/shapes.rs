//! The shapes of graphs: sends, subgraphs, deferred nodes, large values.

use std::sync::{Arc, Mutex};

use ae_langflow::{
    Answer, Cx, END, Ending, Graph, START, StateGraph, Step, node,
    temporal::{DirectoryBlobs, MemoryBlobs, RunOptions, TemporalClient, TemporalError, TemporalWorker},
};
use serde_json::json;

use super::server::{Server, until, work};
use crate::support::{Log, done, log, run};

/// Sends three tasks, one of which asks; a deferred node counts them; a subgraph ends it.
pub fn shapes(keys: &Arc<Mutex<Vec<String>>>) -> Graph<Log> {
    let keys = Arc::clone(keys);
    let inner = StateGraph::<Log>::new("inner")
        .add_node("first", |_: Arc<Log>, _: Cx| async { Ok(log("first")) })
        .add_node(
            "second",
            |s: Arc<Log>, _: Cx| async move { Ok(log(&format!("second of {}", s.log.len()))) },
        )
        .add_edge(START, "first")
        .add_edge("first", "second")
        .add_edge("second", END)
        .compile()
        .unwrap();
    StateGraph::<Log>::new("shapes")
        .add_node("fan", |_: Arc<Log>, _: Cx| async {
            Ok((0..3)
                .fold(Step::update(Log::update()), |step, index| step.send("work", &json!({ "n": index }))))
        })
        .add_node("work", move |_: Arc<Log>, cx: Cx| {
            keys.lock().unwrap().push(cx.idempotency_key("pay").to_string());
            async move {
                let input: serde_json::Value = cx.input()?;
                Ok(log(&format!("{} {input}", cx.task())))
            }
        })
        .add_node(
            "last",
            node(|s: Arc<Log>, _: Cx| async move { Ok(log(&format!("after {}", s.log.len()))) }).deferred(),
        )
        .add_subgraph("sub", &inner)
        .add_edge(START, "fan")
        .add_edge(START, "last")
        .add_goto("fan", ["work"])
        .add_edge("work", END)
        .add_edge("last", "sub")
        .add_edge("sub", END)
        .compile()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_deferred_nodes_and_subgraphs_run_as_in_process_under_keys_of_their_own() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("shapes-all").await;
    let keys = Arc::default();
    let graph = shapes(&keys);
    let local = run(&graph).await.unwrap();
    let locally = std::mem::take(&mut *keys.lock().unwrap());
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    // The thread of `run` has this name as well, and is another one.
    client.start(&graph, "t", Log::default(), &RunOptions::new()).await.unwrap();
    assert_eq!(client.result::<Log>("t").await.unwrap(), local);
    let mut remotely = std::mem::take(&mut *keys.lock().unwrap());
    assert_eq!((locally.len(), remotely.len()), (3, 3));
    remotely.extend(locally);
    remotely.sort();
    remotely.dedup();
    assert_eq!(remotely.len(), 6, "no effect of the one is an effect of the other");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_tasks_than_the_server_takes_at_once_run_in_turns() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("shapes-wide").await;
    let graph = StateGraph::<Log>::new("wide")
        .add_node("fan", |_: Arc<Log>, _: Cx| async {
            Ok((0..510).fold(Step::update(Log::update()), |step, index| step.send("work", &index)))
        })
        .add_node("work", |_: Arc<Log>, cx: Cx| async move { Ok(log(&cx.input::<u32>()?.to_string())) })
        .add_edge(START, "fan")
        .add_goto("fan", ["work"])
        .add_edge("work", END)
        .compile()
        .unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "wide", Log::default(), &RunOptions::new()).await.unwrap();
    let expected: Vec<_> = (0..510).map(|index| index.to_string()).collect();
    assert_eq!(done(client.result::<Log>("wide").await.unwrap()).log, expected);
    worker.stop().await;
}

/// Writes a long text, waits for a person, and measures the text.
fn long(bytes: usize) -> Graph<Log> {
    StateGraph::<Log>::new("long")
        .add_node("write", move |s: Arc<Log>, _: Cx| async move {
            Ok(Log::update().text("x".repeat(bytes)).count(u32::try_from(s.text.len())?))
        })
        .add_node("ask", |s: Arc<Log>, cx: Cx| async move {
            let ok: bool = cx.ask("go?", &s.text.len()).await?;
            Ok(log(&format!("{ok} {}", s.text.len())))
        })
        .add_edge(START, "write")
        .add_edge("write", "ask")
        .add_edge("ask", END)
        .compile()
        .unwrap()
}

async fn run_long(client: &TemporalClient, graph: &Graph<Log>, thread: &str) -> Log {
    let before = Log { text: "y".repeat(1_500_000), ..Log::default() };
    client.start(graph, thread, before, &RunOptions::new()).await.unwrap();
    let standing = until("it asks", || async {
        client.state::<Log>(thread).await.ok().filter(|standing| !standing.questions.is_empty())
    })
    .await;
    assert_eq!(
        (standing.state.text.len(), standing.questions[0].payload.clone()),
        (3_000_000, json!(3_000_000))
    );
    client.answer(thread, vec![Answer::new("go?", &true).unwrap()]).await.unwrap();
    done(client.result::<Log>(thread).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_values_travel_by_reference() {
    let Some(server) = Server::shared().await else { return };
    let graph = long(3_000_000);
    let folder = tempfile::tempdir().unwrap();
    let plain = server.client("shapes-long").await;
    let client = plain.clone().with_blobs(Arc::new(DirectoryBlobs::open(folder.path()).unwrap()));
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    let end = run_long(&client, &graph, "long-1").await;
    assert_eq!((end.log, end.count, end.text.len()), (vec!["true 3000000".to_owned()], 1_500_000, 3_000_000));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "each text is kept once");
    assert!(client.history("long-1").await.unwrap().len() < 60_000, "the history has their names alone");
    let without = plain.result::<Log>("long-1").await;
    assert!(matches!(without, Err(TemporalError::Unreadable { .. })), "{without:?}");
    worker.stop().await;
    let memory = Arc::new(MemoryBlobs::new());
    let client = plain.with_blobs(memory.clone());
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    assert_eq!(run_long(&client, &graph, "long-2").await.text.len(), 3_000_000);
    assert_eq!(memory.len(), 2);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_outcome_fails_the_run_with_the_reason() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("shapes-refused").await;
    let writer = |_: Arc<Log>, _: Cx| async { Ok(Log::update().text("mine")) };
    let graph = StateGraph::<Log>::new("clash")
        .add_node("a", writer)
        .add_node("b", writer)
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "clash", Log::default(), &RunOptions::new()).await.unwrap();
    let failed: Result<Ending<Log>, _> = client.result("clash").await;
    let TemporalError::Failed { kind, message, .. } = failed.unwrap_err() else { panic!() };
    assert_eq!(kind, "run_refused");
    assert!(message.contains("both write \"text\""), "{message}");
    worker.stop().await;
}
