//! The events of a call, as a stream.

use std::sync::Arc;

use ae_core::{ManualClock, ManualSleeper, RetryPolicy, Runtime, SeededIds, Timestamp};
use ae_langflow::{
    App, Cx, END, Ending, Event, Graph, GraphError, GraphStream, Input, Modes, RunConfig, START, StateGraph,
    Stop, node,
};

use crate::{
    engine::Say,
    support::{Log, Switch, Trace, again, done, log, names, stored},
};

/// `a`, then `b` and `c` side by side, then `d`; each tells its name.
fn diamond() -> Graph<Log> {
    let tell = |name: &'static str, yields: usize| {
        move |_: Arc<Log>, cx: Cx| async move {
            for _ in 0..yields {
                tokio::task::yield_now().await;
            }
            cx.emit(name).await?;
            Ok(log(name))
        }
    };
    StateGraph::<Log>::new("g")
        .add_node("a", tell("a", 0))
        .add_node("b", tell("b", 2))
        .add_node("c", tell("c", 0))
        .add_node("d", Say("d"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge(["b", "c"], "d")
        .add_edge("d", END)
        .compile()
        .unwrap()
}

fn line(event: &Event<Log>) -> String {
    match event {
        Event::Values { step, state } => format!("values {step} {}", state.log.join(",")),
        Event::Update { step, task, update } => {
            format!("update {step} {task} {:?}", update.log.as_ref().unwrap())
        }
        Event::Custom { step, task, event } => format!("custom {step} {task} {event}"),
        Event::Voided { step, task } => format!("void {step} {task}"),
        Event::LeftOut { joins } => format!("left out {joins:?}"),
        Event::TaskStarted { step, task } => format!("+{task} {step}"),
        Event::TaskEnded { step, task } => format!("-{task} {step}"),
        Event::TaskFailed { step, task, attempt, message, repeated } => {
            let again = if *repeated { ", again" } else { "" };
            format!("!{task} {step} {attempt} {message}{again}")
        }
        Event::Checkpoint { seq, step } => format!("checkpoint {seq} {step}"),
        Event::Ended(Ending::Done(_)) => "done".to_owned(),
        Event::Ended(Ending::Asked { .. }) => "asked".to_owned(),
        other => format!("{other:?}"),
    }
}

async fn lines(stream: &mut GraphStream<Log>) -> (Vec<String>, Option<GraphError>) {
    let mut lines = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => lines.push(line(&event)),
            Err(error) => {
                assert!(stream.next().await.is_none(), "an error comes last");
                return (lines, Some(error));
            }
        }
    }
    assert!(stream.next().await.is_none());
    (lines, None)
}

async fn all(app: &App<Log>, modes: Modes) -> Vec<String> {
    let mut stream = app.stream(Input::start(Log::update()), &RunConfig::thread("t"), modes);
    let (lines, error) = lines(&mut stream).await;
    assert!(error.is_none(), "{error:?}");
    lines
}

#[tokio::test]
async fn each_mode_has_its_events_in_order_and_the_ending_comes_last() {
    let values = ["values 0 ", "values 1 a", "values 2 a,b,c", "values 3 a,b,c,d", "done"];
    let updates =
        ["update 1 a [\"a\"]", "update 2 c [\"c\"]", "update 2 b [\"b\"]", "update 3 d [\"d\"]", "done"];
    let custom = ["custom 1 a \"a\"", "custom 2 c \"c\"", "custom 2 b \"b\"", "done"];
    let tasks = ["+a 1", "-a 1", "+b 2", "+c 2", "-c 2", "-b 2", "+d 3", "-d 3", "done"];
    let checkpoints = ["checkpoint 1 0", "checkpoint 2 1", "checkpoint 3 2", "checkpoint 4 3", "done"];
    for (modes, expected) in [
        (Modes::VALUES, &values[..]),
        (Modes::UPDATES, &updates),
        (Modes::CUSTOM, &custom),
        (Modes::TASKS, &tasks),
        (Modes::CHECKPOINTS, &checkpoints),
    ] {
        assert_eq!(all(&stored(&diamond()), modes).await, expected);
    }
    // Together they are the same events, and each mode alone is a part of it.
    let together = all(&stored(&diamond()), Modes::ALL).await;
    for expected in [&values[..], &updates, &custom, &tasks, &checkpoints] {
        let part: Vec<_> = together.iter().filter(|line| expected.contains(&line.as_str())).collect();
        assert_eq!(part, expected.iter().collect::<Vec<_>>());
    }
    assert_eq!(together.len(), 4 + 4 + 3 + 8 + 4 + 1);
    let two = all(&stored(&diamond()), Modes::VALUES | Modes::CUSTOM).await;
    assert_eq!(two.len(), 4 + 3 + 1);
    assert!(all(&diamond().without_store(), Modes::CHECKPOINTS).await == ["done"], "nothing is stored");
}

