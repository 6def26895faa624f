//! Workers and servers that die.
#![allow(
    clippy::disallowed_methods,
    reason = "the test starts itself as another process, told by its environment"
)]

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use ae_langflow::{
    Answer, Cancel, Cx, END, Graph, START, StateGraph, Stop, ThreadState,
    temporal::{RunOptions, TemporalClient, TemporalWorker},
};

use super::server::{Kind, Server, connect, until, work};
use crate::support::{Log, Trace, done, log};

/// The events, across processes: lines of a file.
#[derive(Debug, Clone)]
struct Diary(PathBuf);

impl Diary {
    fn add(&self, line: &str) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.0).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(&self.0).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

/// A worker in a process of its own, which does not outlive the test.
struct Process(Child);

impl Process {
    fn start(port: u16, diary: &Path) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "temporal::kills::child", "--nocapture"])
            .env("AE_LANGFLOW_TEMPORAL_PORT", port.to_string())
            .env("AE_LANGFLOW_TEMPORAL_DIARY", diary)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `a`, then `b`, which pays and kills its process in its first run, then `c`.
fn deadly(diary: &Diary) -> Graph<Log> {
    let node = |name: &'static str| {
        let diary = diary.clone();
        move |_: Arc<Log>, cx: Cx| {
            let diary = diary.clone();
            async move {
                diary.add(name);
                if name == "b" {
                    cx.once("pay", async {
                        diary.add(&format!("pays {}", cx.idempotency_key("pay")));
                        Ok::<_, Stop>(())
                    })
                    .await?;
                    if diary.lines().iter().filter(|line| *line == "b").count() == 1 {
                        std::process::abort();
                    }
                }
                Ok(log(name))
            }
        }
    };
    StateGraph::<Log>::new("deadly")
        .add_node("a", node("a"))
        .add_node("b", node("b"))
        .add_node("c", node("c"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", "c")
        .add_edge("c", END)
        .compile()
        .unwrap()
}

/// Does nothing unless the parent below starts it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(port) = std::env::var("AE_LANGFLOW_TEMPORAL_PORT") else { return };
    let diary = Diary(std::env::var_os("AE_LANGFLOW_TEMPORAL_DIARY").unwrap().into());
    let client = connect(port.parse().unwrap(), "kills-worker").await;
    TemporalWorker::new(&client).graph(&deadly(&diary)).spawn(Cancel::new()).unwrap().join().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_in_a_node_loses_that_try_alone() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("kills-worker").await;
    let folder = tempfile::tempdir().unwrap();
    let diary = Diary(folder.path().join("diary"));
    let options = RunOptions::new().with_heartbeat(Duration::from_secs(1));
    client.start(&deadly(&diary), "deadly", Log::default(), &options).await.unwrap();
    let mut first = Process::start(server.port(), &diary.0);
    until("the first worker dies", || {
        let ended = first.0.try_wait().unwrap();
        async move { ended.map(|status| assert!(!status.success())) }
    })
    .await;
    assert_eq!(diary.lines().iter().filter(|line| *line == "b").count(), 1);
    let _second = Process::start(server.port(), &diary.0);
    assert_eq!(done(client.result::<Log>("deadly").await.unwrap()).log, ["a", "b", "c"]);
    let lines = diary.lines();
    let ran: Vec<_> = lines.iter().filter(|line| !line.starts_with("pays")).map(String::as_str).collect();
    assert_eq!(ran, ["a", "b", "b", "c"]);
    assert_eq!(lines.len(), 5, "it paid once: {lines:?}");
}

/// `a`, then `hold` until it may go on, then `ask`, then `z`.
fn held(trace: &Trace, door: &Arc<tokio::sync::Semaphore>) -> Graph<Log> {
    let note = |name: &'static str| {
        let (trace, door) = (trace.clone(), Arc::clone(door));
        move |_: Arc<Log>, cx: Cx| {
            let (trace, door) = (trace.clone(), Arc::clone(&door));
            async move {
                trace.add(format!("{} {name}", cx.thread()));
                if name == "hold" && cx.thread() == "held" {
                    door.acquire().await?.forget();
                }
                Ok(log(name))
            }
        }
    };
    StateGraph::<Log>::new("server")
        .add_node("a", note("a"))
        .add_node("hold", note("hold"))
        .add_node("ask", |_: Arc<Log>, cx: Cx| async move {
            let answer: String = cx.ask("go?", &()).await?;
            Ok(log(&answer))
        })
        .add_node("z", note("z"))
        .add_edge(START, "a")
        .add_edge("a", "hold")
        .add_edge("hold", "ask")
        .add_edge("ask", "z")
        .add_edge("z", END)
        .compile()
        .unwrap()
}

async fn asked(client: &TemporalClient, thread: &str) -> ThreadState<Log> {
    until("it asks", || async {
        client.state::<Log>(thread).await.ok().filter(|standing| !standing.questions.is_empty())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_and_started_again_on_its_file_repeats_no_finished_node() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.db");
    let Some(server) = Server::start(Kind::File(&file), None).await else { return };
    let client = server.client("kills-server").await;
    let (trace, door) = (Trace::default(), Arc::new(tokio::sync::Semaphore::new(0)));
    let graph = held(&trace, &door);
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    let yes = || Answer::new("go?", &"yes").unwrap();
    for thread in ["ended", "parked", "held"] {
        client.start(&graph, thread, Log::default(), &RunOptions::new()).await.unwrap();
    }
    asked(&client, "ended").await;
    client.answer("ended", vec![yes()]).await.unwrap();
    let before = done(client.result::<Log>("ended").await.unwrap());
    asked(&client, "parked").await;
    let mut seen = Vec::new();
    until("the third holds", || {
        seen.extend(trace.take());
        let holds = seen.iter().any(|line| line == "held hold");
        async move { holds.then_some(()) }
    })
    .await;

    let port = server.port();
    server.kill();
    let server = Server::start(Kind::File(&file), Some(port)).await.unwrap();
    // A new connection: the old one finds its way back on its own.
    let fresh = server.client("kills-server").await;
    assert_eq!(done(fresh.result::<Log>("ended").await.unwrap()), before);
    door.add_permits(10);
    for thread in ["parked", "held"] {
        asked(&fresh, thread).await;
        fresh.answer(thread, vec![yes()]).await.unwrap();
        assert_eq!(done(client.result::<Log>(thread).await.unwrap()), before);
    }
    seen.extend(trace.take());
    for thread in ["ended", "parked", "held"] {
        for name in ["a", "hold", "z"] {
            let runs = seen.iter().filter(|line| **line == format!("{thread} {name}")).count();
            let in_flight = thread == "held" && name == "hold";
            assert!(runs == 1 || (in_flight && runs == 2), "{thread} {name} ran {runs} times: {seen:?}");
        }
    }
    worker.stop().await;
}
