//! A call costs what it changes, however long its thread is: counted, not timed.

use std::{
    cell::Cell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ae_core::BackendError;
use ae_langflow::{
    Answer, App, Checkpointer, Cx, END, Graph, Input, MemoryCheckpointer, Retention, RunConfig, START, State,
    StateGraph, Step, WriteAs,
    host::{Intercept, Record, StoreAnswer, StoreCall, Tap},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize, Serializer};

use crate::support::{Log, asked, done, log};

thread_local! {
    static COPIED: Cell<usize> = const { Cell::new(0) };
    static WRITTEN: Cell<usize> = const { Cell::new(0) };
}

/// Counts how often the state around it is copied, and how often it is written as JSON.
#[derive(Debug, Default, Deserialize)]
struct Probe;

impl Clone for Probe {
    fn clone(&self) -> Self {
        COPIED.set(COPIED.get() + 1);
        Self
    }
}

impl Serialize for Probe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.set(WRITTEN.get() + 1);
        serializer.serialize_unit_struct("Probe")
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
#[state(version = 1)]
struct Chat {
    #[reduce(append)]
    messages: Vec<String>,
    probe: Probe,
}

/// A graph that answers with a text of 500 characters; a router on its way out reads the state.
fn chat() -> Graph<Chat> {
    StateGraph::<Chat>::new("chat")
        .add_node("answer", |state: Arc<Chat>, _: Cx| async move {
            Ok(Chat::update().messages(vec![format!("{:0>500}", state.messages.len())]))
        })
        .add_edge(START, "answer")
        .add_conditional_edges("answer", |state: &Chat| state.messages.len() % 2, [(0, END), (1, END)])
        .compile()
        .unwrap()
}

/// The calls of a store and the bytes of its records.
#[derive(Debug, Default)]
struct Counting {
    commits: AtomicUsize,
    notes: AtomicUsize,
    loads: AtomicUsize,
    /// Of changes, and of snapshots.
    bytes: [AtomicUsize; 2],
    /// The most bytes that one load gave.
    loaded: AtomicUsize,
    kept: Mutex<Vec<usize>>,
}

fn add(counter: &AtomicUsize, number: usize) {
    counter.fetch_add(number, Ordering::SeqCst);
}

#[async_trait]
impl Intercept for Counting {
    async fn intercept(
        &self,
        call: StoreCall,
        store: &dyn Checkpointer,
    ) -> Result<StoreAnswer, BackendError> {
        match &call {
            StoreCall::Commit { record: Record { change, snapshot, blobs, .. }, .. } => {
                let large: usize = blobs.iter().map(|blob| blob.text.len()).sum();
                let snapshot_bytes = snapshot.as_ref().map(|snapshot| snapshot.len() + large);
                add(&self.commits, 1);
                add(&self.bytes[0], change.len() + if snapshot.is_none() { large } else { 0 });
                add(&self.bytes[1], snapshot_bytes.unwrap_or_default());
            }
            StoreCall::AppendOnce { .. } => add(&self.notes, 1),
            StoreCall::Notes { .. } => self.kept.lock().unwrap().push(1),
            StoreCall::Load { .. } => add(&self.loads, 1),
            _ => {}
        }
        let answer = call.run(store).await?;
        if let StoreAnswer::Loaded(Some(loaded)) = &answer {
            let changes = loaded.deltas.iter().map(|delta| delta.change.len());
            let large = loaded.blobs.values().map(|text| text.len());
            let bytes = loaded.snapshot.len() + changes.chain(large).sum::<usize>();
            self.loaded.fetch_max(bytes, Ordering::SeqCst);
        }
        Ok(answer)
    }
}

fn counted<S: State>(graph: &Graph<S>) -> (App<S>, Arc<Tap<Counting>>) {
    let store = Arc::new(Tap::new(Arc::new(MemoryCheckpointer::new()), Counting::default()));
    (graph.with_store(Arc::clone(&store) as Arc<dyn Checkpointer>), store)
}

/// The cost of a hundred turns: commits, reads of notes, loads, bytes of changes, copies of the state; and how often the
/// state was written.
async fn hundred(app: &App<Chat>, store: &Tap<Counting>) -> ([usize; 5], usize) {
    let counts = || {
        let of = store.intercept();
        let read = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        let asked = of.kept.lock().unwrap().len();
        ([read(&of.commits), asked, read(&of.loads), read(&of.bytes[0]), COPIED.get()], WRITTEN.get())
    };
    let (before, written) = counts();
    for _ in 0..100 {
        let question = Chat::update().messages(vec!["x".repeat(500)]);
        ended(app.invoke(Input::turn(question), &RunConfig::thread("t")).await.unwrap());
    }
    let (after, now) = counts();
    (std::array::from_fn(|at| after[at] - before[at]), now - written)
}

fn ended(ending: ae_langflow::Ending<Chat>) -> Arc<Chat> {
    match ending {
        ae_langflow::Ending::Done(state) => state,
        other => panic!("not done: {other:?}"),
    }
}

#[tokio::test]
async fn a_turn_costs_the_same_at_any_length_of_the_thread() {
    let (app, store) = counted(&chat());
    let config = RunConfig::thread("t");
    ended(app.invoke(Input::turn(Chat::update().messages(vec!["hi".into()])), &config).await.unwrap());
    COPIED.set(0);
    let (first, _) = hundred(&app, &store).await;
    let (early, early_written) = hundred(&app, &store).await;
    for _ in 0..3 {
        hundred(&app, &store).await;
    }
    let (late, late_written) = hundred(&app, &store).await;
    // Numbers of records have more digits later.
    for (index, count) in [first, early].into_iter().flat_map(|counts| counts.into_iter().enumerate()) {
        let most = if index == 3 { late[index] / 100 } else { 0 };
        assert!(count.abs_diff(late[index]) <= most, "{first:?}, {early:?}, {late:?}");
    }
    assert_eq!(
        (late[0], late[1], late[2], late[4]),
        (200, 100, 0, 0),
        "two commits, one question to the store"
    );
    assert!(late_written <= early_written && late_written <= 6, "{early_written}, then {late_written}");

    let known = app.get_state(&config).await.unwrap().unwrap();
    assert_eq!((known.state.messages.len(), COPIED.get()), (1202, 0));
    // Who holds a result pays for one copy when the thread goes on.
    hundred(&app, &store).await;
    assert_eq!((known.state.messages.len(), COPIED.get()), (1202, 1));
    drop(known);

    // Another process reads no more than a snapshot and as much again, and what is stored is bounded.
    let of = store.intercept();
    let text: usize = 1402 * 500;
    let stored: usize = of.bytes.iter().map(|bytes| bytes.load(Ordering::SeqCst)).sum();
    assert!(stored < 4 * text, "{stored}");
    let other = chat().with_store(Arc::clone(&store) as Arc<dyn Checkpointer>);
    let read = other.get_state(&config).await.unwrap().unwrap();
    assert_eq!(read.state.messages.len(), 1402);
    let loaded = of.loaded.load(Ordering::SeqCst);
    assert!(loaded < 2 * text + text / 10, "{loaded}");
}

#[tokio::test]
async fn a_thread_that_moved_on_elsewhere_or_began_again_is_read_again() {
    let store: Arc<dyn Checkpointer> = Arc::new(MemoryCheckpointer::new());
    let [one, other] = [(); 2].map(|()| chat().with_store(Arc::clone(&store)));
    let config = RunConfig::thread("t");
    let turn = |text: &str| Input::turn(Chat::update().messages(vec![text.to_owned()]));
    for round in 1..4 {
        for app in [&one, &other, &one] {
            let before = one.get_state(&config).await.unwrap().map_or(0, |known| known.state.messages.len());
            let state = ended(app.invoke(turn("x"), &config).await.unwrap());
            assert_eq!(state.messages.len(), before + 2, "round {round}");
        }
    }
    let write = Chat::update().messages(vec!["written".into()]);
    let written = other.update_state(&config, write, WriteAs::NoNode).await.unwrap();
    assert_eq!(one.get_state(&config).await.unwrap().unwrap().state.messages, written.state.messages);
    other.delete(&config).await.unwrap();
    assert!(one.get_state(&config).await.unwrap().is_none());
    assert_eq!(ended(other.invoke(turn("new"), &config).await.unwrap()).messages.len(), 2);
    assert_eq!(ended(one.invoke(turn("x"), &config).await.unwrap()).messages.len(), 4);
    // A fork has its own way from there on.
    one.fork(&config, "fork").await.unwrap();
    let fork = RunConfig::thread("fork");
    assert_eq!(ended(one.invoke(turn("y"), &fork).await.unwrap()).messages.len(), 6);
    assert_eq!(one.get_state(&config).await.unwrap().unwrap().state.messages.len(), 4);
}

#[tokio::test]
async fn as_many_threads_as_it_is_told_are_kept_and_none_with_zero() {
    let turn = || Input::turn(Chat::update().messages(vec!["x".repeat(500)]));
    for (threads, bytes, last, loads) in
        [(2, usize::MAX, "c", 0), (2, usize::MAX, "a", 1), (0, 99, "c", 1), (9, 9, "c", 1)]
    {
        let (app, store) = counted(&chat());
        let app = app.with_recent_threads(threads, bytes);
        for thread in ["a", "b", "c"] {
            ended(app.invoke(turn(), &RunConfig::thread(thread)).await.unwrap());
        }
        let before = store.intercept().loads.load(Ordering::SeqCst);
        ended(app.clone().invoke(turn(), &RunConfig::thread(last)).await.unwrap());
        assert_eq!(
            store.intercept().loads.load(Ordering::SeqCst) - before,
            loads,
            "{threads} {bytes} {last}"
        );
    }
}

/// Sends `tasks` of which each asks.
fn asking(tasks: usize) -> Graph<Chat> {
    StateGraph::<Chat>::new("asking")
        .add_node("fan", move |_: Arc<Chat>, _: Cx| async move {
            Ok((0..tasks).fold(Step::none(), |step, number| step.send("ask", &number)))
        })
        .add_node("ask", |_: Arc<Chat>, cx: Cx| async move {
            let number: usize = cx.input()?;
            let answer: usize = cx.ask("q", &number).await?;
            Ok(Chat::update().messages(vec![format!("{number} {answer}")]))
        })
        .add_edge(START, "fan")
        .add_goto("fan", ["ask"])
        .add_edge("ask", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn questions_answered_one_by_one_cost_as_much_each() {
    let mut sizes = Vec::new();
    for tasks in [100, 400] {
        let (app, store) = counted(&asking(tasks));
        let config = RunConfig::thread("t");
        let mut open = asked(app.invoke(Input::start(Chat::update()), &config).await.unwrap());
        while open.len() > 1 {
            let first = open.remove(0);
            let number: usize = first.payload_as().unwrap();
            open = asked(app.resume(&config, first.answer(&(number + 1)).unwrap()).await.unwrap());
        }
        // Another process knows what was answered, and what was not.
        let other = asking(tasks).with_store(Arc::clone(&store) as Arc<dyn Checkpointer>);
        let known = other.get_state(&config).await.unwrap().unwrap();
        assert_eq!((known.questions, known.next.len()), (open.clone(), 1));
        let state =
            ended(other.resume(&config, Answer::new(open[0].id.clone(), &tasks).unwrap()).await.unwrap());
        let all: Vec<_> = (0..tasks).map(|number| format!("{number} {}", number + 1)).collect();
        assert_eq!(state.messages, all);
        sizes.push(store.intercept().bytes[0].load(Ordering::SeqCst));
    }
    assert!(sizes[1] < sizes[0] * 9 / 2, "{sizes:?}");
}

#[tokio::test]
async fn a_parked_thread_gets_snapshots_and_loses_records_too() {
    let (app, store) = counted(&asking(200));
    let app = app.with_retention(Retention::KeepLast(std::num::NonZeroU64::MIN));
    let config = RunConfig::thread("t");
    let mut open = asked(app.invoke(Input::start(Chat::update()), &config).await.unwrap());
    while open.len() > 1 {
        let first = open.remove(0);
        open = asked(app.resume(&config, first.answer(&1).unwrap()).await.unwrap());
    }
    assert!(store.load("t", Some(2)).await.unwrap().is_none(), "the first records went");
    assert!(store.load("t", None).await.unwrap().unwrap().deltas.len() < 300);
}

#[tokio::test]
async fn what_is_ready_at_once_is_noted_at_once() {
    let graph = StateGraph::<Log>::new("wide")
        .add_node("fan", |_: Arc<Log>, _: Cx| async {
            Ok((0..1000).fold(Step::none(), |step, number| step.send("work", &number)))
        })
        .add_node("work", |_: Arc<Log>, cx: Cx| async move {
            let number: usize = cx.input()?;
            for _ in 0..number % 7 {
                tokio::task::yield_now().await;
            }
            Ok(log(&number.to_string()))
        })
        .add_edge(START, "fan")
        .add_goto("fan", ["work"])
        .add_edge("work", END)
        .compile()
        .unwrap();
    let (app, store) = counted(&graph);
    let state = done(app.invoke(Input::start(Log::update()), &RunConfig::thread("t")).await.unwrap());
    assert_eq!(state.log.len(), 1000);
    assert_eq!(store.intercept().notes.load(Ordering::SeqCst), 6, "one for each time that some were ready");
}
