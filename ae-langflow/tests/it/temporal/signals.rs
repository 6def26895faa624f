//! Signals that are not answers, come twice, too early, too late or in a burst.

use std::sync::Arc;

use ae_langflow::{
    Cx, END, Ending, START, StateGraph,
    temporal::{RunOptions, TemporalError, TemporalWorker},
};
use serde_json::json;
use tokio::sync::Notify;

use super::{
    questions::{answer, asking, parked},
    server::{Server, until, work},
};
use crate::support::{Log, done, log};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_an_answer_is_dropped_and_shown_and_the_run_goes_on() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("signals-malformed").await;
    let graph = asking(1);
    client.start(&graph, "malformed", Log::default(), &RunOptions::new()).await.unwrap();
    let deep = format!("{{\"id\":\"send it?\",\"value\":{}1{}}}", "[".repeat(126), "]".repeat(126));
    let good = r#"{"id":"send it?","value":"yes"}"#;
    let malformed: [&[&str]; 10] = [
        &[r#""yes""#],
        &["{"],
        &[],
        &[good, good],
        &["null"],
        &["[1,2]"],
        &[r#"{"value":"yes"}"#],
        &[r#"{"id":"send it?"}"#],
        &[r#"{"id":7,"value":"yes"}"#],
        &[&deep],
    ];
    // Some before the run is opened, some while it waits.
    for arguments in &malformed[..5] {
        server.signal("malformed", "answer", arguments).await;
    }
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    parked::<Log>(&client, "malformed", &["send it?"]).await;
    for arguments in &malformed[5..] {
        server.signal("malformed", "answer", arguments).await;
    }
    server.signal("malformed", "another signal", &["1"]).await;
    let dropped = until("all of them are dropped", || async {
        client.dropped_signals("malformed").await.ok().filter(|dropped| dropped.count >= 10)
    })
    .await;
    assert_eq!((dropped.count, dropped.reasons.len()), (10, 8), "{dropped:?}");
    for reason in &dropped.reasons {
        let named =
            ["a signal is not an answer: ", "nested more than"].iter().any(|text| reason.contains(text));
        assert!(named && reason.chars().count() <= 200, "{reason}");
    }
    server.signal("malformed", "answer", &[good]).await;
    assert_eq!(done(client.result::<Log>("malformed").await.unwrap()).log, ["yes"]);
    assert_eq!(client.dropped_signals("malformed").await.unwrap(), dropped, "once it has ended too");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_that_is_sent_twice_does_not_answer_the_next_question() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("signals-twice").await;
    let graph = asking(3);
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "twice", Log::default(), &RunOptions::new()).await.unwrap();
    let first = parked::<Log>(&client, "twice", &["send it?"]).await.questions.remove(0);
    let named = first.answer("one").unwrap();
    client.signal_answer("twice", named.clone()).await.unwrap();
    let second = until("it asks again", || async {
        let standing = client.state::<Log>("twice").await.ok()?;
        (standing.step == 1).then(|| standing.questions.into_iter().next()).flatten()
    })
    .await;
    // The same one again, with and without the asking that it is for.
    client.signal_answer("twice", named).await.unwrap();
    client.signal_answer("twice", answer("send it?", &json!("one"))).await.unwrap();
    let dropped = until("both are dropped", || async {
        client.dropped_signals("twice").await.ok().filter(|dropped| dropped.count == 2)
    })
    .await;
    assert!(dropped.reasons.iter().all(|reason| reason.contains("send it?")), "{dropped:?}");
    let standing = client.state::<Log>("twice").await.unwrap();
    assert_eq!((standing.step, standing.state.log.len(), standing.questions.len()), (1, 1, 1));
    client.signal_answer("twice", second.answer("two").unwrap()).await.unwrap();
    until("it asks a third time", || async {
        client.state::<Log>("twice").await.ok().filter(|standing| standing.step == 2)
    })
    .await;
    client.answer("twice", vec![answer("send it?", &json!("three"))]).await.unwrap();
    assert_eq!(done(client.result::<Log>("twice").await.unwrap()).log, ["one", "two", "three"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_fills_the_room_for_early_answers_and_not_the_run() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("signals-burst").await;
    let graph = asking(1);
    client.start(&graph, "burst", Log::default(), &RunOptions::new()).await.unwrap();
    let long = "x".repeat(30_000);
    for number in 0..20 {
        client.signal_answer("burst", answer(&format!("never asked {number}"), &json!(long))).await.unwrap();
    }
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    parked::<Log>(&client, "burst", &["send it?"]).await;
    // More than the server takes in one history, one at a time.
    let large = json!("x".repeat(500_000)).to_string();
    for _ in 0..12 {
        server.signal("burst", "answer", &[&large]).await;
    }
    let dropped = until("they are dropped", || async {
        client.dropped_signals("burst").await.ok().filter(|dropped| dropped.count == 30)
    })
    .await;
    assert!(dropped.reasons.iter().all(|reason| reason.chars().count() <= 200), "{dropped:?}");
    let history: serde_json::Value = serde_json::from_slice(&client.history("burst").await.unwrap()).unwrap();
    let began = &history["events"][0]["attributes"]["WorkflowExecutionStartedEventAttributes"];
    assert_ne!(began["continued_execution_run_id"], "", "the history was cut");
    client.signal_answer("burst", answer("send it?", &json!("yes"))).await.unwrap();
    assert_eq!(done(client.result::<Log>("burst").await.unwrap()).log, ["yes"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_taken_after_a_cancel() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("signals-cancel").await;
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, door) = (Arc::clone(&entered), Arc::clone(&leave));
    let graph = StateGraph::<Log>::new("cancelled")
        .add_node("ask", |_: Arc<Log>, cx: Cx| async move {
            let text: String = cx.ask("go?", &()).await?;
            Ok(log(&text))
        })
        .add_edge(START, "ask")
        .add_edge("ask", END)
        .compile()
        .unwrap();
    let undo = move |_: Arc<Log>, _: Cx| {
        let (inside, door) = (Arc::clone(&inside), Arc::clone(&door));
        async move {
            inside.notify_one();
            door.notified().await;
            Ok(Log::update())
        }
    };
    let worker = work(TemporalWorker::new(&client).graph(&graph).on_cancel(&graph, undo));
    client.start(&graph, "cancelled", Log::default(), &RunOptions::new()).await.unwrap();
    parked::<Log>(&client, "cancelled", &["go?"]).await;
    client.cancel("cancelled", "").await.unwrap();
    entered.notified().await;
    let refused = client.answer("cancelled", vec![answer("go?", &json!("yes"))]).await.unwrap_err();
    assert!(matches!(refused, TemporalError::Refused { .. }), "{refused:?}");
    assert!(refused.to_string().contains("is cancelled"), "{refused}");
    client.signal_answer("cancelled", answer("go?", &json!("yes"))).await.unwrap();
    let dropped = until("it is dropped", || async {
        client.dropped_signals("cancelled").await.ok().filter(|dropped| !dropped.is_empty())
    })
    .await;
    assert!(dropped.reasons[0].contains("the run is cancelled"), "{dropped:?}");
    leave.notify_one();
    let Ending::Cancelled(state) = client.result::<Log>("cancelled").await.unwrap() else { panic!() };
    assert_eq!(*state, Log::default());
    worker.stop().await;
}
