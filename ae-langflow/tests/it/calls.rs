//! Calls: how they are stopped, what they tell, and the turns of a thread.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use ae_langflow::{
    Cancel, Cx, END, Ending, Graph, GraphError, Input, MemoryCheckpointer, RunConfig, START, StateGraph, Stop,
};

use crate::{
    engine::Say,
    support::{Log, Trace, again, asked, done, log, names, places},
};

#[tokio::test]
async fn a_cancel_reaches_the_node_and_the_thread_goes_on_later() {
    let (cancel, store) = (Cancel::new(), Arc::new(MemoryCheckpointer::new()));
    let asked = cancel.clone();
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", move |_: Arc<Log>, _: Cx| {
            asked.cancel();
            async { Ok(log("a")) }
        })
        .add_node("b", |_: Arc<Log>, cx: Cx| async move {
            if cx.step() == 2 && cx.is_cancelled() {
                panic!("the boundary before b was passed");
            }
            Ok(log("b"))
        })
        .add_node("c", |s: Arc<Log>, cx: Cx| async move {
            if s.text.is_empty() {
                cx.cancel().cancel();
                cx.cancelled().await;
                return Err(Stop::failed("stopped as asked"));
            }
            Ok(log("c"))
        })
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", "c")
        .add_edge("c", END)
        .compile()
        .unwrap();
    let app = again(&graph, &store);
    let config = RunConfig::thread("t").with_cancel(cancel);
    let ending = app.invoke(Input::start(Log::update()), &config).await.unwrap();
    assert!(matches!(ending, Ending::Cancelled(state) if state.log == ["a"]), "what finished is kept");
    let ending = app.invoke(Input::Continue, &RunConfig::thread("t")).await.unwrap();
    assert!(matches!(ending, Ending::Cancelled(state) if state.log == ["a", "b"]));
    assert_eq!(app.get_state(&config).await.unwrap().unwrap().next, ["c"]);
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_only_what_was_not_committed() {
    let store = Arc::new(MemoryCheckpointer::new());
    let (stuck, trace) = (Arc::new(AtomicBool::new(true)), Trace::default());
    let (waits, seen) = (Arc::clone(&stuck), trace.clone());
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", move |_: Arc<Log>, _: Cx| {
            seen.add("a");
            async { Ok(log("a")) }
        })
        .add_node("b", move |_: Arc<Log>, _: Cx| {
            let stuck = waits.load(Ordering::SeqCst);
            async move {
                if stuck {
                    std::future::pending::<()>().await;
                }
                Ok(log("b"))
            }
        })
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", END)
        .compile()
        .unwrap();
    let config = RunConfig::thread("t");
    let app = again(&graph, &store);
    {
        let mut call = Box::pin(app.invoke(Input::start(Log::update()), &config));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(std::future::Future::poll(call.as_mut(), &mut context).is_pending());
    }
    assert_eq!(app.get_state(&config).await.unwrap().unwrap().step, 1);
    stuck.store(false, Ordering::SeqCst);
    assert_eq!(done(app.invoke(Input::Continue, &config).await.unwrap()).log, names("a b"));
    assert_eq!(trace.take(), ["a"]);
}

/// `a` writes the text of the turn; `again` while there are fewer than two notes of the turn.
fn chat() -> Graph<Log> {
    StateGraph::<Log>::new("chat")
        .add_node("a", |state: Arc<Log>, _: Cx| async move { Ok(log(&format!("re {}", state.text))) })
        .add_node("b", Say("b"))
        .add_node("ask", |_: Arc<Log>, cx: Cx| async move {
            let ok: bool = cx.ask("ok", &1).await?;
            Ok(log(&ok.to_string()))
        })
        .add_conditional_edges(START, |state: &Log| state.text == "?", [(false, "a"), (true, "ask")])
        .add_edge("a", "b")
        .add_edge("b", END)
        .add_edge("ask", END)
        .compile()
        .unwrap()
}

fn turn(text: &str) -> Input<Log> {
    Input::turn(Log::update().text(text).log(vec![format!("turn {text}")]))
}

