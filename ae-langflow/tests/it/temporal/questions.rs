//! Questions, answered by updates and signals.

use std::sync::Arc;

use ae_langflow::{
    Answer, Cx, END, Graph, START, State, StateGraph, ThreadState,
    temporal::{RunOptions, TemporalClient, TemporalError, TemporalWorker},
};
use serde_json::json;

use super::server::{Server, events, until, work};
use crate::{
    questions::three,
    support::{Log, Trace, done, log, names},
};

pub async fn parked<S: State>(client: &TemporalClient, thread: &str, open: &[&str]) -> ThreadState<S> {
    until("the questions are open", || async {
        let standing = client.state::<S>(thread).await.ok()?;
        let ids: Vec<_> = standing.questions.iter().map(|question| question.id.as_str()).collect();
        (ids == open).then_some(standing)
    })
    .await
}

pub fn answer(id: &str, value: &serde_json::Value) -> Answer {
    Answer::new(id, value).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_rerun_the_asking_node_alone_and_what_it_recorded_stays() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("questions-three").await;
    let trace = Trace::default();
    let graph = three(&trace);
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "three", Log::default(), &RunOptions::new()).await.unwrap();

    let standing = parked::<Log>(&client, "three", &["name", "ok"]).await;
    assert_eq!((standing.step, standing.next, standing.state.as_ref()), (0, names("a b"), &Log::default()));
    let mut first = trace.take();
    first.sort();
    assert_eq!(first, ["a", "b", "c", "pay"]);

    client.answer("three", vec![answer("name", &json!("Ada"))]).await.unwrap();
    parked::<Log>(&client, "three", &["ok", "age"]).await;
    assert_eq!(trace.take(), ["a"], "it did not pay again, and b and c did not run");
    client.answer("three", vec![answer("age", &json!("old"))]).await.unwrap();
    let standing = until("it asks again", || async {
        let standing = client.state::<Log>("three").await.ok()?;
        standing.questions.iter().any(|question| question.problem.is_some()).then_some(standing)
    })
    .await;
    assert_eq!(standing.questions.len(), 2);
    assert_eq!(trace.take(), ["a"]);
    client.answer("three", vec![answer("age", &json!(36)), answer("ok", &json!(true))]).await.unwrap();
    assert_eq!(done(client.result::<Log>("three").await.unwrap()).log, ["Ada Some(36)", "ok true", "c"]);
    let late = client.answer("three", vec![answer("ok", &json!(true))]).await;
    assert!(matches!(late, Err(TemporalError::ThreadNotFound { .. })), "{late:?}");
    worker.stop().await;
}

/// One question, asked twice over: once a round.
pub fn asking(rounds: usize) -> Graph<Log> {
    StateGraph::<Log>::new("asking")
        .add_node("ask", |s: Arc<Log>, cx: Cx| async move {
            let ok: String = cx.ask("send it?", &s.log.len()).await?;
            Ok(log(&ok))
        })
        .add_edge(START, "ask")
        .add_conditional_edges("ask", move |s: &Log| s.log.len() < rounds, [(true, "ask"), (false, END)])
        .compile()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_answer_leaves_no_trace() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("questions-refused").await;
    let graph = asking(1);
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "refused", Log::default(), &RunOptions::new()).await.unwrap();
    parked::<Log>(&client, "refused", &["send it?"]).await;
    let before = events(&client, "refused").await;
    let long = "x".repeat(70_000);
    for (answers, reason) in [
        (vec![answer("sent it?", &json!("yes"))], "no open question \"sent it?\" (open: [\"send it?\"])"),
        (vec![answer("send it?", &json!("yes")), answer("send it?", &json!("no"))], "no open question"),
        (vec![answer("send it?", &json!(long))], "65536 are allowed"),
    ] {
        let refused = client.answer("refused", answers).await.unwrap_err();
        assert!(matches!(refused, TemporalError::Refused { .. }), "{refused:?}");
        assert!(refused.to_string().contains(reason), "{refused}");
    }
    assert_eq!(events(&client, "refused").await, before, "a refused update is no event");
    client.answer("refused", vec![answer("send it?", &json!("yes"))]).await.unwrap();
    assert_eq!(done(client.result::<Log>("refused").await.unwrap()).log, ["yes"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_signal_is_kept_and_the_first_one_counts() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("questions-early").await;
    let graph = asking(2);
    client.start(&graph, "early", Log::default(), &RunOptions::new()).await.unwrap();
    // Nobody works yet, so all of them come before the question.
    for value in ["first", "second"] {
        client.signal_answer("early", answer("send it?", &json!(value))).await.unwrap();
    }
    client.signal_answer("early", answer("other", &json!("unasked"))).await.unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    let standing = until("the second round", || async {
        client.state::<Log>("early").await.ok().filter(|standing| standing.step == 1)
    })
    .await;
    assert_eq!(standing.state.log, ["first"]);
    client.answer("early", vec![answer("send it?", &json!("third"))]).await.unwrap();
    assert_eq!(done(client.result::<Log>("early").await.unwrap()).log, ["first", "third"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_signal_outlives_the_history_it_came_in() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("questions-cut").await;
    let graph = StateGraph::<Log>::new("cut")
        .add_node("tick", |s: Arc<Log>, _: Cx| async move { Ok(Log::update().count(s.count + 1)) })
        .add_node("ask", |_: Arc<Log>, cx: Cx| async move {
            let ok: String = cx.ask("go?", &()).await?;
            Ok(log(&ok))
        })
        .add_edge(START, "tick")
        .add_conditional_edges("tick", |s: &Log| s.count < 5, [(true, "tick"), (false, "ask")])
        .add_edge("ask", END)
        .compile()
        .unwrap();
    client.start(&graph, "cut", Log::default(), &RunOptions::new().with_segment(2)).await.unwrap();
    client.signal_answer("cut", answer("go?", &json!("yes"))).await.unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    assert_eq!(done(client.result::<Log>("cut").await.unwrap()).log, ["yes"]);
    worker.stop().await;
}
