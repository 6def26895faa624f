//! Stored text that was changed anywhere, or is not such a text at all, is refused by name and never a panic.

use std::sync::Arc;

use ae_langflow::{
    Checkpointer as _, Cx, END, Ending, Graph, GraphError, Input, MemoryCheckpointer, RunConfig, START,
    StateGraph, Stop,
    host::{Change, GraphRun, JsonState, Loaded, NextStep, TaskOutcome},
    node,
};
use proptest::prelude::*;

use crate::{
    damaged::damaged,
    engine::Say,
    support::{Log, again, log, names},
};

/// A thread that has a bit of everything: sends with large inputs, a join, a deferred node, questions, notes.
fn graph() -> Graph<Log> {
    StateGraph::<Log>::new("rich")
        .add_node("a", |_: Arc<Log>, _: Cx| async move {
            let update =
                Log::update().log(names("a")).text("t".repeat(5000)).by([(1, "x".to_owned())].into());
            Ok(ae_langflow::Step::update(update).send("c", &"i".repeat(5000)).send("c", &7))
        })
        .add_node("b", Say("b"))
        .add_node("c", |_: Arc<Log>, cx: Cx| async move {
            cx.once("k", async { Ok::<_, Stop>(1) }).await?;
            if cx.input::<u8>().is_ok() {
                tokio::task::yield_now().await;
                return Err(Stop::failed("broken"));
            }
            Ok(log("c"))
        })
        .add_node("q", |_: Arc<Log>, cx: Cx| async move {
            let text: String = cx.ask("q", &1).await?;
            Ok(log(&text))
        })
        .add_node("z", node(Say("z")).deferred())
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge(START, "z")
        .add_goto("a", ["c"])
        .add_edge("b", "q")
        .add_edge(["a", "q"], "z")
        .add_edge("c", END)
        .add_edge("z", END)
        .compile()
        .unwrap()
}

/// It stops at the failure of `c`, with notes of what had finished.
async fn stored() -> Arc<MemoryCheckpointer> {
    let store = Arc::new(MemoryCheckpointer::new());
    // No snapshot takes the changes' place.
    let app = again(&graph(), &store).with_snapshots_after(usize::MAX);
    let result = app.invoke(Input::start(Log::update()), &RunConfig::thread("t")).await;
    assert!(matches!(result, Err(GraphError::Node { .. })), "{result:?}");
    store
}

/// A change of a text.
#[derive(Debug, Clone)]
struct Edit {
    at: usize,
    delete: usize,
    insert: String,
}

const PIECES: [&str; 22] = [
    "",
    "null",
    "[]",
    "{}",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "0.5",
    "true",
    "\"\"",
    "\"a\"",
    "\"a#b\"",
    "\"a#4294967296\"",
    ",",
    "\"",
    "\\u0000",
    "[",
    "{\"",
    "]",
    "}",
    "\u{1F600}",
];

fn edits() -> impl Strategy<Value = Edit> {
    let piece = prop_oneof![
        prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        any::<String>(),
        Just("[".repeat(200)),
        Just("{\"a\":".repeat(200)),
    ];
    (any::<usize>(), 0_usize..40, piece).prop_map(|(at, delete, insert)| Edit { at, delete, insert })
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let from = self.at % (bytes.len() + 1);
        let to = (from + self.delete).min(bytes.len());
        bytes.splice(from..to, self.insert.bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Changes one of the texts that are chained or hashed.
fn damage(thread: &mut Loaded, which: usize, edit: &Edit) {
    let blobs = thread.blobs.len();
    match which % (thread.deltas.len() + blobs + 1) {
        0 => thread.snapshot = edit.apply(&thread.snapshot),
        index if index <= blobs => {
            let text = thread.blobs.values_mut().nth(index - 1).unwrap();
            *text = edit.apply(text).into();
        }
        index => {
            let change = &mut thread.deltas[index - blobs - 1].change;
            *change = edit.apply(change);
        }
    }
}

fn is_named(error: &GraphError) -> bool {
    matches!(error, GraphError::Corrupt { .. } | GraphError::StateChanged { .. } | GraphError::Run(_))
}

fn block_on<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn a_thread_that_was_changed_anywhere_is_refused_or_reads_as_before(which in any::<usize>(), edit in edits()) {
        block_on(async {
            let store = stored().await;
            let config = RunConfig::thread("t");
            let before = again(&graph(), &store).get_state(&config).await.unwrap();
            let edit = move |thread: &mut Loaded| damage(thread, which, &edit);
            let app = graph().with_store(damaged(&store, edit));
            match app.get_state(&config).await {
                Ok(after) => assert_eq!(after, before),
                Err(error) => assert!(is_named(&error), "{error}"),
            }
            if let Err(error) = app.history(&config, 99).await {
                assert!(is_named(&error), "{error}");
            }
        });
    }

    #[test]
    fn a_note_that_was_changed_is_refused_or_followed(which in any::<usize>(), edit in edits()) {
        block_on(async {
            let store = stored().await;
            let edit = move |thread: &mut Loaded| {
                let notes = thread.task_records.len();
                let note = &mut thread.task_records[which % notes];
                note.value = edit.apply(&note.value);
            };
            let app = graph().with_store(damaged(&store, edit));
            match app.invoke(Input::Continue, &RunConfig::thread("t")).await {
                Ok(ending) => assert!(matches!(ending, Ending::Asked { .. } | Ending::Done(_)), "{ending:?}"),
                Err(GraphError::Node { .. }) => {}
                Err(error) => assert!(is_named(&error), "{error}"),
            }
        });
    }

    #[test]
    fn changed_runs_changes_and_outcomes_are_refused_or_followed(
        edits in prop::collection::vec(edits(), 1..4),
        pick in any::<usize>(),
    ) {
        let store = block_on(stored());
        let loaded = block_on(store.load("t", None)).unwrap().unwrap();
        let edited = |text: &str| edits.iter().fold(text.to_owned(), |text, edit| edit.apply(&text));
        let run = block_on(again(&graph(), &store).hand_over(&RunConfig::thread("t"), "there")).unwrap();
        let text = serde_json::to_string(&run).unwrap();
        let change = &loaded.deltas[pick % loaded.deltas.len()].change;
        let outcome = &loaded.task_records.iter().find(|note| note.key.starts_with("done")).unwrap().value;
        let changes: Vec<Change<Log>> =
            [edited(change), change.clone()].iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
        let outcomes: Vec<TaskOutcome<Log>> =
            [edited(outcome), outcome.clone()].iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
        let _ = serde_json::from_str::<GraphRun<JsonState>>(&edited(&text)).map(|run| run.next_step());
        for text in [edited(&text), text] {
            let Ok(mut run) = serde_json::from_str::<GraphRun<Log>>(&text) else { continue };
            let _ = run.clone().apply(outcomes.clone());
            let _ = run.clone().edit(None, Some("a"), &[]);
            for change in &changes {
                run.fold(change.clone()).unwrap();
                let _ = run.clone().apply(outcomes.clone());
                assert!(!matches!(run.next_step(), NextStep::LimitReached));
            }
        }
    }
}