#[tokio::test]
async fn a_question_ends_the_stream_and_the_next_one_has_only_what_is_new() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("q", |_: Arc<Log>, cx: Cx| async move {
            let ok: bool = cx.ask("ok", &1).await?;
            Ok(log(&ok.to_string()))
        })
        .add_edge(START, "a")
        .add_edge("a", "q")
        .add_edge("q", END)
        .compile()
        .unwrap();
    let app = stored(&graph);
    assert_eq!(
        all(&app, Modes::VALUES | Modes::TASKS).await,
        ["values 0 ", "+a 1", "-a 1", "values 1 a", "+q 2", "-q 2", "asked"]
    );
    let answer = ae_langflow::Answer::new("ok", &true).unwrap();
    let mut stream = app.stream(Input::resume(vec![answer]), &RunConfig::thread("t"), Modes::ALL);
    assert_eq!(
        lines(&mut stream).await.0,
        ["void 2 q", "+q 2", "update 2 q [\"true\"]", "-q 2", "checkpoint 5 2", "values 2 a,true", "done"]
    );
}

#[tokio::test]
async fn every_failed_try_is_an_event_and_the_error_comes_last() {
    let graph = StateGraph::<Log>::new("g")
        .add_node(
            "a",
            node(|_: Arc<Log>, _: Cx| async { Err::<ae_langflow::Step<Log>, _>(Stop::failed("broken")) })
                .with_retry(RetryPolicy::new(3)),
        )
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap();
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let runtime = Runtime::new(clock.clone(), ManualSleeper::new(clock), SeededIds::new(1));
    let app = stored(&graph).with_runtime(runtime);
    let mut stream = app.stream(Input::start(Log::update()), &RunConfig::thread("t"), Modes::TASKS);
    let (lines, error) = lines(&mut stream).await;
    assert_eq!(lines, ["+a 1", "!a 1 1 broken, again", "!a 1 2 broken, again", "!a 1 3 broken"]);
    assert!(matches!(error, Some(GraphError::Node { attempt: 3, .. })), "{error:?}");
    let mut past = app.stream(Input::Continue, &RunConfig::thread("none"), Modes::ALL);
    assert!(matches!(past.next().await, Some(Err(GraphError::ThreadNotFound { .. }))));
}

#[tokio::test]
async fn dropping_it_stops_at_the_last_commit_and_the_thread_goes_on_later() {
    let store = Arc::new(ae_langflow::MemoryCheckpointer::new());
    let config = RunConfig::thread("t");
    let mut stream = again(&diamond(), &store).stream(Input::start(Log::update()), &config, Modes::VALUES);
    for expected in ["values 0 ", "values 1 a"] {
        assert_eq!(line(&stream.next().await.unwrap().unwrap()), expected);
    }
    drop(stream);
    let app = again(&diamond(), &store);
    assert_eq!(
        app.get_state(&config).await.unwrap().unwrap().step,
        1,
        "no superstep runs ahead of the reader"
    );
    assert_eq!(done(app.invoke(Input::Continue, &config).await.unwrap()).log, names("a b c d"));
}

#[tokio::test]
async fn a_reader_that_cancels_sees_no_further_superstep() {
    let cancel = ae_langflow::Cancel::new();
    let config = RunConfig::thread("t").with_cancel(cancel.clone());
    let mut stream = stored(&diamond()).stream(Input::start(Log::update()), &config, Modes::VALUES);
    stream.next().await.unwrap().unwrap();
    cancel.cancel();
    let Some(Ok(Event::Ended(Ending::Cancelled(state)))) = stream.next().await else { panic!() };
    assert!(state.log.is_empty());
}

