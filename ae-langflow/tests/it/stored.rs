//! Values that were accepted can be read again.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use ae_langflow::{
    Answer, CompileProblem, Cx, END, Graph, GraphError, Input, RunConfig, START, State, StateGraph, Step,
    Stop, WriteAs,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    damaged::damaged,
    support::{again, asked, done, places},
};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Any {
    ratio: f64,
    some: Option<f64>,
    wide: u128,
    #[reduce(merge)]
    tags: HashSet<String>,
    text: String,
    tree: Value,
    maybe: Option<u8>,
}

/// Writes `update`, then ends.
fn writes(update: AnyUpdate) -> Graph<Any> {
    one(move |_: Arc<Any>, _: Cx| {
        let update = update.clone();
        async move { Ok(Step::update(update)) }
    })
}

fn one(node: impl ae_langflow::Node<Any>) -> Graph<Any> {
    let graph = StateGraph::<Any>::new("one").add_node("a", node);
    graph.add_edge(START, "a").add_edge("a", END).compile().unwrap()
}

fn nested(depth: usize) -> Value {
    (1..depth).fold(json!([]), |inside, _| json!([inside]))
}

#[tokio::test]
async fn what_json_can_not_hold_is_refused_by_field_and_the_thread_stays() {
    for place in places() {
        let config = RunConfig::thread("t");
        for (number, update, field) in [
            (0, Any::update().ratio(f64::NAN), "`ratio`"),
            (1, Any::update().some(f64::INFINITY), "`some`"),
            (2, Any::update().tree(nested(100)), "`tree["),
        ] {
            let config = RunConfig::thread(format!("{number}"));
            let app = place.app(&writes(update.clone()));
            let error = app.invoke(Input::start(Any::update()), &config).await.unwrap_err();
            assert!(matches!(error, GraphError::Encode { .. }), "{error}");
            assert!(error.to_string().contains(field), "{error}");
            let state = place.app(&writes(Any::update())).get_state(&config).await.unwrap().unwrap();
            assert_eq!((state.seq, &*state.state), (1, &Any::default()));
            let error = app.invoke(Input::start(update), &RunConfig::thread("new")).await.unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
            assert!(app.get_state(&RunConfig::thread("new")).await.unwrap().is_none());
            let sound = place.app(&writes(Any::update().ratio(0.5).maybe(None)));
            assert_eq!(done(sound.invoke(Input::Continue, &config).await.unwrap()).ratio, 0.5);
        }
        let app = place.app(&writes(Any::update().tree(nested(99)).maybe(Some(1)).wide(u128::MAX)));
        let state = done(app.invoke(Input::start(Any::update()), &config).await.unwrap());
        let written = app.update_state(&config, Any::update().maybe(None), WriteAs::NoNode).await.unwrap();
        assert_eq!(*written.state, Any { maybe: None, ..state });
        assert_eq!(place.app(&writes(Any::update())).get_state(&config).await.unwrap().unwrap(), written);
    }
}

#[tokio::test]
async fn sets_and_wide_numbers_come_back_beside_large_fields() {
    for place in places() {
        for size in [10, 4095, 4096, 4097, 100_000] {
            let config = RunConfig::thread(size.to_string());
            let tags: HashSet<_> = (0..40).map(|n| format!("{n}")).collect();
            let update = Any::update().tags(tags).wide(u128::MAX - 7).text("x".repeat(size));
            let start = Any::update().tags(HashSet::from(["a".into(), "b".into()])).wide(1 << 70);
            let app = place.app(&writes(update));
            let state = done(app.invoke(Input::start(start), &config).await.unwrap());
            assert_eq!((state.tags.len(), state.wide), (42, u128::MAX - 7));
            // A new map has another order each time.
            for _ in 0..5 {
                let read = place.app(&writes(Any::update())).get_state(&config).await.unwrap().unwrap();
                assert_eq!(*read.state, state);
                assert_eq!(read.seq, 2);
            }
        }
    }
}

#[tokio::test]
async fn a_deep_question_answer_or_input_is_refused_and_harms_no_thread() {
    for place in places() {
        let asks = |question: Value| {
            one(move |_: Arc<Any>, cx: Cx| {
                let question = question.clone();
                async move { Ok(Step::update(Any::update().tree(cx.ask::<_, Value>("q", &question).await?))) }
            })
        };
        let config = RunConfig::thread("t");
        let app = place.app(&asks(nested(101)));
        let error = app.invoke(Input::start(Any::update()), &config).await.unwrap_err();
        assert!(matches!(error, GraphError::Node { .. }), "{error}");
        let app = place.app(&asks(nested(100)));
        asked(app.invoke(Input::Continue, &config).await.unwrap());
        assert!(Answer::new("q", &nested(101)).is_err());
        let error = app.resume(&config, Answer::from_value("q", nested(101))).await.unwrap_err();
        assert!(matches!(error, GraphError::Encode { .. }), "{error}");
        assert_eq!(app.get_state(&config).await.unwrap().unwrap().questions.len(), 1);
        // The state is an object around it.
        let answer = Answer::new("q", &nested(99)).unwrap();
        let state = done(app.resume(&config, answer).await.unwrap());
        assert_eq!(*place.app(&asks(Value::Null)).get_state(&config).await.unwrap().unwrap().state, state);
        assert_eq!(state.tree, nested(99));
    }
}

