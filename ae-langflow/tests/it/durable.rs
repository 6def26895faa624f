//! Crashes, failures, races, changed programs, cancellation.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use ae_langflow::{
    Checkpointer, Cx, END, Ending, Graph, GraphError, Input, MemoryCheckpointer, RunConfig, START, State,
    StateGraph, Stop, host::Record,
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::Say,
    support::{Log, Trace, again, done, log, names, stored},
};

/// `a`, then `b` and `c` side by side, then `d`. `c` fails while `broken` is set.
pub fn diamond(trace: &Trace, broken: &Arc<AtomicBool>) -> Graph<Log> {
    let node = |name: &'static str, may_fail: bool| {
        let (trace, broken) = (trace.clone(), Arc::clone(broken));
        move |_: Arc<Log>, _: Cx| {
            trace.add(name);
            let fails = may_fail && broken.load(Ordering::SeqCst);
            async move {
                if fails {
                    // Lets the others finish first.
                    tokio::task::yield_now().await;
                    return Err(Stop::from(std::io::Error::other("broken")));
                }
                Ok(log(name))
            }
        }
    };
    StateGraph::<Log>::new("diamond")
        .add_node("a", node("a", false))
        .add_node("b", node("b", false))
        .add_node("c", node("c", true))
        .add_node("d", node("d", false))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge(["b", "c"], "d")
        .add_edge("d", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn a_failed_node_runs_again_and_its_finished_sibling_does_not() {
    let (trace, broken) = (Trace::default(), Arc::new(AtomicBool::new(true)));
    let store = Arc::new(MemoryCheckpointer::new());
    let graph = diamond(&trace, &broken);
    let config = RunConfig::thread("t");
    let error = again(&graph, &store).invoke(Input::start(Log::update()), &config).await.unwrap_err();
    let GraphError::Node { node, step, source, .. } = &error else { panic!("{error:?}") };
    assert_eq!((node.as_str(), *step, source.to_string().as_str()), ("c", 2, "broken"));
    assert_eq!(trace.take(), ["a", "b", "c"]);
    let state = again(&graph, &store).get_state(&config).await.unwrap().unwrap();
    assert_eq!((&state.state.log, state.step, state.next), (&names("a b"), 1, names("c")), "b has finished");

    again(&graph, &store).invoke(Input::Continue, &config).await.unwrap_err();
    assert_eq!(trace.take(), ["c"], "b's result was kept");
    broken.store(false, Ordering::SeqCst);
    let state = done(again(&graph, &store).invoke(Input::Continue, &config).await.unwrap());
    assert_eq!(trace.take(), ["c", "d"]);
    assert_eq!(state.log, names("a b c d"));
    // A thread that has ended stays ended.
    assert_eq!(done(again(&graph, &store).invoke(Input::Continue, &config).await.unwrap()), state);
    assert!(trace.take().is_empty());
}

#[tokio::test]
async fn a_thread_is_started_once_and_a_missing_one_is_named() {
    let app = stored(&diamond(&Trace::default(), &Arc::default()));
    let config = RunConfig::thread("t");
    assert!(app.get_state(&config).await.unwrap().is_none());
    let missing = app.invoke(Input::Continue, &config).await.unwrap_err();
    assert!(matches!(missing, GraphError::ThreadNotFound { .. }), "{missing}");
    app.invoke(Input::start(Log::update()), &config).await.unwrap();
    let exists = app.invoke(Input::start(Log::update()), &config).await.unwrap_err();
    assert!(matches!(exists, GraphError::ThreadExists { .. }), "{exists}");
}

#[tokio::test]
async fn of_two_runners_on_a_thread_one_fails_and_nothing_is_lost() {
    let store = Arc::new(MemoryCheckpointer::new());
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |_: Arc<Log>, _: Cx| async move {
            tokio::task::yield_now().await;
            Ok(log("a"))
        })
        .add_node("b", Say("b"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", END)
        .compile()
        .unwrap();
    let config = RunConfig::thread("t").with_step_limit(0);
    again(&graph, &store).invoke(Input::start(Log::update()), &config).await.unwrap();
    let config = RunConfig::thread("t");
    let (one, two) = (again(&graph, &store), again(&graph, &store));
    let (one, two) = tokio::join!(one.invoke(Input::Continue, &config), two.invoke(Input::Continue, &config));
    let (winner, loser) = if one.is_ok() { (one, two) } else { (two, one) };
    assert_eq!(done(winner.unwrap()).log, names("a b"));
    assert!(matches!(loser, Err(GraphError::Conflict { .. })), "{loser:?}");
    let state = again(&graph, &store).get_state(&config).await.unwrap().unwrap();
    assert_eq!((&state.state.log, state.finished), (&names("a b"), true));
}

#[tokio::test]
async fn a_runner_that_was_overtaken_records_nothing() {
    let store = Arc::new(MemoryCheckpointer::new());
    let other = Arc::clone(&store);
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", move |_: Arc<Log>, cx: Cx| {
            let other = Arc::clone(&other);
            async move {
                let head = other.load("t", None).await?.unwrap().head;
                let record = Record::new(Some(&head), ae_core::Timestamp::UNIX_EPOCH, 1, "{}");
                other.commit("t", Some(head), record).await?;
                cx.once("k", async { Ok::<_, Stop>(1) }).await?;
                Ok(log("a"))
            }
        })
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap();
    let error =
        again(&graph, &store).invoke(Input::start(Log::update()), &RunConfig::thread("t")).await.unwrap_err();
    assert!(matches!(error, GraphError::Conflict { .. }), "{error:?}");
}

