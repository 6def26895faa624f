//! A thread goes on elsewhere, and only there.

use std::sync::Arc;

use ae_langflow::{
    Answer, Cx, END, Graph, GraphError, Input, RunConfig, START, StateGraph, Step, Stop, WriteAs,
    host::{GraphRun, NextStep},
};

use crate::{
    engine::Say,
    support::{Log, Switch, Trace, asked, done, log, names, places},
};

/// `a`, then `b` beside `c`, which fails while `broken`; then `d`.
fn diamond(trace: &Trace, broken: &Switch) -> Graph<Log> {
    let (b, c, broken) = (trace.clone(), trace.clone(), broken.clone());
    StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", move |_: Arc<Log>, _: Cx| {
            b.add("b");
            async { Ok(log("b")) }
        })
        .add_node("c", move |_: Arc<Log>, _: Cx| {
            c.add("c");
            let fails = broken.is_on();
            async move {
                tokio::task::yield_now().await;
                if fails { Err(Stop::failed("broken")) } else { Ok(log("c")) }
            }
        })
        .add_node("d", Say("d"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge(["b", "c"], "d")
        .add_edge("d", END)
        .compile()
        .unwrap()
}

/// The other place: it drives the run by hand.
async fn elsewhere(graph: &Graph<Log>, run: GraphRun<Log>) -> Arc<Log> {
    let mut run: GraphRun<Log> = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
    loop {
        match run.next_step() {
            NextStep::Done(state) => return state,
            NextStep::Run(superstep) => {
                for due in superstep.tasks {
                    let cx = Cx::for_task("t", superstep.step, due);
                    let outcome = graph.run_task(Arc::clone(&superstep.state), cx).await.unwrap();
                    run.apply(vec![outcome]).unwrap();
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn it_goes_on_there_and_is_refused_here_but_can_be_read() {
    for place in places() {
        let (trace, broken) = (Trace::default(), Switch::new(true));
        let graph = diamond(&trace, &broken);
        let config = RunConfig::thread("t");
        place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap_err();
        trace.take();
        let run = place.app(&graph).hand_over(&config, "there").await.unwrap();
        let app = place.app(&graph);
        for error in [
            app.invoke(Input::Continue, &config).await.unwrap_err(),
            app.invoke(Input::turn(Log::update()), &config).await.unwrap_err(),
            app.resume(&config, vec![]).await.unwrap_err(),
            app.update_state(&config, Log::update(), WriteAs::NoNode).await.unwrap_err(),
            app.hand_over(&config, "a third place").await.unwrap_err(),
        ] {
            assert!(matches!(&error, GraphError::Moved { to, .. } if to == "there"), "{error}");
        }
        let again = app.invoke(Input::start(Log::update()), &config).await.unwrap_err();
        assert!(matches!(again, GraphError::ThreadExists { .. }), "{again}");
        let thread = app.get_state(&config).await.unwrap().unwrap();
        assert_eq!((&thread.state.log, thread.moved_to.as_deref()), (&names("a b"), Some("there")));
        broken.set(false);
        assert_eq!(elsewhere(&graph, run).await.log, names("a b c d"));
        assert_eq!(trace.take(), ["c"], "what b had noted went along");
    }
}

#[tokio::test]
async fn it_is_given_out_again_for_the_same_place_just_as_it_was() {
    for place in places() {
        let (trace, broken) = (Trace::default(), Switch::new(true));
        let graph = diamond(&trace, &broken);
        let config = RunConfig::thread("t");
        place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap_err();
        let first = place.app(&graph).hand_over(&config, "there").await.unwrap();
        let seq = place.app(&graph).get_state(&config).await.unwrap().unwrap().seq;
        let second = place.app(&graph).hand_over(&config, "there").await.unwrap();
        assert_eq!(serde_json::to_value(&first).unwrap(), serde_json::to_value(&second).unwrap());
        assert_eq!(place.app(&graph).get_state(&config).await.unwrap().unwrap().seq, seq, "no second record");
        broken.set(false);
        trace.take();
        assert_eq!(elsewhere(&graph, second).await.log, names("a b c d"));
        assert_eq!(trace.take(), ["c"]);
    }
}

#[tokio::test]
async fn open_questions_and_given_answers_go_along() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |_: Arc<Log>, cx: Cx| async move {
            let one: u8 = cx.ask("one", &1).await?;
            let two: u8 = cx.ask("two", &2).await?;
            Ok(log(&format!("{one}{two}")))
        })
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap();
    for place in places() {
        let config = RunConfig::thread("t");
        let app = place.app(&graph);
        app.invoke(Input::start(Log::update()), &config).await.unwrap();
        assert_eq!(asked(app.resume(&config, Answer::new("one", &1).unwrap()).await.unwrap())[0].id, "two");
        let mut run = app.hand_over(&config, "there").await.unwrap();
        let NextStep::Asked(questions) = run.next_step() else { panic!() };
        run.answer(vec![questions[0].answer(&2).unwrap()]).unwrap();
        assert_eq!(elsewhere(&graph, run).await.log, ["12"]);
    }
}

#[tokio::test]
async fn a_runner_that_is_under_way_loses_the_thread() {
    for place in places() {
        let other = place.app(&diamond(&Trace::default(), &Switch::new(false)));
        let graph = StateGraph::<Log>::new("g")
            .add_node("a", move |_: Arc<Log>, _: Cx| {
                let app = other.clone();
                async move {
                    app.hand_over(&RunConfig::thread("t"), "there").await?;
                    Ok::<Step<Log>, Stop>(log("a"))
                }
            })
            .add_edge(START, "a")
            .add_edge("a", END)
            .compile()
            .unwrap();
        let config = RunConfig::thread("t");
        let lost = place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap_err();
        assert!(matches!(lost, GraphError::Conflict { .. }), "{lost}");
        let thread = place.app(&graph).get_state(&config).await.unwrap().unwrap();
        assert_eq!((thread.step, thread.moved_to.as_deref()), (0, Some("there")));
    }
}

#[tokio::test]
async fn a_thread_that_is_not_there_or_has_no_store_is_named() {
    let graph = diamond(&Trace::default(), &Switch::new(false));
    let config = RunConfig::thread("t");
    let missing = places().remove(0).app(&graph).hand_over(&config, "there").await.unwrap_err();
    assert!(matches!(missing, GraphError::ThreadNotFound { .. }), "{missing}");
    let none = graph.without_store().hand_over(&config, "there").await.unwrap_err();
    assert!(matches!(none, GraphError::NoStore), "{none}");
    // One that has ended can go too, and is done there.
    let place = places().remove(0);
    done(place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap());
    let run = place.app(&graph).hand_over(&config, "there").await.unwrap();
    assert!(run.is_finished() && run.moved_to().is_none());
}
