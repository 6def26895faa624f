//! Threads of an older version of the state.

use std::sync::Arc;

use ae_langflow::{
    Answer, Cause, Cx, END, Ending, Graph, GraphError, Input, MigrateError, RunConfig, START, State,
    StateGraph, Step, Stop, WriteAs,
};
use serde_json::{Value, json};

use crate::{
    migration::{one::One, three::Three, two::Two},
    support::{Place, Switch, Trace, asked, done, names, places},
};

mod one {
    use std::collections::BTreeMap;

    use ae_langflow::State;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
    pub struct Part {
        #[reduce(append)]
        pub notes: Vec<String>,
        pub title: String,
    }

    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
    #[state(version = 1)]
    pub struct One {
        #[reduce(append)]
        pub log: Vec<String>,
        #[reduce(max)]
        pub top: f64,
        #[reduce(max)]
        pub small: f32,
        #[reduce(max)]
        pub name: String,
        #[reduce(merge)]
        pub by: BTreeMap<u32, String>,
        #[state(nested)]
        pub part: Part,
        pub count: u32,
        pub last: Option<String>,
    }
}

mod two {
    use ae_langflow::State;
    use serde::{Deserialize, Serialize};

    pub use super::one::Part;

    /// `count` is `number` now, and `by` is gone.
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
    #[state(version = 2, migrate = super::from_one)]
    pub struct Two {
        #[reduce(append)]
        pub log: Vec<String>,
        #[reduce(max)]
        pub top: f64,
        #[state(nested)]
        pub part: Part,
        pub number: u64,
    }
}

mod three {
    use ae_langflow::State;
    use serde::{Deserialize, Serialize};

    /// Only the log and the number are left, and the number is text.
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
    #[state(version = 3, migrate = [super::from_one, super::from_two])]
    pub struct Three {
        #[reduce(append)]
        pub log: Vec<String>,
        pub number: String,
    }
}

fn from_one(mut state: Value) -> Result<Value, MigrateError> {
    let fields = state.as_object_mut().ok_or("no object")?;
    let count = fields.remove("count").ok_or("no count")?;
    fields.insert("number".to_owned(), count);
    Ok(state)
}

fn from_two(state: Value) -> Result<Value, MigrateError> {
    if state["number"] == 13 {
        return Err("13 brings bad luck".into());
    }
    Ok(json!({ "log": state["log"], "number": state["number"].to_string() }))
}

/// `a` writes `update`, then `b`, which is `b`.
fn graph<S: State>(
    update: impl Fn() -> S::Update + Clone + Send + Sync + 'static,
    b: impl ae_langflow::Node<S>,
) -> Graph<S> {
    StateGraph::<S>::new("g")
        .add_node("a", move |_: Arc<S>, _: Cx| {
            let update = update();
            async move { Ok(Step::update(update)) }
        })
        .add_node("b", b)
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", END)
        .compile()
        .unwrap()
}

fn first() -> one::OneUpdate {
    One::update()
        .log(names("a"))
        .top(0.1 + 0.2)
        .small(0.1)
        .name("b")
        .by([(2, "a".to_owned()), (1, "a".to_owned())].into())
        .part(one::Part::update().notes(names("x")).title("t"))
        .count(7)
        .last(None)
}

fn nothing<S: State>() -> impl ae_langflow::Node<S> {
    |_: Arc<S>, _: Cx| async { Ok(Step::<S>::none()) }
}

/// A thread of the first version whose process died before `b`, with changes behind its snapshot.
async fn crashed(place: &Place, config: &RunConfig) -> One {
    let app = place.app(&graph(first, nothing::<One>()));
    let start = One::update()
        .log(names("in"))
        .top(0.25)
        .name("c")
        .by([(1, "in".to_owned())].into())
        .part(one::Part::update().notes(names("in")));
    let Ending::StepLimit(state) =
        app.invoke(Input::start(start), &config.clone().with_step_limit(1)).await.unwrap()
    else {
        panic!()
    };
    assert!(!place.store().load(&config.thread, None).await.unwrap().unwrap().deltas.is_empty());
    Arc::unwrap_or_clone(state)
}

