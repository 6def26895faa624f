//! A process that dies at each write to the store, and a new one that goes on.
#![allow(
    clippy::disallowed_methods,
    reason = "the test starts itself as another process, told by its environment"
)]

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ae_core::BackendError;
use ae_langflow::{
    Checkpointer, Cx, Durability, END, Ending, Graph, Input, RunConfig, START, SqliteCheckpointer,
    StateGraph, Stop,
    record::{Head, Loaded, Page, Record, TaskRecord, ThreadInfo},
};
use async_trait::async_trait;

use crate::support::{Log, done, log};

/// What happened, across processes: lines of a file.
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

/// Aborts the process before or after write number `at`, and notes what became durable.
#[derive(Debug)]
struct Dying {
    inner: SqliteCheckpointer,
    diary: Diary,
    at: u64,
    before: bool,
    writes: AtomicU64,
}

impl Dying {
    fn enter(&self) -> bool {
        let here = self.writes.fetch_add(1, Ordering::SeqCst) + 1 == self.at;
        if here && self.before {
            std::process::abort();
        }
        here
    }

    fn leave(&self, here: bool) {
        if here {
            std::process::abort();
        }
    }
}

#[async_trait]
impl Checkpointer for Dying {
    async fn commit(&self, thread: &str, head: Option<Head>, record: Record) -> Result<Head, BackendError> {
        let here = self.enter();
        let change: serde_json::Value = serde_json::from_str(&record.change).unwrap();
        let step = record.step;
        let head = self.inner.commit(thread, head, record).await?;
        for write in change["stepped"]["writes"].as_array().into_iter().flatten() {
            self.diary.add(&format!("durable {step} {}", write["task"].as_str().unwrap()));
        }
        self.leave(here);
        Ok(head)
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        record: TaskRecord,
    ) -> Result<TaskRecord, BackendError> {
        let here = self.enter();
        let stored = self.inner.append_once(thread, head, record).await?;
        let (step, task) = (stored.step + 1, &stored.task);
        match stored.key.strip_prefix("once:") {
            Some(key) => self.diary.add(&format!("durable {step} {task}/{key}")),
            None => self.diary.add(&format!("durable {step} {task}")),
        }
        self.leave(here);
        Ok(stored)
    }

    async fn load(&self, thread: &str) -> Result<Option<Loaded>, BackendError> {
        self.inner.load(thread).await
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        self.inner.list(page).await
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        self.inner.delete(thread).await
    }
}

/// Twice round: `a`, then `b` (which pays once) and `c` side by side, then `d`.
fn graph(diary: &Diary) -> Graph<Log> {
    let node = |name: &'static str| {
        let diary = diary.clone();
        move |_: Arc<Log>, cx: Cx| {
            let diary = diary.clone();
            async move {
                diary.add(&format!("run {} {name}", cx.step()));
                if name == "b" {
                    cx.once("pay", async {
                        diary.add(&format!("run {} b/pay", cx.step()));
                        Ok::<_, Stop>(())
                    })
                    .await?;
                }
                Ok(log(&format!("{}{name}", cx.step())))
            }
        }
    };
    StateGraph::<Log>::new("kill")
        .add_node("a", node("a"))
        .add_node("b", node("b"))
        .add_node("c", node("c"))
        .add_node("d", node("d"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge(["b", "c"], "d")
        .add_conditional_edges("d", |s: &Log| s.log.len() >= 8, [(false, "a"), (true, END)])
        .compile()
        .unwrap()
}

const ALL: [&str; 8] = ["1a", "2b", "2c", "3d", "4a", "5b", "5c", "6d"];

/// Does nothing unless the parent below starts it.
#[tokio::test]
async fn child() {
    let Ok(folder) = std::env::var("AE_LANGFLOW_KILL_FOLDER") else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let (at, before) = (number("AE_LANGFLOW_KILL_AT"), number("AE_LANGFLOW_KILL_BEFORE") == 1);
    let diary = Diary(Path::new(&folder).join("diary"));
    let inner = SqliteCheckpointer::open(Path::new(&folder).join("threads.db"), Durability::Normal).unwrap();
    let store = Arc::new(Dying { inner, diary: diary.clone(), at, before, writes: AtomicU64::new(0) });
    let app = graph(&diary).with_store(store);
    let config = RunConfig::thread("t");
    let known = app.get_state(&config).await.unwrap();
    let input = if known.is_some() { Input::Continue } else { Input::start(Log::update()) };
    let ending: Ending<Log> = app.invoke(input, &config).await.unwrap();
    assert_eq!(done(ending).log, ALL);
    diary.add("done");
}

fn spawn(folder: &Path, at: u64, before: bool) -> bool {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--nocapture"])
        .env("AE_LANGFLOW_KILL_FOLDER", folder)
        .env("AE_LANGFLOW_KILL_AT", at.to_string())
        .env("AE_LANGFLOW_KILL_BEFORE", u64::from(before).to_string())
        .output()
        .unwrap()
        .status
        .success()
}

#[test]
fn what_became_durable_before_a_kill_never_runs_again() {
    for before in [true, false] {
        let mut kills = 0;
        for at in 1.. {
            let folder = tempfile::tempdir().unwrap();
            let diary = Diary(folder.path().join("diary"));
            let survived = spawn(folder.path(), at, before);
            if !survived {
                kills += 1;
                assert!(spawn(folder.path(), 0, before), "killed at write {at}: {:?}", diary.lines());
            }
            let lines = diary.lines();
            assert_eq!(lines.last().map(String::as_str), Some("done"), "{lines:?}");
            let mut durable = BTreeSet::new();
            for line in &lines {
                if let Some(what) = line.strip_prefix("durable ") {
                    durable.insert(what);
                } else if let Some(what) = line.strip_prefix("run ") {
                    assert!(!durable.contains(what), "{what} ran again, killed at write {at}: {lines:?}");
                }
            }
            let runs = lines.iter().filter(|line| line.starts_with("run ")).count();
            assert!((10..=13).contains(&runs), "killed at write {at}: {lines:?}");
            if survived {
                assert_eq!(runs, 10, "8 nodes and 2 payments");
                break;
            }
        }
        // The start, six supersteps, and in two of them a payment and the sibling that ended first.
        assert_eq!(kills, 11);
    }
}