#[tokio::test]
async fn what_once_recorded_is_not_done_again_after_a_failure() {
    let (trace, store, broken) =
        (Trace::default(), Arc::new(MemoryCheckpointer::new()), Arc::new(AtomicBool::new(true)));
    let (seen, fails) = (trace.clone(), Arc::clone(&broken));
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", move |s: Arc<Log>, cx: Cx| {
            let (trace, fails) = (seen.clone(), fails.load(Ordering::SeqCst));
            async move {
                assert_eq!((cx.thread(), cx.node(), cx.step()), ("t", "a", u64::from(s.count) + 1));
                let paid: f64 = cx
                    .once("pay", async {
                        trace.add(format!("pay {}", cx.step()));
                        Ok::<_, std::io::Error>(0.1 + 0.2)
                    })
                    .await?;
                if fails {
                    return Err(Stop::failed("broken"));
                }
                Ok(Log::update().count(s.count + 1).top(paid))
            }
        })
        .add_edge(START, "a")
        .add_conditional_edges("a", |s: &Log| s.count == 2, [(true, END), (false, "a")])
        .compile()
        .unwrap();
    let config = RunConfig::thread("t");
    again(&graph, &store).invoke(Input::start(Log::update()), &config).await.unwrap_err();
    again(&graph, &store).invoke(Input::Continue, &config).await.unwrap_err();
    broken.store(false, Ordering::SeqCst);
    let state = done(again(&graph, &store).invoke(Input::Continue, &config).await.unwrap());
    assert_eq!(trace.take(), ["pay 1", "pay 2"], "once per superstep");
    assert_eq!(state.top, 0.1 + 0.2);
}

#[tokio::test]
async fn a_due_node_that_is_gone_is_an_error_and_the_thread_stays_readable() {
    let store = Arc::new(MemoryCheckpointer::new());
    let graph = |second: &'static str, third: bool| {
        let mut graph = StateGraph::<Log>::new("g").add_node("a", Say("a")).add_node(second, Say("second"));
        if third {
            graph = graph.add_node("new", Say("new")).add_edge(second, "new").add_edge("new", END);
        }
        graph.add_edge(START, "a").add_edge("a", second).add_edge(second, END).compile().unwrap()
    };
    let config = RunConfig::thread("t").with_step_limit(1);
    again(&graph("b", false), &store).invoke(Input::start(Log::update()), &config).await.unwrap();
    let renamed = again(&graph("b2", false), &store);
    let error = renamed.invoke(Input::Continue, &config).await.unwrap_err();
    assert!(matches!(&error, GraphError::GraphChanged { missing, .. } if missing == &["b"]), "{error}");
    assert_eq!(renamed.get_state(&config).await.unwrap().unwrap().state.log, ["a"]);
    // A change that keeps the due nodes is followed.
    let config = RunConfig::thread("t");
    let state = done(again(&graph("b", true), &store).invoke(Input::Continue, &config).await.unwrap());
    assert_eq!(state.log, names("a second new"));
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
#[state(version = 2)]
struct LogTwo {
    log: Vec<String>,
}

