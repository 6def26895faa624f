//! States that are known as JSON only, and fields that are never stored.

use std::{collections::BTreeSet, sync::Arc};

use ae_langflow::{
    Cx, END, Graph, Input, RunConfig, RunError, START, State, StateGraph, Step,
    host::{GraphRun, JsonState, NextStep, Reducers, TaskOutcome},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    nested::{Book, Plan, Section},
    support::{Log, again, done, log, names, places},
};

fn fields(value: Value) -> serde_json::Map<String, Value> {
    let Value::Object(fields) = value else { panic!("{value}") };
    fields
}

/// Folds updates of `S`, typed and as JSON.
fn folded<S: State>(start: S, updates: Vec<S::Update>) -> (Value, JsonState) {
    let mut as_json = JsonState::new(fields(serde_json::to_value(&start).unwrap()), Reducers::of::<S>());
    let mut typed = start;
    for update in updates {
        as_json.apply(fields(serde_json::to_value(&update).unwrap()));
        typed.apply(update);
    }
    (serde_json::to_value(typed).unwrap(), as_json)
}

#[derive(Debug, Clone, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
enum Level {
    #[default]
    Low,
    High,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
struct Odd {
    #[reduce(append)]
    set: BTreeSet<u32>,
    #[reduce(max)]
    level: Level,
    #[reduce(max)]
    some: Option<i8>,
    #[reduce(merge)]
    pairs: std::collections::BTreeMap<String, Option<u8>>,
}

#[test]
fn json_is_folded_as_the_types_are() {
    let (typed, as_json) = folded(
        Odd { level: Level::High, ..Odd::default() },
        vec![
            Odd::update().set([3, 1].into()).level(Level::Low).some(-3),
            Odd::update()
                .set([2, 3].into())
                .some(None)
                .pairs([("a".to_owned(), None), ("b".to_owned(), Some(1))].into()),
            Odd::update().pairs([("b".to_owned(), None)].into()),
        ],
    );
    assert_eq!(Value::Object(as_json.fields().clone()), typed);
    let plan = |note: &str| Plan::update().notes(names(note)).rank(2);
    let (typed, as_json) = folded(
        Book::default(),
        vec![
            Book::update().first(Section::update().plan(plan("a")).open(true)),
            Book::update()
                .first(Section::update().replace_plan(Plan { rank: 1, ..Plan::default() }).plan(plan("b"))),
            Book::update().replace_second(Section { open: true, ..Section::default() }).log(names("x y")),
            Book::update().second(Section::update().plan(Plan::update().title("t"))),
        ],
    );
    assert_eq!(Value::Object(as_json.fields().clone()), typed);
    assert_eq!(as_json.problem(), None);
}

#[test]
fn what_can_not_be_folded_is_a_problem_and_leaves_the_field() {
    let mut state =
        JsonState::new(fields(serde_json::to_value(Log::default()).unwrap()), Reducers::of::<Log>());
    state.apply(fields(json!({ "log": "no list", "text": "new" })));
    assert!(state.problem().is_some());
    assert_eq!(state.fields()["log"], json!([]));
}

#[test]
fn two_writers_are_found_in_json_as_in_types() {
    let book =
        || JsonState::new(fields(serde_json::to_value(Book::default()).unwrap()), Reducers::of::<Book>());
    let updates = [
        Book::update().first(Section::update().open(true).plan(Plan::update().title("t"))),
        Book::update().replace_second(Section::default()).log(names("x")),
        Book::update().first(Section::update().replace_plan(Plan::default())),
    ];
    for update in updates {
        let (mut typed, mut as_json) = (Vec::new(), Vec::new());
        Book::default().last_value_writes(&update, &mut |field| typed.push(field.to_owned()));
        let update = fields(serde_json::to_value(&update).unwrap());
        book().last_value_writes(&update, &mut |field| as_json.push(field.to_owned()));
        typed.sort();
        as_json.sort();
        assert_eq!(typed, as_json);
    }
}

/// `a` and `b` write one field, which is refused; alone, or with others, they differ.
#[tokio::test]
async fn a_run_as_json_refuses_what_the_typed_one_refuses_and_keeps_its_limit() {
    let write = |_: Arc<Log>, cx: Cx| async move { Ok(Log::update().text(cx.node())) };
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", write)
        .add_node("b", write)
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    let mut typed = GraphRun::start(&graph, Log::default()).unwrap();
    let mut as_json = typed.to_json_state().unwrap();
    let NextStep::Run(superstep) = typed.next_step() else { panic!() };
    let mut outcomes: Vec<TaskOutcome<Log>> = Vec::new();
    for due in superstep.tasks {
        let cx = Cx::for_task("t", superstep.step, due);
        outcomes.push(graph.run_task(Arc::clone(&superstep.state), cx).await.unwrap());
    }
    let as_text = serde_json::to_string(&outcomes).unwrap();
    let refused = as_json.apply(serde_json::from_str(&as_text).unwrap()).unwrap_err();
    assert_eq!(typed.apply(outcomes).unwrap_err(), refused);
    assert!(matches!(refused, RunError::TwoWriters { .. }), "{refused}");

    typed.limit_steps(0);
    let as_json = typed.to_json_state().unwrap();
    assert!(matches!(as_json.next_step(), NextStep::LimitReached));
    assert!(matches!(as_json.typed::<Log>().unwrap().next_step(), NextStep::LimitReached));
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Scratch {
    #[reduce(append)]
    log: Vec<String>,
    #[serde(skip)]
    #[state(untracked)]
    open: Option<Arc<String>>,
}

fn scratching() -> Graph<Scratch> {
    StateGraph::<Scratch>::new("scratch")
        .add_node("a", |_: Arc<Scratch>, _: Cx| async move {
            Ok(Step::update(Scratch::update().open(Arc::new("file".to_owned())).log(names("a"))))
        })
        .add_node("b", |state: Arc<Scratch>, _: Cx| async move {
            let open = state.open.as_ref().map_or("none", |open| open.as_str());
            Ok(Step::update(Scratch::update().log(vec![format!("b {open}")])))
        })
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn an_untracked_field_lives_in_its_process_and_is_never_stored() {
    for place in places() {
        let config = RunConfig::thread("t");
        let start = || Input::start(Scratch::update().open(Arc::new("start".to_owned())));
        let state = done(place.app(&scratching()).invoke(start(), &config).await.unwrap());
        assert_eq!(state.log, ["a", "b file"]);
        let read = place.app(&scratching()).get_state(&config).await.unwrap().unwrap();
        assert_eq!(*read.state, Scratch { open: None, ..state });
        let config = RunConfig::thread("u").with_step_limit(1);
        place.app(&scratching()).invoke(start(), &config).await.unwrap();
        let state = done(place.app(&scratching()).invoke(Input::Continue, &config).await.unwrap());
        assert_eq!(state.log, ["a", "b none"], "a new process has none");
    }
}

#[tokio::test]
async fn two_writers_of_an_untracked_field_are_an_error_too() {
    let write = |_: Arc<Scratch>, _: Cx| async move {
        Ok(Step::update(Scratch::update().open(Arc::new(String::new()))))
    };
    let graph = StateGraph::<Scratch>::new("g")
        .add_node("a", write)
        .add_node("b", write)
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    let store = Arc::new(ae_langflow::MemoryCheckpointer::new());
    let error = again(&graph, &store)
        .invoke(Input::start(Scratch::update()), &RunConfig::thread("t"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("\"open\""), "{error}");
}

#[tokio::test]
async fn a_thread_whose_types_are_gone_is_read_as_json() {
    let store = Arc::new(ae_langflow::MemoryCheckpointer::new());
    let node = |_: Arc<Log>, _: Cx| async move { Ok(log("a").send("b", &1)) };
    let typed = StateGraph::<Log>::new("g")
        .add_node("a", node)
        .add_node("b", crate::engine::Say("b"))
        .add_edge(START, "a")
        .add_goto("a", ["b"])
        .add_edge("b", END)
        .compile()
        .unwrap();
    let config = RunConfig::thread("t").with_step_limit(1);
    again(&typed, &store).invoke(Input::start(Log::update().text("in")), &config).await.unwrap();
    let run = again(&typed, &store).hand_over(&config, "json").await.unwrap();
    let mut as_json: GraphRun<JsonState> =
        serde_json::from_value(serde_json::to_value(&run).unwrap()).unwrap();
    as_json.set_reducers(Reducers::of::<Log>());
    assert_eq!((&as_json.state().fields()["text"], as_json.topology().name()), (&json!("in"), "g"));
    let NextStep::Run(superstep) = as_json.next_step() else { panic!() };
    assert_eq!(
        (superstep.tasks[0].task.to_string().as_str(), &superstep.tasks[0].input),
        ("b#0", &Some(json!(1)))
    );
    assert!(as_json.typed::<Odd>().is_err(), "it is no such state");
}