#[tokio::test]
async fn a_crashed_thread_is_carried_over_with_the_changes_behind_its_snapshot() {
    for place in places() {
        let config = RunConfig::thread("t");
        let before = crashed(&place, &config).await;
        assert_eq!((before.name.as_str(), before.top, before.by.len()), ("c", 0.1 + 0.2, 2));
        let number = |state: Arc<Two>, _: Cx| async move {
            Ok(Two::update().number(state.number + 1).log(names("b")))
        };
        let app = place.app(&graph(Two::update, number));
        let thread = app.get_state(&config).await.unwrap().unwrap();
        assert_eq!((thread.state.number, &thread.state.part, thread.next), (7, &before.part, names("b")));
        let state = done(app.invoke(Input::Continue, &config).await.unwrap());
        assert_eq!((state.number, state.log.clone(), state.top), (8, names("in a b"), 0.1 + 0.2));
        let loaded = place.store().load("t", None).await.unwrap().unwrap();
        assert_eq!((loaded.header.state_version, loaded.deltas.len()), (2, 0), "it is stored anew at once");
        let read =
            place.app(&graph(Two::update, nothing::<Two>())).get_state(&config).await.unwrap().unwrap();
        assert_eq!(*read.state, state);
    }
}

#[tokio::test]
async fn versions_are_carried_over_one_after_the_other_and_a_step_of_the_way_need_not_be_taken() {
    for place in places() {
        let config = RunConfig::thread("t");
        crashed(&place, &config).await;
        let three = place.app(&graph(Three::update, nothing::<Three>()));
        assert_eq!(three.get_state(&config).await.unwrap().unwrap().state.number, "7");
        let two = place.app(&graph(Two::update, nothing::<Two>()));
        two.update_state(&config, Two::update().number(9), WriteAs::NoNode).await.unwrap();
        let state = done(three.invoke(Input::Continue, &config).await.unwrap());
        assert_eq!((state.number.as_str(), state.log), ("9", names("in a")));
    }
}

#[tokio::test]
async fn the_whole_past_of_a_thread_can_be_read_in_the_new_version() {
    for place in places() {
        let config = RunConfig::thread("t");
        crashed(&place, &config).await;
        let app = place.app(&graph(Two::update, nothing::<Two>()));
        app.update_state(&config, Two::update().number(9), WriteAs::NoNode).await.unwrap();
        done(app.invoke(Input::Continue, &config).await.unwrap());
        let history = app.history(&config, 99).await.unwrap();
        let mut numbers = Vec::new();
        for point in &history {
            let thread = app.get_state(&config.at(point.seq)).await.unwrap().unwrap();
            numbers.push((thread.seq, thread.state.number));
        }
        assert_eq!(numbers, [(4, 9), (3, 9), (2, 7), (1, 0)]);
        assert_eq!(history[3].cause, Cause::Began);
        assert_eq!(history[2].cause, Cause::Stepped { nodes: names("a") });
        // It may also be taken up where the old version left it.
        app.fork(&config.at(2), "fork").await.unwrap();
        let state = done(app.invoke(Input::Continue, &RunConfig::thread("fork")).await.unwrap());
        assert_eq!(state.number, 7);
    }
}

fn asking<S: State>(
    update: impl Fn(String) -> S::Update + Clone + Send + Sync + 'static,
) -> impl ae_langflow::Node<S> {
    move |_: Arc<S>, cx: Cx| {
        let update = update.clone();
        async move {
            let text: String = cx.ask("text", &"what?").await?;
            let again: String = cx.ask("again", &text).await?;
            Ok(Step::<S>::update(update(again)))
        }
    }
}

#[tokio::test]
async fn open_questions_and_given_answers_survive() {
    for place in places() {
        let config = RunConfig::thread("t");
        let app = place.app(&graph(first, asking::<One>(|text| One::update().log(vec![text]))));
        app.invoke(Input::start(One::update()), &config).await.unwrap();
        let questions = asked(app.resume(&config, Answer::new("text", "x").unwrap()).await.unwrap());
        let graph = graph(Two::update, asking::<Two>(|text| Two::update().log(vec![text])));
        let thread = place.app(&graph).get_state(&config).await.unwrap().unwrap();
        assert_eq!((thread.questions, thread.next), (questions.clone(), names("b")));
        assert_eq!(asked(place.app(&graph).invoke(Input::Continue, &config).await.unwrap()), questions);
        let state = done(place.app(&graph).resume(&config, questions[0].answer("y").unwrap()).await.unwrap());
        assert_eq!((state.log, state.number), (names("a y"), 7));
    }
}

