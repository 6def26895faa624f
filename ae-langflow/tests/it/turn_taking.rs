//! Many callers on one thread: each turn is taken once, in the order in which it was accepted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ae_core::{Runtime, Timestamp};
use ae_langflow::{
    App, Cancel, Cause, Cx, END, Ending, Graph, GraphError, Input, RunConfig, START, StateGraph, Stop,
    WhenBusy,
};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    support::{Log, Switch, Trace, again, asked, done, log, names, places},
    timer::{Timer, settle},
};

/// `reply` answers the message in `text`, `tool` works next to it.
fn chat(trace: &Trace, broken: &Switch) -> Graph<Log> {
    let (replies, tools, broken) = (trace.clone(), trace.clone(), broken.clone());
    StateGraph::<Log>::new("chat")
        .add_node("reply", move |state: Arc<Log>, _: Cx| {
            replies.add(format!("reply {}", state.text));
            let broken = broken.is_on();
            async move {
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
                if broken { Err(Stop::failed("broken")) } else { Ok(log(&format!("re {}", state.text))) }
            }
        })
        .add_node("tool", move |state: Arc<Log>, _: Cx| {
            tools.add(format!("tool {}", state.text));
            async move { Ok(log(&format!("tool {}", state.text))) }
        })
        .add_edge(START, "reply")
        .add_edge(START, "tool")
        .add_edge("reply", END)
        .add_edge("tool", END)
        .compile()
        .unwrap()
}

fn said(text: &str) -> <Log as ae_langflow::State>::Update {
    Log::update().text(text).log(vec![text.to_owned()])
}

fn once(text: &str) -> Input<Log> {
    Input::turn_once(text, said(text))
}

/// The messages in the state, without what nodes wrote.
fn messages(state: &Log) -> Vec<String> {
    state.log.iter().filter(|entry| !entry.contains(' ')).cloned().collect()
}

async fn read(app: &App<Log>) -> Log {
    Arc::unwrap_or_clone(app.get_state(&RunConfig::thread("t")).await.unwrap().unwrap().state)
}

#[tokio::test]
async fn a_turn_that_is_sent_again_is_not_taken_again_and_ends_as_the_first_one_would() {
    let (trace, broken, config) = (Trace::default(), Switch::new(false), RunConfig::thread("t"));
    let graph = chat(&trace, &broken);
    for place in places() {
        let first = done(place.app(&graph).invoke(once("1"), &config).await.unwrap());
        assert_eq!(first.log, ["1", "re 1", "tool 1"]);
        trace.take();
        assert_eq!(done(place.app(&graph).invoke(once("1"), &config).await.unwrap()), first);
        assert!(trace.take().is_empty(), "nothing runs");

        broken.set(true);
        let error = place.app(&graph).invoke(once("2"), &config).await.unwrap_err();
        assert_eq!(error.input_stored(), Some(true), "{error}");
        broken.set(false);
        trace.take();
        let second = done(place.app(&graph).invoke(once("2"), &config).await.unwrap());
        assert_eq!(second.log[3..], ["2", "re 2", "tool 2"]);
        assert_eq!(trace.take(), ["reply 2"], "what had finished is not repeated");

        // Without an id each call is a turn.
        for _ in 0..2 {
            place.app(&graph).invoke(Input::turn(said("x")), &config).await.unwrap();
        }
        assert_eq!(messages(&read(&place.app(&graph)).await), ["1", "2", "x", "x"]);
        // The last 128 are remembered.
        for number in 3..=129 {
            place.app(&graph).invoke(once(&number.to_string()), &config).await.unwrap();
        }
        let before = read(&place.app(&graph)).await;
        place.app(&graph).invoke(once("2"), &config).await.unwrap();
        assert_eq!(read(&place.app(&graph)).await, before);
        place.app(&graph).invoke(once("1"), &config).await.unwrap();
        assert_eq!(messages(&read(&place.app(&graph)).await).last().unwrap(), "1");
    }
}

