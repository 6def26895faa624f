//! Two processes that send turns to one thread and are killed now and then.

use std::{sync::Arc, time::Duration};

use ae_langflow::{App, Cx, END, Ending, Graph, GraphError, Input, RunConfig, START, StateGraph};

use crate::{
    child::{self, Victim},
    support::{Log, log},
};

/// Together 64 turns: fewer than a thread remembers.
const PROCESSES: usize = 2;
const CALLERS: usize = 8;
const TURNS: usize = 4;

fn chat() -> Graph<Log> {
    StateGraph::<Log>::new("chat")
        .add_node("think", |_: Arc<Log>, _: Cx| async {
            tokio::task::yield_now().await;
            Ok(Log::update().count(1))
        })
        .add_node("reply", |state: Arc<Log>, _: Cx| async move { Ok(log(&format!("re {}", state.text))) })
        .add_edge(START, "think")
        .add_edge("think", "reply")
        .add_edge("reply", END)
        .compile()
        .unwrap()
}

/// Sends one turn until it ends.
async fn insist(app: &App<Log>, text: &str) {
    loop {
        let update = Log::update().text(text).log(vec![text.to_owned()]);
        match app.invoke(Input::turn_once(text, update), &RunConfig::thread("t")).await {
            Ok(Ending::Done(_)) => return,
            Err(GraphError::Conflict { .. } | GraphError::Busy { .. } | GraphError::Store { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Does nothing unless the parent below starts it.
#[tokio::test]
async fn child() {
    let Some(place) = child::place() else { return };
    let process = child::told("AE_LANGFLOW_TEST_PROCESS");
    let app = chat().with_store(child::open(&place).await).with_takeover_after(Duration::from_millis(200));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (app, process) = (app.clone(), process.clone());
            tokio::spawn(async move {
                // After a kill all of them are sent again: those that were taken are not taken again.
                for turn in 0..TURNS {
                    insist(&app, &format!("{process}.{caller}.{turn}")).await;
                    child::report("taken");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

/// Runs one of the processes, killed after more reports each time, until it gets through; how often it was killed.
fn insist_on_process(place: &str, process: usize) -> usize {
    let process = process.to_string();
    for kills in 0.. {
        let mut victim = Victim::start("turn_kills::child", place, &[("AE_LANGFLOW_TEST_PROCESS", &process)]);
        for _ in 0..=kills * 5 {
            if victim.hear().is_none() {
                break;
            }
        }
        for _ in 0..kills % 7 * 10_000 {
            std::hint::spin_loop();
        }
        // One that has got through is dead already.
        victim.kill();
        if victim.ended_well() {
            return kills;
        }
    }
    0
}

pub fn two_processes(place: &str) {
    let kills: usize = std::thread::scope(|scope| {
        let processes: Vec<_> =
            (0..PROCESSES).map(|process| scope.spawn(move || insist_on_process(place, process))).collect();
        processes.into_iter().map(|process| process.join().unwrap()).sum()
    });
    assert!(kills >= PROCESSES * 3, "{kills}");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let thread = runtime.block_on(async {
        let app = chat().with_store(child::open(place).await);
        app.get_state(&RunConfig::thread("t")).await.unwrap().unwrap()
    });
    assert!(thread.finished);
    let state = thread.state;
    let taken: Vec<_> = state.log.iter().step_by(2).cloned().collect();
    let mut all = Vec::new();
    for process in 0..PROCESSES {
        for caller in 0..CALLERS {
            let of_one: Vec<_> = (0..TURNS).map(|turn| format!("{process}.{caller}.{turn}")).collect();
            let prefix = format!("{process}.{caller}.");
            let theirs: Vec<_> = taken.iter().filter(|text| text.starts_with(&prefix)).cloned().collect();
            assert_eq!(theirs, of_one, "each once, in the caller's order");
            all.extend(of_one);
        }
    }
    assert_eq!(taken.len(), all.len());
    let replies: Vec<_> = taken.iter().map(|text| format!("re {text}")).collect();
    let replied: Vec<_> = state.log.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(replied, replies, "each was answered, before the next one was taken");
}

#[cfg(feature = "sqlite")]
#[test]
fn turns_of_two_processes_that_are_killed_are_taken_once_and_in_order_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    two_processes(&format!("sqlite:{}", folder.path().join("threads.db").display()));
}
