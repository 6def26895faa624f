//! Questions to people.

use std::sync::Arc;

use ae_langflow::{
    Answer, Cx, END, Ending, Graph, GraphError, Input, MemoryCheckpointer, RunConfig, RunError, START,
    StateGraph, Stop, TaskId,
};
use serde_json::{Value, json};

use crate::support::{Log, Trace, again, asked, done, log, names, places};

fn questions(ending: Ending<Log>) -> Vec<(String, String, Value)> {
    match ending {
        Ending::Asked { questions, .. } => questions.into_iter().map(|q| (q.id, q.node, q.payload)).collect(),
        other => panic!("nothing asked: {other:?}"),
    }
}

fn answer(id: &str, value: &Value) -> Input<Log> {
    Input::resume(vec![Answer::new(id, value).unwrap()])
}

/// `a` asks twice, `b` asks once, `c` asks nothing; all in one superstep.
pub fn three(trace: &Trace) -> Graph<Log> {
    let (a, b, c) = (trace.clone(), trace.clone(), trace.clone());
    StateGraph::<Log>::new("g")
        .add_node("a", move |_: Arc<Log>, cx: Cx| {
            let trace = a.clone();
            async move {
                trace.add("a");
                let paid: u32 = cx
                    .once("pay", async {
                        trace.add("pay");
                        Ok::<_, Stop>(7)
                    })
                    .await?;
                let name: String = cx.ask("name", &json!({ "paid": paid })).await?;
                let age: Option<u8> = cx.ask("age", &name).await?;
                Ok(log(&format!("{name} {age:?}")))
            }
        })
        .add_node("b", move |_: Arc<Log>, cx: Cx| {
            b.add("b");
            async move {
                let ok: bool = cx.ask("ok", &"go?").await?;
                Ok(log(&format!("ok {ok}")))
            }
        })
        .add_node("c", move |_: Arc<Log>, _: Cx| {
            c.add("c");
            async move { Ok(log("c")) }
        })
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge(START, "c")
        .add_edge("a", END)
        .add_edge("b", END)
        .add_edge("c", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn only_the_node_that_was_answered_runs_again_and_each_answer_may_come_in_a_new_process() {
    let (trace, store) = (Trace::default(), Arc::new(MemoryCheckpointer::new()));
    let graph = three(&trace);
    let config = RunConfig::thread("t");
    let ending = again(&graph, &store).invoke(Input::start(Log::update()), &config).await.unwrap();
    let asked = [
        ("name".to_owned(), "a".to_owned(), json!({ "paid": 7 })),
        ("ok".to_owned(), "b".to_owned(), json!("go?")),
    ];
    assert_eq!(questions(ending), asked);
    let mut first = trace.take();
    first.sort();
    assert_eq!(first, ["a", "b", "c", "pay"]);

    // Going on without an answer asks again and runs nothing.
    let ending = again(&graph, &store).invoke(Input::Continue, &config).await.unwrap();
    assert_eq!(questions(ending), asked);
    assert!(trace.take().is_empty());
    let state = again(&graph, &store).get_state(&config).await.unwrap().unwrap();
    assert_eq!((state.next.as_slice(), state.questions.len(), state.step), (names("a b").as_slice(), 2, 0));

    let ending = again(&graph, &store).invoke(answer("name", &json!("Ada")), &config).await.unwrap();
    assert_eq!(trace.take(), ["a"], "b waits on, c has finished, and what was paid is not paid again");
    let asked: Vec<_> = questions(ending).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(asked, ["ok", "age"]);

    let ending = again(&graph, &store).invoke(answer("age", &Value::Null), &config).await.unwrap();
    assert_eq!(trace.take(), ["a"]);
    assert_eq!(questions(ending).len(), 1, "null is an answer");

    let state = done(again(&graph, &store).invoke(answer("ok", &json!(true)), &config).await.unwrap());
    assert_eq!(trace.take(), ["b"]);
    assert_eq!(state.log, ["Ada None", "ok true", "c"]);
}

#[tokio::test]
async fn a_stale_unknown_or_double_answer_is_refused_and_changes_nothing() {
    let (trace, store) = (Trace::default(), Arc::new(MemoryCheckpointer::new()));
    let app = again(&three(&trace), &store);
    let config = RunConfig::thread("t");
    app.invoke(Input::start(Log::update()), &config).await.unwrap();
    app.invoke(answer("name", &json!("Ada")), &config).await.unwrap();
    let before = app.get_state(&config).await.unwrap();
    trace.take();
    let twice = vec![Answer::from_value("ok", json!(true)), Answer::from_value("ok", json!(false))];
    let mixed = vec![Answer::from_value("ok", json!(true)), Answer::from_value("none", json!(1))];
    for input in
        [answer("name", &json!("Eve")), answer("none", &json!(1)), Input::resume(twice), Input::resume(mixed)]
    {
        let error = app.invoke(input, &config).await.unwrap_err();
        assert!(matches!(error, GraphError::Run(RunError::UnknownQuestion { .. })), "{error}");
        assert_eq!(app.get_state(&config).await.unwrap(), before);
    }
    assert!(trace.take().is_empty());
}

#[tokio::test]
async fn an_answer_of_the_wrong_form_is_asked_again_with_the_reason() {
    let (trace, store) = (Trace::default(), Arc::new(MemoryCheckpointer::new()));
    let app = again(&three(&trace), &store);
    let config = RunConfig::thread("t");
    app.invoke(Input::start(Log::update()), &config).await.unwrap();
    let Ending::Asked { questions, .. } = app.invoke(answer("ok", &json!("maybe")), &config).await.unwrap()
    else {
        panic!();
    };
    let problem = questions.iter().find(|question| question.id == "ok").unwrap().problem.clone().unwrap();
    assert!(problem.contains("boolean"), "{problem}");
    let ending = app.invoke(answer("ok", &json!(false)), &config).await.unwrap();
    assert!(matches!(ending, Ending::Asked { questions, .. } if questions.len() == 1));
}

#[tokio::test]
async fn a_discarded_pause_still_parks_and_its_write_is_dropped() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |_: Arc<Log>, cx: Cx| async move {
            let text = cx.ask::<_, String>("q", &"text?").await.unwrap_or_else(|_| "default".to_owned());
            Ok(Log::update().text(text))
        })
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap();
    let app = again(&graph, &Arc::new(MemoryCheckpointer::new()));
    let config = RunConfig::thread("t");
    let Ending::Asked { state, .. } = app.invoke(Input::start(Log::update()), &config).await.unwrap() else {
        panic!()
    };
    assert_eq!(state.text, "");
    assert_eq!(done(app.invoke(answer("q", &json!("mine")), &config).await.unwrap()).text, "mine");
}