#[tokio::test]
async fn once_refuses_before_it_works() {
    let count = Arc::new(AtomicU32::new(0));
    for (key, runs) in [("k".repeat(960), 1), ("k".repeat(961), 0), (String::new(), 0), ("a\0".to_owned(), 0)]
    {
        let counted = Arc::clone(&count);
        let graph = one(move |_: Arc<Any>, cx: Cx| {
            let (key, count) = (key.clone(), Arc::clone(&counted));
            async move {
                let work = async { Ok::<_, Stop>(count.fetch_add(1, Ordering::SeqCst)) };
                cx.once(&key, work).await?;
                Ok(Step::none())
            }
        });
        for (number, place) in places().iter().enumerate() {
            let config = RunConfig::thread(format!("{number}"));
            let ended = place.app(&graph).invoke(Input::start(Any::update()), &config).await;
            assert_eq!((ended.is_ok(), count.swap(0, Ordering::SeqCst)), (runs == 1, runs));
        }
    }
}

#[tokio::test]
async fn a_once_value_that_would_not_come_back_is_not_recorded() {
    let graph = one(|_: Arc<Any>, cx: Cx| async move {
        let work = async { Ok::<_, Stop>(f64::NAN) };
        cx.once("ratio", work).await.map(|ratio| Step::update(Any::update().ratio(ratio)))
    });
    for place in places() {
        let config = RunConfig::thread("t");
        place.app(&graph).invoke(Input::start(Any::update()), &config).await.unwrap_err();
        let loaded = place.store().load("t", None).await.unwrap().unwrap();
        assert!(!loaded.task_records.iter().any(|note| note.key.starts_with("once:")));
    }
}

#[test]
fn names_that_a_store_can_not_keep_are_named_by_compile() {
    let graph = |name: &str| {
        let node = |_: Arc<Any>, _: Cx| async move { Ok(Any::update()) };
        let graph = StateGraph::<Any>::new(name).add_node("a", node);
        graph.add_edge(START, "a").add_edge("a", END).compile().map(drop)
    };
    assert!(graph(&"é".repeat(512)).is_ok());
    for name in ["", "a\0", &"x".repeat(1025)] {
        let error = graph(name).unwrap_err();
        assert!(matches!(error.problems[..], [CompileProblem::BadGraphName { .. }]), "{error}");
    }
    let mut inside =
        StateGraph::<Any>::new("g").add_node("a", |_: Arc<Any>, _: Cx| async move { Ok(Any::update()) });
    inside = inside.add_edge(START, "a").add_edge("a", END);
    let name = "s".repeat(128);
    for _ in 0..8 {
        let outside = StateGraph::<Any>::new("g").add_subgraph(name.as_str(), &inside.compile().unwrap());
        inside = outside.add_edge(START, name.as_str()).add_edge(name.as_str(), END);
    }
    let error = inside.compile().unwrap_err();
    assert!(matches!(error.problems[..], [CompileProblem::LongName { .. }, ..]), "{error}");
}

#[tokio::test]
async fn a_damaged_thread_goes_on_from_the_record_before() {
    let store = Arc::new(ae_langflow::MemoryCheckpointer::new());
    let graph = writes(Any::update().ratio(0.5));
    let config = RunConfig::thread("t");
    done(again(&graph, &store).invoke(Input::start(Any::update()), &config).await.unwrap());
    let app = graph.with_store(damaged(&store, |thread| {
        if thread.head.seq == 2 {
            thread.snapshot.truncate(9);
            thread.deltas.iter_mut().for_each(|delta| delta.change.truncate(9));
        }
    }));
    let error = app.get_state(&config).await.unwrap_err();
    let GraphError::Corrupt { seq: 2, sound, .. } = error else { panic!("{error}") };
    assert!(error.to_string().contains("fork it at record 1"), "{error}");
    app.fork(&config.at(sound), "fork").await.unwrap();
    let fork = RunConfig::thread("fork");
    assert_eq!(app.get_state(&fork).await.unwrap().unwrap().seq, 1);
    assert_eq!(done(again(&graph, &store).invoke(Input::Continue, &fork).await.unwrap()).ratio, 0.5);
}
