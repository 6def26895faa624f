//! Custom events of tries that came to nothing.

use std::{sync::Arc, time::Duration};

use ae_core::{RetryPolicy, Runtime, Timestamp};
use ae_langflow::{App, Cx, END, Event, Input, Modes, Node, RunConfig, START, StateGraph, Stop, node};

use crate::{
    engine::Say,
    support::{Log, Switch, log, stored},
};

/// The custom events of a call and those that void them, and whether it ended well.
async fn custom(app: &App<Log>, input: Input<Log>) -> (Vec<String>, bool) {
    let mut stream = app.stream(input, &RunConfig::thread("t"), Modes::CUSTOM);
    let (mut seen, mut well) = (Vec::new(), true);
    while let Some(event) = stream.next().await {
        match event {
            Ok(Event::Custom { task, event, .. }) => seen.push(format!("{task} {}", event.as_str().unwrap())),
            Ok(Event::Voided { task, .. }) => seen.push(format!("void {task}")),
            Ok(_) => {}
            Err(_) => well = false,
        }
    }
    (seen, well)
}

fn app(a: impl Node<Log>) -> App<Log> {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", a)
        .add_node("b", Say("b"))
        .add_node("mend", Say("mend"))
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_goto("b", ["mend"])
        .add_edge("a", END)
        .add_edge("b", END)
        .add_edge("mend", END)
        .compile()
        .unwrap();
    stored(&graph).with_runtime(Runtime::manual(Timestamp::UNIX_EPOCH, 1))
}

fn start() -> Input<Log> {
    Input::start(Log::update())
}

#[tokio::test]
async fn the_events_of_a_failed_try_are_void_and_those_of_the_next_one_count() {
    let fails = |_: Arc<Log>, cx: Cx| async move {
        cx.emit("one").await?;
        if cx.attempt() < 3 {
            return Err(Stop::failed("broken"));
        }
        cx.emit("two").await?;
        Ok(log("a"))
    };
    let ended = custom(&app(node(fails).with_retry(RetryPolicy::new(3))), start()).await;
    let expected = ["a one", "void a", "a one", "void a", "a one", "a two"];
    assert_eq!(ended, (expected.map(str::to_owned).to_vec(), true));
    // The last try as well, whether or not another node takes over.
    let (seen, well) = custom(&app(node(fails).with_error_handler("mend")), start()).await;
    assert_eq!((seen.as_slice(), well), (&["a one", "void a"].map(str::to_owned)[..], true));
    let (seen, well) = custom(&app(fails), start()).await;
    assert_eq!((seen.as_slice(), well), (&["a one", "void a"].map(str::to_owned)[..], false));
}

#[tokio::test]
async fn so_are_those_of_a_try_that_took_too_long_or_panicked_and_silence_voids_nothing() {
    let stuck = |_: Arc<Log>, cx: Cx| async move {
        cx.emit("one").await?;
        if cx.attempt() == 1 {
            std::future::pending::<()>().await;
        }
        Ok(log("a"))
    };
    let limited = node(stuck).with_retry(RetryPolicy::new(2)).with_timeout(Duration::from_secs(9));
    assert_eq!(custom(&app(limited), start()).await.0, ["a one", "void a", "a one"]);
    let panics = |_: Arc<Log>, cx: Cx| async move {
        cx.emit("one").await?;
        assert!(cx.attempt() > 1, "broken");
        Ok(log("a"))
    };
    let ended = custom(&app(node(panics).with_retry(RetryPolicy::new(2))), start()).await;
    assert_eq!(ended.0, ["a one", "void a", "a one"]);
    let silent = |_: Arc<Log>, _: Cx| async { Err::<ae_langflow::Step<Log>, _>(Stop::failed("broken")) };
    assert!(custom(&app(silent), start()).await.0.is_empty());
}

#[tokio::test]
async fn a_task_that_runs_again_after_a_question_or_in_a_later_call_begins_its_events_again() {
    let works = Switch::new(false);
    let is_on = works.clone();
    let a = app(move |_: Arc<Log>, cx: Cx| {
        let works = is_on.is_on();
        async move {
            cx.emit("one").await?;
            let name: String = cx.ask("who", &1).await?;
            cx.emit(&name).await?;
            if works { Ok(log("a")) } else { Err(Stop::failed("broken")) }
        }
    });
    assert_eq!(custom(&a, start()).await.0, ["a one"]);
    let answer = ae_langflow::Answer::new("who", "Ada").unwrap();
    let ended = custom(&a, Input::resume(vec![answer])).await.0;
    assert_eq!(ended, ["void a", "a one", "a Ada", "void a"]);
    works.set(true);
    assert_eq!(custom(&a, Input::Continue).await.0, ["void a", "a one", "a Ada"]);
}