fn one<S: State + Default>(name: &str, update: S::Update) -> Graph<S> {
    StateGraph::<S>::new(name)
        .add_node("a", move |_: Arc<S>, _: Cx| {
            let update = update.clone();
            async move { Ok(ae_langflow::Step::update(update)) }
        })
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn another_graph_and_another_version_of_the_state_are_refused() {
    let store = Arc::new(MemoryCheckpointer::new());
    let config = RunConfig::thread("t");
    again(&one::<Log>("g", Log::update()), &store)
        .invoke(Input::start(Log::update()), &config)
        .await
        .unwrap();
    let error = again(&one::<Log>("h", Log::update()), &store).get_state(&config).await.unwrap_err();
    assert!(matches!(error, GraphError::OtherGraph { .. }), "{error}");
    let error = again(&one::<LogTwo>("g", LogTwo::update()), &store).get_state(&config).await.unwrap_err();
    assert!(matches!(error, GraphError::StateVersion { found: 1, expected: 2, .. }), "{error}");
}

#[tokio::test]
async fn a_long_thread_is_snapshotted_and_read_back() {
    let store = Arc::new(MemoryCheckpointer::new());
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |s: Arc<Log>, _: Cx| async move {
            Ok(Log::update().count(s.count + 1).log(vec![s.count.to_string()]))
        })
        .add_edge(START, "a")
        .add_conditional_edges("a", |s: &Log| s.count >= 300, [(true, END), (false, "a")])
        .compile()
        .unwrap();
    let config = RunConfig::thread("t").with_step_limit(299);
    again(&graph, &store).invoke(Input::start(Log::update()), &config).await.unwrap();
    let loaded = store.load("t", None).await.unwrap().unwrap();
    assert!(loaded.snapshot_head.seq > 64 && loaded.deltas.len() < 200, "{}", loaded.deltas.len());
    let state = done(again(&graph, &store).invoke(Input::Continue, &config).await.unwrap());
    assert_eq!(state.log, (0..300).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(*again(&graph, &store).get_state(&config).await.unwrap().unwrap().state, state);
}

#[tokio::test]
async fn a_record_holds_what_was_written_and_not_the_state() {
    let store = Arc::new(MemoryCheckpointer::new());
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |s: Arc<Log>, _: Cx| async move { Ok(Log::update().count(s.count + 1)) })
        .add_edge(START, "a")
        .add_conditional_edges("a", |s: &Log| s.count == 500, [(true, END), (false, "a")])
        .compile()
        .unwrap();
    let start = Input::start(Log::update().text("x".repeat(100_000)));
    let limited = RunConfig::thread("t").with_step_limit(499);
    again(&graph, &store).invoke(start, &limited).await.unwrap();
    let loaded = store.load("t", None).await.unwrap().unwrap();
    let bytes: usize = loaded.deltas.iter().map(|delta| delta.change.len()).sum();
    assert_eq!(loaded.deltas.len(), 499);
    assert!(bytes < 500 * 100, "{bytes}");
}