#[tokio::test]
async fn a_pause_of_another_run_is_a_failure() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |_: Arc<Log>, _: Cx| async move {
            let other = Cx::new("other", 1, TaskId::of_node("x"));
            let text: String = other.ask("q", &1).await?;
            Ok(Log::update().text(text))
        })
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap();
    let error = crate::support::run(&graph).await.unwrap_err();
    assert!(
        matches!(&error, GraphError::Node { source, .. } if source.is::<ae_langflow::host::ForeignPause>()),
        "{error}"
    );
}

#[tokio::test]
async fn two_open_questions_with_one_id_are_refused() {
    async fn ask(_: Arc<Log>, cx: Cx) -> Result<ae_langflow::Step<Log>, Stop> {
        cx.ask::<_, bool>("same", &1).await.map(|_| log(cx.node()))
    }
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", ask)
        .add_node("b", ask)
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    let error = crate::support::run(&graph).await.unwrap_err();
    assert!(matches!(error, GraphError::Run(RunError::DuplicateQuestion { .. })), "{error}");
}

/// Asks for an age until it is one, then for a name, and says how often it ran.
fn until_valid(trace: &Trace) -> Graph<Log> {
    let trace = trace.clone();
    StateGraph::<Log>::new("age")
        .add_node("form", move |_: Arc<Log>, cx: Cx| {
            trace.add("form");
            async move {
                let mut question = "how old?".to_owned();
                let age = loop {
                    let age: i64 = cx.ask("age", &question).await?;
                    if (0..150).contains(&age) {
                        break age;
                    }
                    question = format!("{age} is not an age: how old?");
                };
                let name: String = cx.ask("name", &age).await?;
                Ok(log(&format!("{name} {age}")))
            }
        })
        .add_edge(START, "form")
        .add_edge("form", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn a_node_asks_again_until_the_answer_is_good_and_keeps_the_earlier_ones() {
    let trace = Trace::default();
    let graph = until_valid(&trace);
    for place in places() {
        let config = RunConfig::thread("t");
        let mut question =
            asked(place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap()).remove(0);
        assert_eq!((question.payload.clone(), question.earlier), (json!("how old?"), 0));
        let answers = [
            (json!(900), "age", json!("900 is not an age: how old?"), 1),
            // One that can't be read is asked again as it was, and counts for nothing.
            (json!("old"), "age", json!("900 is not an age: how old?"), 1),
            (json!(-1), "age", json!("-1 is not an age: how old?"), 2),
            (json!(36), "name", json!(36), 0),
        ];
        for (value, id, payload, earlier) in answers {
            let late = question.clone();
            let input = Input::resume(vec![question.answer(&value).unwrap()]);
            question = asked(place.app(&graph).invoke(input, &config).await.unwrap()).remove(0);
            assert_eq!((question.id.as_str(), &question.payload, question.earlier), (id, &payload, earlier));
            assert_eq!(question.problem.is_some(), value == json!("old"));
            if late.token != question.token {
                let input = Input::resume(vec![late.answer(&20).unwrap()]);
                let error = place.app(&graph).invoke(input, &config).await.unwrap_err();
                assert!(matches!(error, GraphError::Run(_)), "an answer that comes twice: {error}");
            }
        }
        let ending = place.app(&graph).invoke(answer("name", &json!("Ada")), &config).await.unwrap();
        assert_eq!(done(ending).log, ["Ada 36"]);
        assert_eq!(trace.take().len(), 6, "once at first, and once after each answer");
    }
}

#[tokio::test]
async fn earlier_answers_travel_with_a_run_whose_state_is_json() {
    let graph = until_valid(&Trace::default());
    let app = again(&graph, &Arc::default());
    let config = RunConfig::thread("t");
    app.invoke(Input::start(Log::update()), &config).await.unwrap();
    app.invoke(answer("age", &json!(900)), &config).await.unwrap();
    let run = app.hand_over(&config, "elsewhere").await.unwrap().to_json_state().unwrap();
    let mut run = serde_json::from_value::<ae_langflow::host::GraphRun<ae_langflow::host::JsonState>>(
        serde_json::to_value(&run).unwrap(),
    )
    .unwrap();
    let question = run.questions()[0].clone();
    run.answer(vec![question.answer(&36).unwrap()]).unwrap();
    let ae_langflow::host::NextStep::Run(mut due) = run.typed::<Log>().unwrap().next_step() else { panic!() };
    assert_eq!(due.tasks.remove(0).answers["age"], [json!(900), json!(36)]);
}

#[tokio::test]
async fn a_late_answer_is_not_taken_for_that_of_the_question_that_is_open_now() {
    let graph = three(&Trace::default());
    for place in places() {
        let config = RunConfig::thread("t");
        let old = asked(place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap());
        place.app(&graph).invoke(Input::turn(Log::update().text("next")), &config).await.unwrap();
        let before = place.app(&graph).get_state(&config).await.unwrap().unwrap();
        assert_eq!(before.questions.iter().map(|q| &q.id).collect::<Vec<_>>(), ["name", "ok"]);
        let late = Input::resume(vec![old[1].answer(&true).unwrap()]);
        let error = place.app(&graph).invoke(late, &config).await.unwrap_err();
        assert!(matches!(error, GraphError::Run(RunError::StaleAnswer { .. })), "{error}");
        assert_eq!(place.app(&graph).get_state(&config).await.unwrap(), Some(before.clone()));
        // Answering one of them leaves the other as it was.
        let name = before.questions[0].answer("Ada").unwrap();
        let open = asked(place.app(&graph).invoke(Input::resume(vec![name]), &config).await.unwrap());
        assert_eq!((open[0].id.as_str(), &open[0].token), ("ok", &before.questions[1].token));
        // A token may have come along through a form.
        let ok = Answer::from_value("ok", json!(true)).with_token(open[0].token.clone());
        place.app(&graph).invoke(Input::resume(vec![ok]), &config).await.unwrap();
        // Without one it answers what is open.
        done(place.app(&graph).invoke(answer("age", &json!(36)), &config).await.unwrap());
    }
}
