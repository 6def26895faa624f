//! Graphs inside graphs over a part of the state, and what two tasks may write to such a part.

use std::sync::Arc;

use ae_langflow::{Cx, END, Graph, GraphError, Input, RunConfig, RunError, START, State, StateGraph, Step};
use serde::{Deserialize, Serialize};

use crate::support::{asked, done, names, places, stored};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
pub struct Plan {
    #[reduce(append)]
    pub notes: Vec<String>,
    pub title: String,
    #[reduce(max)]
    pub rank: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
pub struct Section {
    #[state(nested)]
    pub plan: Plan,
    pub open: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
pub struct Book {
    #[state(nested)]
    pub first: Section,
    #[state(nested)]
    pub second: Section,
    #[reduce(append)]
    pub log: Vec<String>,
}

fn notes(list: &str) -> PlanUpdate {
    Plan::update().notes(names(list))
}

/// Two notes and a title, over a plan alone.
fn planning() -> Graph<Plan> {
    StateGraph::<Plan>::new("planning")
        .add_node("a", |_: Arc<Plan>, _: Cx| async move { Ok(notes("a").rank(2)) })
        .add_node("b", |plan: Arc<Plan>, cx: Cx| async move {
            let title: String = cx.ask("title", &plan.notes).await?;
            Ok(notes("b").title(title).rank(1))
        })
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_conditional_edges("b", |plan: &Plan| plan.title.len() > 1, [(true, END), (false, "a")])
        .compile()
        .unwrap()
}

/// The planning of a section, then it is opened.
fn section() -> Graph<Section> {
    StateGraph::<Section>::new("section")
        .add_subgraph_at("plan", &planning(), |section| &section.plan, |plan| Section::update().plan(plan))
        .add_node("open", |_: Arc<Section>, _: Cx| async move { Ok(Section::update().open(true)) })
        .add_edge(START, "plan")
        .add_edge("plan", "open")
        .add_edge("open", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn a_part_of_a_part_is_worked_on_twice_side_by_side_and_no_list_is_doubled() {
    let graph = StateGraph::<Book>::new("book")
        .add_subgraph_at("one", &section(), |book| &book.first, |first| Book::update().first(first))
        .add_subgraph_at("two", &section(), |book| &book.second, |second| Book::update().second(second))
        .add_node("end", |book: Arc<Book>, _: Cx| async move {
            Ok(Book::update().log(vec![format!("{} {}", book.first.plan.title, book.second.plan.title)]))
        })
        .add_edge(START, "one")
        .add_edge(START, "two")
        .add_edge(["one", "two"], "end")
        .add_edge("end", END)
        .compile()
        .unwrap();
    for place in places() {
        let config = RunConfig::thread("t");
        let start = Section::update().plan(notes("seed").rank(7));
        let input = Input::start(Book::update().first(start));
        let mut ending = place.app(&graph).invoke(input, &config).await.unwrap();
        // `two` needs a second round, since its first title is too short.
        for (title_one, title_two) in [("Ada", "B"), ("", "Bob")] {
            let questions = asked(ending);
            assert!(questions.iter().all(|question| question.id.ends_with("/plan/title")), "{questions:?}");
            let answers = questions.iter().map(|question| {
                question.answer(if question.id.starts_with("one") { title_one } else { title_two }).unwrap()
            });
            let answers: Vec<_> = answers.collect();
            ending = place.app(&graph).resume(&config, answers).await.unwrap();
        }
        let book = done(ending);
        assert_eq!(
            (book.first.open, book.second.open, book.log.clone()),
            (true, true, vec!["Ada Bob".to_owned()])
        );
        assert_eq!((book.first.plan.notes.clone(), book.first.plan.rank), (names("seed a b"), 7));
        assert_eq!((book.second.plan.notes.clone(), book.second.plan.rank), (names("a b a b"), 2));
        assert_eq!(*place.app(&graph).get_state(&config).await.unwrap().unwrap().state, book);
    }
}

fn two(a: SectionUpdate, b: SectionUpdate) -> Graph<Section> {
    let write = |update: SectionUpdate| {
        move |_: Arc<Section>, _: Cx| {
            let update = update.clone();
            async move { Ok(Step::update(update)) }
        }
    };
    StateGraph::<Section>::new("two")
        .add_node("a", write(a))
        .add_node("b", write(b))
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn two_tasks_may_write_different_fields_of_a_part_and_not_the_same_nor_the_whole() {
    let plan = |plan: PlanUpdate| Section::update().plan(plan);
    let title = || plan(Plan::update().title("t"));
    let whole = || Section::update().replace_plan(Plan::default());
    let config = RunConfig::thread("t");
    let app = stored(&two(title(), plan(notes("n"))));
    let state = done(app.invoke(Input::start(Section::update()), &config).await.unwrap());
    assert_eq!((state.plan.title.as_str(), state.plan.notes), ("t", names("n")));
    for (a, b, clash) in [
        (title(), title(), "plan.title"),
        (whole(), title(), "plan"),
        (title(), whole(), "plan"),
        (whole(), whole(), "plan"),
        // It would be lost, or not, by the order of the names.
        (whole(), plan(notes("n")), "plan"),
        (plan(notes("n")), whole(), "plan"),
    ] {
        let app = stored(&two(a, b));
        let error = app.invoke(Input::start(Section::update()), &config).await.unwrap_err();
        let GraphError::Run(RunError::TwoWriters { field, .. }) = &error else { panic!("{error:?}") };
        assert_eq!(field, clash);
    }
}

#[tokio::test]
async fn an_update_replaces_the_whole_and_goes_on_from_there() {
    let update = || {
        Section::update()
            .plan(notes("dropped"))
            .replace_plan(Plan { notes: names("new"), ..Plan::default() })
            .plan(notes("then").rank(3))
    };
    let app = stored(&two(update(), Section::update().open(true)));
    let input = Input::start(Section::update().plan(notes("old").title("old")));
    let state = done(app.invoke(input, &RunConfig::thread("t")).await.unwrap());
    assert_eq!(
        state,
        Section { plan: Plan { notes: names("new then"), title: String::new(), rank: 3 }, open: true }
    );
}