#[tokio::test]
async fn after_two_writers_either_node_may_be_corrected() {
    // The second of two nodes asks first in one case, so that the first one's write is stored in a parked superstep.
    for asks in [false, true] {
        let store = Arc::new(MemoryCheckpointer::new());
        let writes = Arc::new(AtomicBool::new(true));
        let first = Arc::clone(&writes);
        let graph = StateGraph::<Log>::new("g")
            .add_node("a", move |_: Arc<Log>, _: Cx| {
                let update = Log::update().log(names("a"));
                let update = if first.load(Ordering::SeqCst) { update.text("a") } else { update };
                async move { Ok(update) }
            })
            .add_node("b", move |_: Arc<Log>, cx: Cx| async move {
                let text: String = if asks { cx.ask("text", &"which?").await? } else { "b".to_owned() };
                Ok(Log::update().text(text))
            })
            .add_edge(START, "a")
            .add_edge(START, "b")
            .add_edge("a", END)
            .add_edge("b", END)
            .compile()
            .unwrap();
        let app = again(&graph, &store);
        let config = RunConfig::thread("t");
        let mut result = app.invoke(Input::start(Log::update()), &config).await;
        if asks {
            assert!(matches!(result, Ok(Ending::Asked { .. })));
            let answer = ae_langflow::Answer::new("text", "b").unwrap();
            result = app.invoke(Input::resume(vec![answer]), &config).await;
        }
        for _ in 0..2 {
            assert!(matches!(result, Err(GraphError::Run(_))), "{result:?}");
            result = app.invoke(Input::Continue, &config).await;
        }
        writes.store(false, Ordering::SeqCst);
        let state = done(app.invoke(Input::Continue, &config).await.unwrap());
        assert_eq!((state.text.as_str(), state.log), ("b", names("a")));
    }
}

/// `first` is given up after a second, and what it had started records its result when it is let, in whichever superstep
/// that is. Then `second` records under the same key.
#[tokio::test]
async fn a_try_that_was_given_up_records_nothing_into_a_later_superstep() {
    use std::time::Duration;
    type Late = Arc<Mutex<Option<tokio::task::JoinHandle<Result<u32, Stop>>>>>;
    for place in crate::support::places() {
        for in_time in [true, false] {
            let (gate, late) = (Arc::new(tokio::sync::Notify::new()), Late::default());
            let (opens, waits) = (Arc::clone(&gate), Arc::clone(&late));
            let node = ae_langflow::node(move |_: Arc<Log>, cx: Cx| {
                let (gate, late) = (Arc::clone(&opens), Arc::clone(&waits));
                async move {
                    if cx.step() == 1 && cx.attempt() == 1 {
                        let (cx, gate) = (cx.clone(), Arc::clone(&gate));
                        *late.lock().unwrap() = Some(tokio::spawn(async move {
                            cx.once("work", async move {
                                gate.notified().await;
                                Ok::<_, Stop>(1)
                            })
                            .await
                        }));
                        return std::future::pending().await;
                    }
                    if (cx.step() == 1) == in_time {
                        gate.notify_one();
                        let late = late.lock().unwrap().take().unwrap();
                        assert_eq!(late.await.unwrap().is_ok(), in_time, "it is the same superstep");
                    }
                    let work: u32 = cx.once("work", async { Ok::<_, Stop>(cx.attempt() + 10) }).await?;
                    Ok(log(&work.to_string()))
                }
            });
            let node = node.with_timeout(Duration::from_secs(1)).with_retry(
                ae_core::RetryPolicy::new(2).with_pauses(Duration::from_secs(1), Duration::from_secs(1)),
            );
            let graph = StateGraph::<Log>::new("g")
                .add_node("a", node)
                .add_edge(START, "a")
                .add_conditional_edges("a", |s: &Log| s.log.len() < 2, [(true, "a"), (false, END)])
                .compile()
                .unwrap();
            let timer = crate::timer::Timer::default();
            let app = place.app(&graph).with_runtime(timer.runtime());
            let config = RunConfig::thread(format!("in time: {in_time}"));
            let call = tokio::spawn(async move { app.invoke(Input::start(Log::update()), &config).await });
            // The first try is given up, and the pause before the second one passes.
            for _ in 0..2 {
                crate::timer::settle().await;
                timer.pass(Duration::from_secs(1));
            }
            let state = done(call.await.unwrap().unwrap());
            // What the first try did counts in its own superstep, and is not done again by the second one.
            assert_eq!(state.log, if in_time { ["1", "11"] } else { ["12", "11"] });
        }
    }
}