/// Sends a turn until it ends.
async fn insist(app: &App<Log>, text: &str) -> usize {
    for tries in 1.. {
        match app.invoke(once(text), &RunConfig::thread("t")).await {
            Ok(Ending::Done(_)) => return tries,
            Err(GraphError::Node { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    0
}

#[tokio::test]
async fn of_64_callers_who_try_again_each_message_is_taken_once_in_the_order_of_the_calls() {
    let tries = Arc::new(AtomicU64::new(0));
    let failing = Arc::clone(&tries);
    let graph = StateGraph::<Log>::new("chat")
        .add_node("reply", move |state: Arc<Log>, _: Cx| {
            // Every third run fails, whichever call's it is.
            let fails = failing.fetch_add(1, Ordering::SeqCst) % 3 == 2;
            async move {
                tokio::task::yield_now().await;
                if fails { Err(Stop::failed("broken")) } else { Ok(log(&format!("re {}", state.text))) }
            }
        })
        .add_edge(START, "reply")
        .add_edge("reply", END)
        .compile()
        .unwrap();
    for place in places() {
        let app = place.app(&graph);
        let calls: Vec<JoinHandle<usize>> = (0..64)
            .map(|number| {
                let app = app.clone();
                tokio::spawn(async move { insist(&app, &number.to_string()).await })
            })
            .collect();
        let mut tries = 0;
        for call in calls {
            tries += call.await.unwrap();
        }
        assert!(tries > 64, "some failed at first");
        let state = read(&place.app(&graph)).await;
        assert_eq!(messages(&state), (0..64).map(|number| number.to_string()).collect::<Vec<_>>());
    }
}

/// A graph whose node waits until it is let, while `stuck` is on.
fn waiting(gate: &Arc<Notify>, stuck: &Switch, trace: &Trace) -> Graph<Log> {
    let (gate, stuck, trace) = (Arc::clone(gate), stuck.clone(), trace.clone());
    StateGraph::<Log>::new("waiting")
        .add_node("reply", move |state: Arc<Log>, _: Cx| {
            trace.add(format!("reply {}", state.text));
            let gate = stuck.is_on().then(|| Arc::clone(&gate));
            async move {
                if let Some(gate) = gate {
                    gate.notified().await;
                }
                Ok(log(&format!("re {}", state.text)))
            }
        })
        .add_node("tool", |state: Arc<Log>, _: Cx| async move { Ok(log(&format!("tool {}", state.text))) })
        .add_edge(START, "reply")
        .add_edge(START, "tool")
        .add_edge("reply", END)
        .add_edge("tool", END)
        .compile()
        .unwrap()
}

fn call(app: &App<Log>, input: Input<Log>, config: RunConfig) -> JoinHandle<Result<Ending<Log>, GraphError>> {
    let app = app.clone();
    tokio::spawn(async move { app.invoke(input, &config).await })
}

#[tokio::test]
async fn a_turn_waits_for_the_runner_of_another_process() {
    let (gate, stuck, trace, timer) = (Arc::default(), Switch::new(true), Trace::default(), Timer::default());
    let graph = waiting(&gate, &stuck, &trace);
    for place in places() {
        stuck.set(true);
        let (one, two) = (place.app(&graph), place.app(&graph).with_runtime(timer.runtime()));
        let first = call(&one, once("1"), RunConfig::thread("t"));
        settle().await;
        stuck.set(false);
        let second = call(&two, once("2"), RunConfig::thread("t"));
        for _ in 0..5 {
            settle().await;
            timer.pass(Duration::from_secs(1));
        }
        settle().await;
        assert_eq!(messages(&read(&one).await), ["1"], "it waits");
        gate.notify_one();
        done(first.await.unwrap().unwrap());
        settle().await;
        timer.pass(Duration::from_secs(1));
        let state = done(second.await.unwrap().unwrap());
        assert_eq!(state.log, ["1", "re 1", "tool 1", "2", "re 2", "tool 2"]);
    }
}

#[tokio::test]
async fn a_silent_runner_is_taken_for_dead_its_work_is_done_first_and_it_may_try_again() {
    let (gate, stuck, trace) = (Arc::default(), Switch::new(true), Trace::default());
    let graph = waiting(&gate, &stuck, &trace);
    for place in places() {
        stuck.set(true);
        let one = place.app(&graph);
        let first = call(&one, once("1"), RunConfig::thread("t"));
        settle().await;
        stuck.set(false);
        // Pauses pass at once here.
        let two = place.app(&graph).with_runtime(Runtime::manual(Timestamp::UNIX_EPOCH, 2));
        let state = done(two.invoke(once("2"), &RunConfig::thread("t")).await.unwrap());
        assert_eq!(state.log, ["1", "re 1", "tool 1", "2", "re 2", "tool 2"]);
        gate.notify_one();
        let error = first.await.unwrap().unwrap_err();
        assert!(matches!(error, GraphError::Conflict { stored: true, .. }), "{error}");
        let again = done(one.invoke(once("1"), &RunConfig::thread("t")).await.unwrap());
        assert_eq!(again, state, "it is taken already");
    }
}

#[tokio::test]
async fn a_turn_that_does_not_wait_is_refused_and_changes_nothing() {
    let (gate, stuck, trace) = (Arc::default(), Switch::new(true), Trace::default());
    let graph = waiting(&gate, &stuck, &trace);
    for place in places() {
        let one = place.app(&graph);
        let first = call(&one, once("1"), RunConfig::thread("t"));
        settle().await;
        let config = RunConfig::thread("t").with_when_busy(WhenBusy::Reject);
        for app in [&one, &place.app(&graph)] {
            let error = app.invoke(once("2"), &config).await.unwrap_err();
            assert!(matches!(error, GraphError::Busy { stored: false, .. }), "{error}");
            assert_eq!(error.input_stored(), Some(false));
        }
        // One that waits can be stopped.
        let cancel = Cancel::new();
        let waits = call(&one, once("3"), RunConfig::thread("t").with_cancel(cancel.clone()));
        settle().await;
        cancel.cancel();
        let error = waits.await.unwrap().unwrap_err();
        assert!(matches!(error, GraphError::Busy { stored: false, .. }), "{error}");
        gate.notify_one();
        assert_eq!(messages(&done(first.await.unwrap().unwrap())), ["1"]);
        gate.notify_one();
        done(one.invoke(once("2"), &config).await.unwrap());
    }
}

#[tokio::test]
async fn an_interrupt_stops_the_call_at_work_and_keeps_its_message_and_what_had_finished() {
    let (gate, stuck, trace) = (Arc::default(), Switch::new(true), Trace::default());
    let graph = waiting(&gate, &stuck, &trace);
    for place in places() {
        for here in [true, false] {
            let thread = format!("here: {here}");
            stuck.set(true);
            let one = place.app(&graph);
            let first = call(&one, once("1"), RunConfig::thread(&*thread));
            settle().await;
            stuck.set(false);
            let other = if here { one.clone() } else { place.app(&graph) };
            let config = RunConfig::thread(&*thread).with_when_busy(WhenBusy::Interrupt);
            let state = done(other.invoke(once("2"), &config).await.unwrap());
            assert_eq!(state.log, ["1", "tool 1", "2", "re 2", "tool 2"]);
            if !here {
                gate.notify_one();
            }
            let error = first.await.unwrap().unwrap_err();
            assert!(matches!(error, GraphError::Conflict { stored: true, .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn a_roll_back_restores_the_state_before_the_turn_and_deletes_no_history() {
    let (gate, stuck, trace) = (Arc::default(), Switch::new(false), Trace::default());
    let graph = waiting(&gate, &stuck, &trace);
    for place in places() {
        for begun in [false, true] {
            let thread = format!("begun: {begun}");
            let config = RunConfig::thread(&*thread);
            let one = place.app(&graph);
            let mut before = Vec::new();
            if begun {
                before = done(one.invoke(once("0"), &config).await.unwrap()).log;
            }
            stuck.set(true);
            let first = call(&one, once("1"), config.clone());
            settle().await;
            stuck.set(false);
            let rolls = config.clone().with_when_busy(WhenBusy::RollBack);
            let state = done(one.invoke(once("2"), &rolls).await.unwrap());
            before.extend(["2", "re 2", "tool 2"].map(str::to_owned));
            assert_eq!(state.log, before);
            first.await.unwrap().unwrap_err();
            // As another process reads it.
            let other = place.app(&graph);
            let history = other.history(&config, 99).await.unwrap();
            assert_eq!(*other.get_state(&config).await.unwrap().unwrap().state, state);
            let to = if begun { 2 } else { 0 };
            assert_eq!(history[1].cause, Cause::RolledBack { to });
            let mut was_there = false;
            for point in &history {
                let thread = other.get_state(&config.at(point.seq)).await.unwrap().unwrap();
                was_there |= thread.state.text == "1";
            }
            assert!(was_there, "what was is still there");
            assert!(history.windows(2).all(|pair| pair[0].seq == pair[1].seq + 1));
            let again = done(place.app(&graph).invoke(once("1"), &config).await.unwrap());
            assert_eq!(again, state, "it was taken back on purpose");
        }
    }
}

#[tokio::test]
async fn a_call_that_ended_or_was_dropped_is_not_waited_for() {
    let (gate, stuck, trace) = (Arc::default(), Switch::new(true), Trace::default());
    let graph = waiting(&gate, &stuck, &trace);
    for place in places() {
        stuck.set(true);
        let one = place.app(&graph).with_runtime(Timer::default().runtime());
        let first = call(&one, once("1"), RunConfig::thread("t"));
        settle().await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        stuck.set(false);
        let state = done(one.invoke(once("2"), &RunConfig::thread("t")).await.unwrap());
        assert_eq!(state.log, ["1", "tool 1", "2", "re 2", "tool 2"]);
        // One that ended shows in every process.
        let limited = RunConfig::thread("t").with_step_limit(0);
        assert!(matches!(one.invoke(once("3"), &limited).await.unwrap(), Ending::StepLimit(_)));
        let two = place.app(&graph).with_runtime(Timer::default().runtime());
        let state = done(two.invoke(once("4"), &RunConfig::thread("t")).await.unwrap());
        assert_eq!(state.log[5..], ["3", "4", "re 4", "tool 4"]);
    }
}

#[tokio::test]
async fn of_two_answers_at_once_the_second_waits_and_the_work_of_the_first_is_kept() {
    let (gate, trace) = (Arc::new(Notify::new()), Trace::default());
    let (opens, seen) = (Arc::clone(&gate), trace.clone());
    let ask = move |_: Arc<Log>, cx: Cx| {
        let (gate, trace) = (Arc::clone(&opens), seen.clone());
        async move {
            let answer: String = cx.ask(cx.node(), &"?").await?;
            trace.add(format!("{} works", cx.node()));
            if cx.node() == "a" {
                gate.notified().await;
            }
            Ok::<_, Stop>(log(&answer))
        }
    };
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", ask.clone())
        .add_node("b", ask)
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("a", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    for place in places() {
        for here in [true, false] {
            let timer = Timer::default();
            let config = RunConfig::thread(format!("here: {here}"));
            let one = place.app(&graph);
            let questions = asked(one.invoke(Input::start(Log::update()), &config).await.unwrap());
            let answers: Vec<_> = questions
                .iter()
                .map(|q| Input::resume(vec![q.answer(&format!("to {}", q.id)).unwrap()]))
                .collect();
            let first = call(&one, answers[0].clone(), config.clone());
            settle().await;
            let other = if here { one.clone() } else { place.app(&graph).with_runtime(timer.runtime()) };
            let second = call(&other, answers[1].clone(), config.clone());
            let third = call(&other, answers[0].clone(), config.clone());
            settle().await;
            assert_eq!(trace.take(), ["a works"]);
            gate.notify_one();
            first.await.unwrap().unwrap();
            for _ in 0..20 {
                settle().await;
                timer.pass(Duration::from_secs(1));
            }
            assert_eq!(done(second.await.unwrap().unwrap()).log, ["to a", "to b"]);
            assert_eq!(trace.take(), ["b works"], "what the first answer led to is not repeated");
            let error = third.await.unwrap().unwrap_err();
            assert_eq!(error.input_stored(), Some(false), "{error}");
        }
    }
}

#[tokio::test]
async fn what_finished_before_a_cancel_is_part_of_the_state_and_of_the_next_turn() {
    let trace = Trace::default();
    let seen = trace.clone();
    let graph = StateGraph::<Log>::new("tools")
        .add_node("fast", move |state: Arc<Log>, _: Cx| {
            seen.add(format!("fast {}", state.text));
            async move { Ok(log(&format!("fast {}", state.text))) }
        })
        .add_node("slow", |state: Arc<Log>, cx: Cx| async move {
            if state.text == "1" {
                tokio::task::yield_now().await;
                cx.cancel().cancel();
                return Err(Stop::failed("stopped"));
            }
            Ok(log(&format!("slow {}", state.text)))
        })
        .add_node("after", |_: Arc<Log>, _: Cx| async { Ok(log("after both")) })
        .add_edge(START, "fast")
        .add_edge(START, "slow")
        .add_edge(["fast", "slow"], "after")
        .add_edge("after", END)
        .compile()
        .unwrap();
    for place in places() {
        let config = RunConfig::thread("t");
        let ending = place.app(&graph).invoke(Input::turn(said("1")), &config).await.unwrap();
        assert!(matches!(ending, Ending::Cancelled(state) if state.log == ["1", "fast 1"]));
        let there = place.app(&graph).get_state(&config).await.unwrap().unwrap();
        assert_eq!(
            (&there.state.log, there.step, there.next),
            (&vec!["1".to_owned(), "fast 1".to_owned()], 0, names("slow"))
        );
        trace.take();
        // Going on is as if there had been no cancel.
        let ending = place.app(&graph).invoke(Input::Continue, &RunConfig::thread("t")).await.unwrap();
        assert!(matches!(ending, Ending::Cancelled(state) if state.log == ["1", "fast 1"]));
        assert!(trace.take().is_empty());
        let state =
            done(place.app(&graph).invoke(Input::turn(said("2")), &RunConfig::thread("t")).await.unwrap());
        assert_eq!(state.log, ["1", "fast 1", "2", "fast 2", "slow 2", "after both"]);
        assert_eq!(trace.take(), ["fast 2"]);
    }
}

#[tokio::test]
async fn a_turn_on_a_thread_that_was_never_run_here_takes_it_as_it_is() {
    let graph = chat(&Trace::default(), &Switch::new(false));
    let store = Arc::default();
    let app = again(&graph, &store).with_runtime(Timer::default().runtime());
    let limited = RunConfig::thread("t").with_step_limit(0);
    app.invoke(once("1"), &limited).await.unwrap();
    app.fork(&RunConfig::thread("t"), "fork").await.unwrap();
    let state = done(app.invoke(once("2"), &RunConfig::thread("fork")).await.unwrap());
    assert_eq!(messages(&state), ["1", "2"]);
}
