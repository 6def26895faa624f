//! Much work and much state: it is never a limit of the server that ends a run.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use ae_core::RetryPolicy;
use ae_langflow::{
    Answer, Cx, END, Graph, START, State, StateGraph, Step, node,
    temporal::{RunOptions, TemporalError, TemporalWorker},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    questions::parked,
    runs::failed_task,
    server::{Server, events, work},
};
use crate::support::{Log, done, log};

/// `split` sends `width` numbers to `work`, which gives back `bytes` for each.
fn wide(width: u32, bytes: usize, ran: &Arc<AtomicU32>) -> Graph<Log> {
    let ran = Arc::clone(ran);
    StateGraph::<Log>::new("wide")
        .add_node("split", move |_: Arc<Log>, _: Cx| async move {
            Ok((0..width).fold(Step::none(), |step, number| step.send("work", &number)))
        })
        .add_node("work", move |_: Arc<Log>, cx: Cx| {
            ran.fetch_add(1, Ordering::SeqCst);
            async move { Ok(log(&format!("{}{}", cx.input::<u32>()?, "y".repeat(bytes)))) }
        })
        .add_edge(START, "split")
        .add_goto("split", ["work"])
        .add_edge("work", END)
        .compile()
        .unwrap()
}

fn heavy(bytes: usize) -> Log {
    Log { text: "x".repeat(bytes), ..Log::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_sends_run_once_each_however_large_the_state_is() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("sizes-sends").await;
    for (thread, bytes) in [("sends-30k", 30_000), ("sends-1m", 1_000_000)] {
        let ran = Arc::default();
        let graph = wide(200, 0, &ran);
        let worker = work(TemporalWorker::new(&client).graph(&graph));
        let options = RunOptions::new().with_bytes_max(1_500_000);
        client.start(&graph, thread, heavy(bytes), &options).await.unwrap();
        let end = done(client.result::<Log>(thread).await.unwrap());
        let expected: Vec<_> = (0..200).map(|number| number.to_string()).collect();
        assert_eq!((end.log, end.text.len()), (expected, bytes));
        assert_eq!(ran.load(Ordering::SeqCst), 200);
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_nodes_run_on_a_state_near_its_limit() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("sizes-nodes").await;
    let mut graph = StateGraph::<Log>::new("ten");
    for number in 0..10 {
        let name = format!("n{number}");
        let entry = name.clone();
        graph = graph
            .add_node(name.clone(), move |_: Arc<Log>, _: Cx| {
                let entry = entry.clone();
                async move { Ok(log(&entry)) }
            })
            .add_edge(START, name.clone())
            .add_edge(name, END);
    }
    let graph = graph.compile().unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "ten", heavy(450_000), &RunOptions::new()).await.unwrap();
    assert_eq!(done(client.result::<Log>("ten").await.unwrap()).log.len(), 10);
    let failed = events(&client, "ten").await.into_iter().filter(|event| *event == failed_task());
    assert_eq!(failed.count(), 0, "no workflow task was too large for one message");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_that_can_not_all_fit_end_the_run_by_name() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("sizes-results").await;
    for (thread, width, bytes) in [("results-few", 20, 100_000), ("results-many", 200, 400_000)] {
        let graph = wide(width, bytes, &Arc::default());
        let worker = work(TemporalWorker::new(&client).graph(&graph));
        client.start(&graph, thread, Log::default(), &RunOptions::new()).await.unwrap();
        let failed = client.result::<Log>(thread).await.unwrap_err();
        let TemporalError::Failed { kind, message, .. } = &failed else { panic!("{failed:?}") };
        assert_eq!(kind, "too_large");
        assert!(message.contains("524288 are allowed"), "{message}");
        worker.stop().await;
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Odd {
    ratio: f64,
    value: Value,
    seen: u32,
}

/// `write` writes `write`, `read` reads it.
fn odd(tries: &Arc<AtomicU32>, update: fn() -> Step<Odd>) -> Graph<Odd> {
    let tries = Arc::clone(tries);
    StateGraph::<Odd>::new("odd")
        .add_node(
            "write",
            node(move |_: Arc<Odd>, _: Cx| {
                tries.fetch_add(1, Ordering::SeqCst);
                async move { Ok(update()) }
            })
            .with_retry(RetryPolicy::new(3)),
        )
        .add_node("read", |s: Arc<Odd>, _: Cx| async move { Ok(Odd::update().seen(s.seen + 1)) })
        .add_edge(START, "write")
        .add_edge("write", "read")
        .add_edge("read", END)
        .compile()
        .unwrap()
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_can_not_be_read_ends_the_run_by_name_at_once() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("sizes-unreadable").await;
    type Write = fn() -> Step<Odd>;
    let cases: [(&str, Write); 2] = [
        ("nan", || Odd::update().ratio(f64::NAN).into()),
        ("deep", || Odd::update().value(deep(122)).into()),
    ];
    for (thread, update) in cases {
        let tries = Arc::default();
        let graph = odd(&tries, update);
        let worker = work(TemporalWorker::new(&client).graph(&graph));
        client.start(&graph, thread, Odd::default(), &RunOptions::new()).await.unwrap();
        let failed = client.result::<Odd>(thread).await.unwrap_err();
        let TemporalError::Failed { kind, .. } = &failed else { panic!("{failed:?}") };
        assert_eq!(kind, "unreadable", "{failed}");
        assert_eq!(tries.load(Ordering::SeqCst), 1, "no try makes it readable");
        worker.stop().await;
    }
    let tries = Arc::default();
    let graph = odd(&tries, || Odd::update().value(deep(80)).into());
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "nested", Odd::default(), &RunOptions::new().with_segment(1)).await.unwrap();
    let end = done(client.result::<Odd>("nested").await.unwrap());
    assert_eq!((end.value, end.seen), (deep(80), 1));
    let start = Odd { value: deep(122), ..Odd::default() };
    let refused = client.start(&graph, "nested-start", start, &RunOptions::new()).await;
    assert!(matches!(refused, Err(TemporalError::Unreadable { .. })), "{refused:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nested_answer_outlives_the_history_it_came_in() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("sizes-answer").await;
    let graph = StateGraph::<Odd>::new("answered")
        .add_node("ask", |_: Arc<Odd>, cx: Cx| async move {
            let value: Value = cx.ask("value", &()).await?;
            let more: Value = cx.ask("more", &()).await?;
            Ok(Odd::update().value(json!([value, more])))
        })
        .add_edge(START, "ask")
        .add_edge("ask", END)
        .compile()
        .unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "answered", Odd::default(), &RunOptions::new()).await.unwrap();
    parked::<Odd>(&client, "answered", &["value"]).await;
    let answer = |id: &str, levels| Answer::from_value(id, deep(levels));
    let refused = client.answer("answered", vec![answer("value", 115)]).await;
    assert!(matches!(refused, Err(TemporalError::Refused { .. })), "{refused:?}");
    client.answer("answered", vec![answer("value", 90)]).await.unwrap();
    parked::<Odd>(&client, "answered", &["more"]).await;
    client.answer("answered", vec![answer("more", 1)]).await.unwrap();
    assert_eq!(done(client.result::<Odd>("answered").await.unwrap()).value, json!([deep(90), deep(1)]));
    worker.stop().await;
}
