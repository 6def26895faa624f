//! A store that hands out anything: reading the thread, its past and its notes, and going on with it, never panics.
//!
//! The input is text in parts, each ended by a NUL: the snapshot, its change, a note, and any number of changes after
//! the snapshot. The head fits to them, so that what is read is not refused for its chain alone. The note is a blob too,
//! which `@` names in the others.
#![no_main]

use std::sync::Arc;

use ae_core::{BackendError, Digest, Timestamp};
use ae_langflow::{
    Checkpointer, Cx, END, Graph, Input, MemoryCheckpointer, RunConfig, START, State, StateGraph, Step, Stop,
    host::{
        Blob, Change, Delta, GraphRun, Head, Header, Intercept, JsonState, Loaded, StoreAnswer, StoreCall, Tap,
        TaskOutcome, TaskRecord,
    },
    node,
};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
struct Part {
    #[reduce(append)]
    list: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
struct Fuzzed {
    #[reduce(append)]
    log: Vec<String>,
    #[reduce(max)]
    top: f64,
    #[state(nested)]
    part: Part,
    text: Option<String>,
}

fn graph() -> Graph<Fuzzed> {
    let say = |_: Arc<Fuzzed>, cx: Cx| async move {
        let text: Option<String> = if cx.node() == "b" { cx.ask("q", &1).await? } else { cx.input().ok() };
        Ok::<_, Stop>(Step::update(Fuzzed::update().log(text.into_iter().collect())))
    };
    StateGraph::<Fuzzed>::new("fuzzed")
        .add_node("a", |_: Arc<Fuzzed>, _: Cx| async move { Ok(Step::<Fuzzed>::none().send("c", &1)) })
        .add_node("b", say)
        .add_node("c", say)
        .add_node("d", node(say).deferred())
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_goto("a", ["c"])
        .add_edge(["b", "c"], "d")
        .add_edge("d", END)
        .compile()
        .expect("the graph is sound")
}

#[derive(Debug)]
struct Anything(Loaded);

#[async_trait]
impl Intercept for Anything {
    async fn intercept(&self, call: StoreCall, _: &dyn Checkpointer) -> Result<StoreAnswer, BackendError> {
        Ok(match call {
            StoreCall::AppendOnce { notes, .. } => StoreAnswer::Noted(notes),
            StoreCall::Notes { .. } => StoreAnswer::Notes(None),
            StoreCall::Load { .. } => StoreAnswer::Loaded(Some(Box::new(self.0.clone()))),
            _ => StoreAnswer::Committed,
        })
    }
}

fn step_of(snapshot: &str) -> u64 {
    let position: Option<serde_json::Value> = serde_json::from_str(snapshot).ok();
    position.and_then(|position| position.get("step")?.as_u64()).unwrap_or(0)
}

fuzz_target!(|text: &str| {
    let mut parts = text.split('\0');
    let mut part = || parts.next().unwrap_or_default();
    let (snapshot, change, note) = (part(), part(), part());
    let blob = Blob::new(note);
    let name = blob.digest.to_string();
    let named = |text: &str| text.replace('@', &name);
    let (snapshot, change) = (&*named(snapshot), &*named(change));
    let mut head = Head::after(None, step_of(snapshot), change, Some(snapshot));
    let header = Header::new("fuzzed", Digest::of_bytes("shape", b""), 1);
    let mut loaded = Loaded::new(header, head, Timestamp::UNIX_EPOCH, change, snapshot);
    loaded.blobs.insert(blob.digest, blob.text);
    for change in parts.map(named) {
        // Every second change ends a superstep, as far as the store knows.
        let step = head.step + head.seq % 2;
        head = Head::after(Some(&head), step, &change, None);
        loaded.deltas.push(Delta::new(step, Timestamp::UNIX_EPOCH, change, None));
    }
    loaded.head = head;
    for (task, key) in [("b", "done@0"), ("c#0", "once:k")] {
        loaded.task_records.push(TaskRecord::new(head.step, task, key, note));
    }
    let app = graph().with_store(Arc::new(Tap::new(Arc::new(MemoryCheckpointer::new()), Anything(loaded))));
    let config = RunConfig::thread("t").with_step_limit(20);
    let _ = app.get_state(&config).now_or_never();
    // The store says the same of every record, so one page is enough.
    let _ = app.history(&config, 1).now_or_never();
    let _ = app.invoke(Input::Continue, &config).now_or_never();
    let _ = app.invoke(Input::turn(Fuzzed::update()), &config).now_or_never();
    let _ = serde_json::from_str::<GraphRun<JsonState>>(snapshot).map(|run| run.next_step());
    if let (Ok(mut run), Ok(outcome)) = (
        serde_json::from_str::<GraphRun<Fuzzed>>(snapshot),
        serde_json::from_str::<TaskOutcome<Fuzzed>>(note),
    ) {
        if let Ok(change) = serde_json::from_str::<Change<Fuzzed>>(change) {
            let _ = run.fold(change);
        }
        let _ = run.apply(vec![outcome]);
    }
});
