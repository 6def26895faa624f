//! A process that dies at each write of a run to the store, and a new one that goes on.

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ae_core::BackendError;
use ae_langflow::{
    Checkpointer, Cx, END, Graph, Input, RunConfig, START, StateGraph, Stop,
    host::{Intercept, StoreAnswer, StoreCall, Tap},
};
use async_trait::async_trait;

use crate::{
    child::{self, Victim},
    support::{Log, done, log},
};

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

/// Waits to be killed before or after write number `at`, and notes what became durable.
#[derive(Debug)]
struct Dying {
    diary: Diary,
    at: u64,
    before: bool,
    writes: AtomicU64,
}

#[async_trait]
impl Intercept for Dying {
    async fn intercept(
        &self,
        call: StoreCall,
        store: &dyn Checkpointer,
    ) -> Result<StoreAnswer, BackendError> {
        let ended = match &call {
            StoreCall::Commit { expected, record, .. } => {
                expected.filter(|head| head.step < record.head.step).map(|_| record.head.step)
            }
            StoreCall::AppendOnce { .. } => None,
            _ => return call.run(store).await,
        };
        let here = self.writes.fetch_add(1, Ordering::SeqCst) + 1 == self.at;
        if here && self.before {
            child::await_death();
        }
        let answer = call.run(store).await?;
        if let Some(step) = ended {
            // All that ran in the superstep is durable, by whichever process.
            let ran = format!("run {step} ");
            for line in self.diary.lines() {
                if let Some(task) = line.strip_prefix(&ran) {
                    self.diary.add(&format!("durable {step} {task}"));
                }
            }
        }
        if let StoreAnswer::Noted(notes) = &answer {
            for note in notes {
                let (step, task) = (note.step + 1, &note.task);
                match note.key.strip_prefix("once:") {
                    Some(key) => self.diary.add(&format!("durable {step} {task}/{key}")),
                    None => self.diary.add(&format!("durable {step} {task}")),
                }
            }
        }
        if here {
            child::await_death();
        }
        Ok(answer)
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
                    // So that `c` ends first, and is noted.
                    tokio::task::yield_now().await;
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
    let Some(place) = child::place() else { return };
    let folder = child::told("AE_LANGFLOW_TEST_FOLDER");
    let at = child::told("AE_LANGFLOW_TEST_AT").parse().unwrap();
    let before = child::told("AE_LANGFLOW_TEST_BEFORE") == "true";
    let diary = Diary(Path::new(&folder).join("diary"));
    let inner = child::open(&place).await;
    let store =
        Arc::new(Tap::new(inner, Dying { diary: diary.clone(), at, before, writes: AtomicU64::new(0) }));
    let known = store.load("t", None).await.unwrap().is_some();
    let input = if known { Input::Continue } else { Input::start(Log::update()) };
    let ending = graph(&diary).with_store(store).invoke(input, &RunConfig::thread("t")).await.unwrap();
    assert_eq!(done(ending).log, ALL);
    diary.add("done");
}

/// Runs the graph in a process that is killed at write `at`, if it gets there. Whether it got through.
fn survives(place: &str, folder: &Path, at: u64, before: bool) -> bool {
    let words = [
        ("AE_LANGFLOW_TEST_FOLDER", folder.to_str().unwrap()),
        ("AE_LANGFLOW_TEST_AT", &at.to_string()),
        ("AE_LANGFLOW_TEST_BEFORE", &before.to_string()),
    ];
    let mut victim = Victim::start("kill::child", place, &words);
    if victim.hear().is_some() {
        victim.kill();
    }
    victim.ended_well()
}

/// Kills a run before and after each of its writes, each time in a store of its own, which `place` names.
pub fn kill_at_every_write(place: impl Fn(&Path, &str) -> String) {
    for before in [true, false] {
        let mut kills = 0;
        for at in 1.. {
            let folder = tempfile::tempdir().unwrap();
            let diary = Diary(folder.path().join("diary"));
            let place = place(folder.path(), &format!("{before} {at}"));
            let survived = survives(&place, folder.path(), at, before);
            if !survived {
                kills += 1;
                let through = survives(&place, folder.path(), 0, before);
                assert!(through, "killed at write {at}: {:?}", diary.lines());
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

#[cfg(feature = "sqlite")]
#[test]
fn what_became_durable_in_sqlite_before_a_kill_never_runs_again() {
    kill_at_every_write(|folder, _| format!("sqlite:{}", folder.join("threads.db").display()));
}
