//! Recorded histories run as they did: one of every shape that was released, in `tests/fixtures/temporal`.
//!
//! To record those that are missing: `AE_LANGFLOW_RECORD=1 cargo test -p ae-langflow --features temporal histories`.
#![allow(clippy::disallowed_methods, reason = "the environment asks for recording")]

use std::{path::PathBuf, sync::Arc, time::Duration};

use ae_langflow::{
    Answer, Cx, END, Graph, START, State, StateGraph,
    temporal::{Replayer, RunOptions, TemporalClient, TemporalError, TemporalWorker},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    cancel::holding,
    runs::{counting, twice},
    server::{Server, until, work},
    shapes::shapes,
};
use crate::{
    questions::three,
    support::{Log, Trace},
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/temporal")
}

fn graphs() -> [Graph<Log>; 5] {
    let trace = Trace::default();
    [twice(&trace), counting(62), three(&trace), shapes(&Arc::default()), holding(&trace, true)]
}

fn replayer() -> Replayer {
    graphs().iter().fold(Replayer::new(), Replayer::graph)
}

async fn asked(client: &TemporalClient, thread: &str, id: &str) {
    until("it asks", || async {
        let standing = client.state::<Log>(thread).await.ok()?;
        standing.questions.iter().any(|question| question.id == id).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_history_is_replayed() {
    let recording = std::env::var("AE_LANGFLOW_RECORD").is_ok();
    if recording {
        record().await;
    }
    let mut replayed = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let history = std::fs::read(&path).unwrap();
        let result = tokio::task::LocalSet::new().run_until(replayer().replay(&history)).await;
        assert!(result.is_ok(), "{}: {}", path.display(), result.unwrap_err());
        replayed.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
    }
    replayed.sort();
    assert_eq!(replayed, ["cancelled", "cut", "questions", "shapes", "supersteps"]);
}

async fn record() {
    let server = Server::shared().await.expect("a server to record from");
    let client = server.client("histories").await;
    let all = graphs();
    let worker = work(all.iter().fold(TemporalWorker::new(&client), TemporalWorker::graph));
    let [twice, counting, three, shapes, holding] = all;
    for (name, graph) in [
        ("supersteps", twice),
        ("cut", counting),
        ("questions", three),
        ("shapes", shapes),
        ("cancelled", holding),
    ] {
        let file = folder().join(name).with_extension("json");
        if file.exists() {
            continue;
        }
        let options = RunOptions::new().with_segment(20).with_heartbeat(Duration::from_secs(2));
        client.start(&graph, name, Log::default(), &options).await.unwrap();
        if name == "questions" {
            asked(&client, name, "name").await;
            client.signal_answer(name, Answer::new("name", &"Ada").unwrap()).await.unwrap();
            asked(&client, name, "age").await;
            let answers = vec![Answer::new("age", &36).unwrap(), Answer::new("ok", &true).unwrap()];
            client.answer(name, answers).await.unwrap();
        }
        if name == "cancelled" {
            asked(&client, name, "go?").await;
            client.cancel(name, "").await.unwrap();
        }
        client.result::<Log>(name).await.unwrap();
        std::fs::create_dir_all(folder()).unwrap();
        std::fs::write(file, client.history(name).await.unwrap()).unwrap();
    }
    worker.stop().await;
}

async fn refused(replayer: Replayer, history: &[u8]) -> String {
    let result = tokio::task::LocalSet::new().run_until(replayer.replay(history)).await;
    match result {
        Err(TemporalError::Replay { reason }) => reason,
        other => panic!("not noticed: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_of_another_turn_is_noticed() {
    let history = std::fs::read_to_string(folder().join("supersteps.json")).unwrap();
    let other = history.replacen("\"name\":\"d\"", "\"name\":\"c\"", 1);
    assert_ne!(other, history);
    refused(replayer(), other.as_bytes()).await;
    refused(replayer(), b"[]").await;
    refused(Replayer::new(), history.as_bytes()).await;
}

/// As [`Log`], but its list forgets: a reducer that changed its meaning under the same version.
#[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
#[state(version = 1)]
struct Forgetful {
    #[reduce(with = forget)]
    log: Vec<String>,
    last: Option<String>,
    text: String,
    count: u32,
    #[reduce(max)]
    top: f64,
    #[reduce(merge)]
    by: std::collections::BTreeMap<u32, String>,
    #[reduce(with = forget_text)]
    joined: String,
}

fn forget(have: &mut Vec<String>, new: Vec<String>) {
    *have = new;
}

fn forget_text(have: &mut String, new: String) {
    *have = new;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reducer_that_changed_its_meaning_is_noticed() {
    let node = |_: Arc<Forgetful>, _: Cx| async { Ok(Forgetful::update()) };
    let graph =
        StateGraph::<Forgetful>::new("twice").add_node("a", node).add_edge(START, "a").add_edge("a", END);
    let history = std::fs::read(folder().join("supersteps.json")).unwrap();
    refused(Replayer::new().graph(&graph.compile().unwrap()), &history).await;
}

#[test]
fn histories_hold_nothing_of_the_machine_they_were_recorded_on() {
    let mut files = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let history = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let history: serde_json::Value = serde_json::from_str(&history).unwrap();
        let mut identities = Vec::new();
        collect(&history, &mut identities);
        assert!(!identities.is_empty());
        assert!(identities.iter().all(|identity| *identity == json!("test")), "{identities:?}");
        files += 1;
    }
    assert_eq!(files, 5);
}

/// Every `identity` that is said, at any depth.
fn collect(value: &serde_json::Value, found: &mut Vec<serde_json::Value>) {
    match value {
        serde_json::Value::Object(fields) => {
            found.extend(fields.get("identity").filter(|identity| **identity != json!("")).cloned());
            fields.values().for_each(|field| collect(field, found));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