#[tokio::test]
async fn a_node_waits_while_too_much_is_unread_here_and_in_a_task_of_its_own() {
    for spawned in [false, true] {
        let (trace, read) = (Trace::default(), Switch::new(false));
        let (seen, is_read) = (trace.clone(), read.clone());
        let graph = StateGraph::<Log>::new("g")
            .add_node("a", move |_: Arc<Log>, cx: Cx| {
                let (trace, read) = (seen.clone(), is_read.clone());
                let work = async move {
                    for number in 0..200 {
                        cx.emit(&number).await.map_err(|_| "emit")?;
                        if !read.is_on() {
                            trace.add("ahead");
                        }
                    }
                    Ok::<_, &str>(())
                };
                async move {
                    if spawned {
                        tokio::spawn(work).await.unwrap().map_err(Stop::failed)?;
                    } else {
                        work.await.map_err(Stop::failed)?;
                    }
                    Ok(log("a"))
                }
            })
            .add_edge(START, "a")
            .add_edge("a", END)
            .compile()
            .unwrap();
        let mut stream =
            stored(&graph).stream(Input::start(Log::update()), &RunConfig::thread("t"), Modes::CUSTOM);
        let first = line(&stream.next().await.unwrap().unwrap());
        assert_eq!(first, "custom 1 a 0");
        crate::timer::settle().await;
        assert!(trace.take().len() <= 64, "spawned: {spawned}");
        read.set(true);
        let (rest, error) = lines(&mut stream).await;
        assert!(error.is_none());
        let expected = (1..200).map(|number| format!("custom 1 a {number}")).chain(["done".to_owned()]);
        assert_eq!(rest, expected.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_task_that_outlives_the_stream_does_not_wait_for_its_reader() {
    let (ended, trace) = (Arc::new(tokio::sync::Notify::new()), Trace::default());
    let (end, seen) = (Arc::clone(&ended), trace.clone());
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", move |_: Arc<Log>, cx: Cx| {
            let (end, trace) = (Arc::clone(&end), seen.clone());
            tokio::spawn(async move {
                for number in 0..200 {
                    cx.emit(&number).await.unwrap();
                }
                trace.add("emitted");
                end.notify_one();
            });
            std::future::pending::<Result<ae_langflow::Step<Log>, Stop>>()
        })
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap();
    let mut stream =
        stored(&graph).stream(Input::start(Log::update()), &RunConfig::thread("t"), Modes::CUSTOM);
    stream.next().await.unwrap().unwrap();
    crate::timer::settle().await;
    assert!(trace.take().is_empty(), "it waits for the reader");
    drop(stream);
    ended.notified().await;
    assert_eq!(trace.take(), ["emitted"]);
}

#[tokio::test]
async fn nothing_comes_after_the_end() {
    for fails in [false, true] {
        let late = Arc::new(tokio::sync::Notify::new());
        let (wait, told) = (Arc::clone(&late), Arc::new(tokio::sync::Notify::new()));
        let tell = Arc::clone(&told);
        let graph = StateGraph::<Log>::new("g")
            .add_node("a", move |_: Arc<Log>, cx: Cx| {
                let (wait, tell) = (Arc::clone(&wait), Arc::clone(&tell));
                tokio::spawn(async move {
                    wait.notified().await;
                    cx.emit("late").await.unwrap();
                    tell.notify_one();
                });
                async move { if fails { Err(Stop::failed("broken")) } else { Ok(log("a")) } }
            })
            .add_edge(START, "a")
            .add_edge("a", END)
            .compile()
            .unwrap();
        let mut stream =
            stored(&graph).stream(Input::start(Log::update()), &RunConfig::thread("t"), Modes::CUSTOM);
        assert_eq!(stream.next().await.unwrap().is_err(), fails);
        late.notify_one();
        told.notified().await;
        assert!(stream.next().await.is_none());
    }
}