#[tokio::test]
async fn a_turn_begins_a_thread_or_goes_on_with_its_state_and_leaves_what_was_due() {
    for place in places() {
        let config = RunConfig::thread("t");
        let state = done(place.app(&chat()).invoke(turn("1"), &config).await.unwrap());
        assert_eq!(state.log, ["turn 1", "re 1", "b"]);
        // The second turn is stopped half-way, the third asks, and the fourth does neither mind.
        let limited = config.clone().with_step_limit(1);
        assert!(matches!(place.app(&chat()).invoke(turn("2"), &limited).await, Ok(Ending::StepLimit(_))));
        let question = asked(place.app(&chat()).invoke(turn("?"), &config).await.unwrap()).remove(0);
        let state = done(place.app(&chat()).invoke(turn("4"), &config).await.unwrap());
        assert_eq!(state.log[3..], ["turn 2", "re 2", "turn ?", "turn 4", "re 4", "b"]);
        let stale = place.app(&chat()).resume(&config, question.answer(&true).unwrap()).await.unwrap_err();
        assert!(matches!(stale, GraphError::Run(_)), "{stale}");
        let thread = place.app(&chat()).get_state(&config).await.unwrap().unwrap();
        assert_eq!((thread.state.as_ref(), thread.finished), (&state, true));
    }
}

#[tokio::test]
async fn a_turn_of_a_thread_whose_due_node_is_gone_goes_on() {
    for place in places() {
        let config = RunConfig::thread("t");
        let limited = config.clone().with_step_limit(1);
        place.app(&chat()).invoke(turn("1"), &limited).await.unwrap();
        let without_b = StateGraph::<Log>::new("chat")
            .add_node("a", Say("a"))
            .add_edge(START, "a")
            .add_edge("a", END)
            .compile()
            .unwrap();
        let app = place.app(&without_b);
        let changed = app.invoke(Input::Continue, &config).await.unwrap_err();
        assert!(matches!(changed, GraphError::GraphChanged { .. }), "{changed}");
        assert_eq!(
            done(app.invoke(turn("2"), &config).await.unwrap()).log,
            ["turn 1", "re 1", "turn 2", "a"]
        );
    }
}

#[tokio::test]
async fn draining_ends_every_call_at_its_next_boundary_and_another_app_goes_on() {
    for place in places() {
        let (slot, trace) = (Arc::new(Mutex::new(None::<ae_langflow::App<Log>>)), Trace::default());
        let (inside, seen) = (Arc::clone(&slot), trace.clone());
        let graph = StateGraph::<Log>::new("g")
            .add_node("a", move |_: Arc<Log>, cx: Cx| {
                if let Some(app) = &*inside.lock().unwrap() {
                    app.drain();
                }
                seen.add(format!("cancelled: {}", cx.is_cancelled()));
                async { Ok(log("a")) }
            })
            .add_node("b", Say("b"))
            .add_edge(START, "a")
            .add_edge("a", "b")
            .add_edge("b", END)
            .compile()
            .unwrap();
        let app = place.app(&graph);
        *slot.lock().unwrap() = Some(app.clone());
        let config = RunConfig::thread("t");
        let ending = app.invoke(Input::start(Log::update()), &config).await.unwrap();
        assert!(matches!(ending, Ending::Drained(state) if state.log == ["a"]));
        assert_eq!(trace.take(), ["cancelled: false"], "nodes under way are not stopped");
        assert!(app.is_draining() && app.clone().is_draining());
        let ending = app.invoke(Input::Continue, &config).await.unwrap();
        assert!(matches!(ending, Ending::Drained(state) if state.log == ["a"]));
        slot.lock().unwrap().take();
        assert_eq!(done(place.app(&graph).invoke(Input::Continue, &config).await.unwrap()).log, names("a b"));
        // What has ended has ended, also for one that drains.
        assert!(matches!(app.invoke(Input::Continue, &config).await.unwrap(), Ending::Done(_)));
    }
}
