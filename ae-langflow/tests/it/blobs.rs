//! Large fields, which are stored once.

use std::sync::Arc;

use ae_langflow::{
    Answer, Cx, END, Ending, Graph, GraphError, Input, MemoryCheckpointer, RunConfig, START, State,
    StateGraph, Step, WriteAs, host::Loaded,
};
use serde::{Deserialize, Serialize};

use crate::{
    damaged::damaged,
    support::{Place, again, asked, done, places},
};

const SIZE: usize = 100_000;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Part {
    code: String,
    short: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Big {
    code: String,
    #[reduce(append)]
    list: Vec<String>,
    #[state(nested)]
    part: Part,
    count: u32,
}

fn text(seed: u64) -> String {
    // Every line differs, so that nothing compresses it.
    let mut state = seed;
    let mut line = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{state:016x}~/\"\n")
    };
    let mut text = String::new();
    while text.len() < SIZE {
        text.push_str(&line());
    }
    text
}

/// Counts to 400; the large fields are left alone.
fn counting() -> Graph<Big> {
    StateGraph::<Big>::new("count")
        .add_node("count", |state: Arc<Big>, _: Cx| async move { Ok(Big::update().count(state.count + 1)) })
        .add_edge(START, "count")
        .add_conditional_edges("count", |state: &Big| state.count >= 400, [(false, "count"), (true, END)])
        .compile()
        .unwrap()
}

fn start() -> Big {
    let part = Part { code: text(1), short: "short".to_owned() };
    Big { code: text(1), list: vec![text(2), "x".to_owned()], part, count: 0 }
}

/// The bytes of every change and snapshot of a thread, and of the blobs that they name, each once.
async fn bytes(place: &Place, threads: &[&str]) -> (usize, usize) {
    let (mut inline, mut blobs) = (0, std::collections::BTreeMap::new());
    for thread in threads {
        let mut up_to = None;
        while let Some(Loaded { snapshot_head, snapshot, deltas, blobs: found, .. }) =
            place.store().load(thread, up_to).await.unwrap()
        {
            inline += snapshot.len() + deltas.iter().map(|delta| delta.change.len()).sum::<usize>();
            blobs.extend(found.into_iter().map(|(digest, text)| (digest, text.len())));
            up_to = Some(snapshot_head.seq - 1);
        }
    }
    (inline, blobs.values().sum())
}

#[tokio::test]
async fn a_large_field_is_stored_once_over_many_steps_snapshots_and_threads() {
    for place in places() {
        for thread in ["one", "two"] {
            let app = place.app(&counting());
            let config = RunConfig::thread(thread);
            let limited = config.clone().with_step_limit(350);
            assert!(matches!(
                app.invoke(Input::Start(start()), &limited).await.unwrap(),
                Ending::StepLimit(_)
            ));
            app.fork(&config.at(100), &format!("fork of {thread}")).await.unwrap();
            let state = done(place.app(&counting()).invoke(Input::Continue, &config).await.unwrap());
            assert_eq!(state, Big { count: 400, ..start() });
            assert_eq!(*place.app(&counting()).get_state(&config).await.unwrap().unwrap().state, state);
        }
        let (inline, blobs) = bytes(&place, &["one", "two", "fork of one", "fork of two"]).await;
        // The code, which is that of the part too, and the list: two values, however many threads there are.
        assert!(blobs > 2 * SIZE && blobs < 3 * SIZE, "{blobs}");
        assert!(inline < SIZE, "{inline} bytes of records");
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn the_file_holds_a_large_field_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let open = || ae_langflow::SqliteCheckpointer::open(&path, ae_langflow::Durability::Normal).unwrap();
    for thread in 0..20 {
        let app = counting().with_store(Arc::new(open()));
        let config = RunConfig::thread(thread.to_string()).with_step_limit(20);
        app.invoke(Input::Start(start()), &config).await.unwrap();
    }
    let size: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(size < 600_000, "{size} bytes for 20 threads with 300 kB each");
}

/// Every place where a large value can stand: writes of one and of several tasks, sent inputs, results of a parked
/// superstep, answers, writes from outside.
fn everywhere() -> Graph<Big> {
    StateGraph::<Big>::new("everywhere")
        .add_node("a", |_: Arc<Big>, _: Cx| async move {
            let update = Big::update().code(text(3)).part(Part::update().code(text(4)));
            Ok(Step::update(update).send("c", &text(5)).send("c", "short"))
        })
        .add_node(
            "b",
            |_: Arc<Big>, _: Cx| async move { Ok(Big::update().code(text(6)).list(vec![text(7)])) },
        )
        .add_node("c", |_: Arc<Big>, cx: Cx| async move { Ok(Big::update().list(vec![cx.input()?])) })
        .add_node("q", |_: Arc<Big>, cx: Cx| async move {
            let answer: String = cx.ask("text", &text(8)).await?;
            Ok(Big::update().list(vec![answer]))
        })
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "q")
        .add_goto("a", ["c"])
        .add_edge("b", END)
        .add_edge("c", END)
        .add_edge("q", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn large_values_come_back_from_every_place_as_they_were() {
    for place in places() {
        let config = RunConfig::thread("t");
        let questions =
            asked(place.app(&everywhere()).invoke(Input::Start(Big::default()), &config).await.unwrap());
        assert_eq!(questions[0].payload, text(8));
        let answer = Answer::new("text", &text(9)).unwrap();
        let state = done(place.app(&everywhere()).resume(&config, answer).await.unwrap());
        let expected = Big {
            code: text(6),
            list: vec![text(7), text(9), text(5), "short".to_owned()],
            part: Part { code: text(4), short: String::new() },
            count: 0,
        };
        assert_eq!(state, expected);
        let update = Big::update().part(Part::update().code(text(10)));
        let app = place.app(&everywhere());
        app.update_state(&config, update, WriteAs::NoNode).await.unwrap();
        let app = place.app(&everywhere());
        let last = app.get_state(&config).await.unwrap().unwrap();
        assert_eq!(last.state.part.code, text(10));
        let before = app.get_state(&config.at(last.seq - 1)).await.unwrap().unwrap();
        assert_eq!(*before.state, expected);
        let (inline, _) = bytes(&place, &["t"]).await;
        // Everything of more than 4 KiB left the records.
        assert!(inline < SIZE / 10, "{inline}");
    }
}

#[tokio::test]
async fn a_damaged_or_lost_blob_is_refused() {
    let store = Arc::new(MemoryCheckpointer::new());
    let config = RunConfig::thread("t").with_step_limit(3);
    again(&counting(), &store).invoke(Input::Start(start()), &config).await.unwrap();
    type Edit = (fn(&mut Loaded), &'static str);
    let edits: [Edit; 3] = [
        (|thread| thread.blobs.clear(), "is missing"),
        (|thread| thread.blobs.values_mut().for_each(|text| *text = "\"other\"".into()), "was changed"),
        (|thread| thread.blobs.values_mut().for_each(|text| *text = text[..9].into()), "was changed"),
    ];
    for (edit, words) in edits {
        let app = counting().with_store(damaged(&store, edit));
        let error = app.get_state(&config).await.unwrap_err();
        assert!(matches!(error, GraphError::Corrupt { seq: 1, .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let edit = |thread: &mut Loaded| thread.snapshot = thread.snapshot.replacen("[[[", "[[[9", 1);
    let app = counting().with_store(damaged(&store, edit));
    let error = app.get_state(&config).await.unwrap_err();
    assert!(matches!(error, GraphError::Corrupt { .. }), "{error}");
}
