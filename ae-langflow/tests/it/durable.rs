//! Crashes, failures, races, changed programs, cancellation.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use ae_langflow::{
    Cancel, Checkpointer, Cx, END, Ending, Graph, GraphError, GraphEvent, Input, MemoryCheckpointer,
    Observer, RunConfig, START, State, StateGraph, Stop,
    record::{Head, Record},
};
use serde::{Deserialize, Serialize};

use crate::{
    engine::Say,
    support::{Log, Trace, again, done, log, names, stored},
};

/// `a`, then `b` and `c` side by side, then `d`. `c` fails while `broken` is set.
fn diamond(trace: &Trace, broken: &Arc<AtomicBool>) -> Graph<Log> {
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
    assert_eq!((state.state.log, state.step), (names("a"), 1));

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
    assert_eq!((state.state.log, state.finished), (names("a b"), true));
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

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Sum {
    #[reduce(with = add)]
    sum: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Product {
    #[reduce(with = multiply)]
    sum: u32,
}

fn add(have: &mut u32, new: u32) {
    *have += new;
}

fn multiply(have: &mut u32, new: u32) {
    *have *= new;
}

#[tokio::test]
async fn a_reducer_that_changed_its_meaning_is_noticed() {
    let store = Arc::new(MemoryCheckpointer::new());
    let config = RunConfig::thread("t");
    let state = again(&one::<Sum>("g", Sum::update().sum(3)), &store)
        .invoke(Input::start(Sum::update().sum(2)), &config)
        .await;
    assert_eq!(done(state.unwrap()).sum, 5);
    let error =
        again(&one::<Product>("g", Product::update().sum(3)), &store).get_state(&config).await.unwrap_err();
    assert!(matches!(error, GraphError::StateChanged { seq: 2, .. }), "{error}");
}

#[tokio::test]
async fn a_changed_or_lost_record_is_noticed() {
    let store = Arc::new(MemoryCheckpointer::new());
    let graph = one::<Sum>("g", Sum::update().sum(3));
    let config = RunConfig::thread("t");
    again(&graph, &store).invoke(Input::start(Sum::update().sum(2)), &config).await.unwrap();
    let change = |edit: fn(&mut ae_langflow::record::Loaded)| {
        let store = Arc::new(Damaged(Arc::clone(&store), edit));
        let app = graph.with_store(store);
        async move { app.get_state(&RunConfig::thread("t")).await.unwrap_err() }
    };
    let lost = change(|thread| thread.deltas.clear()).await;
    assert!(matches!(lost, GraphError::Corrupt { .. }), "{lost}");
    let other =
        change(|thread| thread.deltas[0].change = thread.deltas[0].change.replace("]],[]]", "]],[\"a\"]]"));
    let other = other.await;
    assert!(matches!(other, GraphError::Corrupt { .. }), "{other}");
    let cut = change(|thread| thread.snapshot.truncate(10)).await;
    assert!(matches!(cut, GraphError::Corrupt { seq: 1, .. }), "{cut}");
    let newer = change(|thread| thread.header.format = 2).await;
    assert!(matches!(newer, GraphError::NewerFormat { found: 2, .. }), "{newer}");
}

/// A store whose threads come back changed.
#[derive(Debug)]
struct Damaged(Arc<MemoryCheckpointer>, fn(&mut ae_langflow::record::Loaded));

#[async_trait::async_trait]
impl Checkpointer for Damaged {
    async fn commit(
        &self,
        thread: &str,
        head: Option<Head>,
        record: Record,
    ) -> Result<(), ae_core::BackendError> {
        self.0.commit(thread, head, record).await
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        record: ae_langflow::record::TaskRecord,
    ) -> Result<ae_langflow::record::TaskRecord, ae_core::BackendError> {
        self.0.append_once(thread, head, record).await
    }

    async fn load(
        &self,
        thread: &str,
        up_to: Option<u64>,
    ) -> Result<Option<ae_langflow::record::Loaded>, ae_core::BackendError> {
        let mut loaded = self.0.load(thread, up_to).await?;
        if let Some(loaded) = &mut loaded {
            (self.1)(loaded);
        }
        Ok(loaded)
    }

    async fn list(
        &self,
        page: ae_langflow::record::Page,
    ) -> Result<Vec<ae_langflow::record::ThreadInfo>, ae_core::BackendError> {
        self.0.list(page).await
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, ae_core::BackendError> {
        self.0.copy(from, up_to, to).await
    }

    async fn prune(
        &self,
        thread: &str,
        prune: ae_langflow::record::Prune,
    ) -> Result<u64, ae_core::BackendError> {
        self.0.prune(thread, prune).await
    }

    async fn delete(&self, thread: &str) -> Result<bool, ae_core::BackendError> {
        self.0.delete(thread).await
    }
}

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

#[derive(Debug, Default)]
struct Seen(Mutex<Vec<String>>);

impl Observer for Seen {
    fn on_event(&self, event: &GraphEvent) {
        let line = match event {
            GraphEvent::NodeStarted { node, step, .. } => format!("+{node}{step}"),
            GraphEvent::NodeFinished { node, step, .. } => format!("-{node}{step}"),
            GraphEvent::Committed { step, .. } => format!("={step}"),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

#[tokio::test]
async fn an_observer_hears_everything_in_order() {
    let seen = Arc::new(Seen::default());
    let config = RunConfig::thread("t").with_observer(Arc::clone(&seen) as Arc<dyn Observer>);
    let app = stored(&diamond(&Trace::default(), &Arc::default()));
    app.invoke(Input::start(Log::update()), &config).await.unwrap();
    let lines = seen.0.lock().unwrap().join(" ");
    assert_eq!(lines, "=0 +a1 -a1 =1 +b2 +c2 -b2 -c2 =2 +d3 -d3 =3");
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
    assert_eq!(again(&graph, &store).get_state(&config).await.unwrap().unwrap().state, state);
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
    done(again(&graph, &store).invoke(start, &RunConfig::thread("t")).await.unwrap());
    let loaded = store.load("t", None).await.unwrap().unwrap();
    let bytes: usize = loaded.deltas.iter().map(|delta| delta.change.len()).sum();
    assert_eq!(loaded.deltas.len(), 500);
    assert!(bytes < 500 * 100, "{bytes}");
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