#[tokio::test]
async fn what_once_recorded_counts_in_the_new_version_and_what_tasks_wrote_is_made_anew() {
    for place in places() {
        let (trace, broken) = (Trace::default(), Switch::new(true));
        fn side<S: State>(trace: &Trace, broken: &Switch, update: fn(u32) -> S::Update) -> Graph<S> {
            let (seen, other, broken) = (trace.clone(), trace.clone(), broken.clone());
            StateGraph::<S>::new("g")
                .add_node("a", move |_: Arc<S>, cx: Cx| {
                    let (trace, fails) = (seen.clone(), broken.is_on());
                    async move {
                        let paid: u32 = cx
                            .once("pay", async {
                                trace.add("pay");
                                Ok::<_, Stop>(5)
                            })
                            .await?;
                        tokio::task::yield_now().await;
                        if fails { Err(Stop::failed("broken")) } else { Ok(Step::<S>::update(update(paid))) }
                    }
                })
                .add_node("b", move |_: Arc<S>, _: Cx| {
                    other.add("b");
                    async { Ok(Step::<S>::none()) }
                })
                .add_edge(START, "a")
                .add_edge(START, "b")
                .add_edge("a", END)
                .add_edge("b", END)
                .compile()
                .unwrap()
        }
        let config = RunConfig::thread("t");
        let old = side::<One>(&trace, &broken, |paid| One::update().count(paid));
        place.app(&old).invoke(Input::start(One::update()), &config).await.unwrap_err();
        assert_eq!(trace.take(), names("pay b"));
        broken.set(false);
        let new = side::<Two>(&trace, &broken, |paid| Two::update().number(paid.into()));
        let state = done(place.app(&new).invoke(Input::Continue, &config).await.unwrap());
        assert_eq!((trace.take(), state.number), (names("b"), 5));
    }
}

async fn refused<S: State + std::fmt::Debug>(place: &Place, graph: &Graph<S>) -> String {
    let config = RunConfig::thread("t");
    let before = place.store().load("t", None).await.unwrap().unwrap().head;
    let read = place.app(graph).get_state(&config).await.unwrap_err();
    let error = place.app(graph).invoke(Input::Continue, &config).await.unwrap_err();
    assert_eq!(read.to_string(), error.to_string());
    assert_eq!(place.store().load("t", None).await.unwrap().unwrap().head, before, "it is left as it is");
    let GraphError::StateVersion { found, expected, reason, .. } = error else { panic!("{error:?}") };
    format!("{found}→{expected}: {reason}")
}

#[tokio::test]
async fn a_newer_version_and_a_migration_that_fails_or_gives_something_else_are_refused() {
    for place in places() {
        let config = RunConfig::thread("t");
        let limited = config.clone().with_step_limit(1);
        let three = graph(|| Three::update().number("13"), nothing::<Three>());
        place.app(&three).invoke(Input::start(Three::update()), &limited).await.unwrap();
        let reason = refused(&place, &graph(Two::update, nothing::<Two>())).await;
        assert_eq!(reason, "3→2: no migration leads from version 3 to 2: use the program that wrote it");

        place.app(&three).delete(&config).await.unwrap();
        let two = graph(|| Two::update().number(13), nothing::<Two>());
        place.app(&two).invoke(Input::start(Two::update()), &limited).await.unwrap();
        assert_eq!(refused(&place, &three).await, "2→3: 13 brings bad luck");
        let reason = refused(&place, &graph(odd::Odd::update, nothing::<odd::Odd>())).await;
        assert!(reason.starts_with("2→3: its migration gives something else than the state: "), "{reason}");
    }
}

mod odd {
    use ae_langflow::State;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
    #[state(version = 3, migrate = Ok)]
    pub struct Odd {
        pub missing: u8,
    }
}
