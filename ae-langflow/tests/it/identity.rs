//! The identity of a thread: which effects are the same, and which runner may still write.

use std::sync::{Arc, Mutex};

use ae_langflow::{
    Answer, App, Cx, END, Ending, Graph, GraphError, Input, RunConfig, START, StateGraph, Stop, WriteAs,
};

use crate::support::{Log, Switch, Trace, again, done, log, places};

/// Pays once, asks, and says under which key it paid.
fn paying(trace: &Trace) -> Graph<Log> {
    let trace = trace.clone();
    StateGraph::<Log>::new("paying")
        .add_node("pay", move |state: Arc<Log>, cx: Cx| {
            let trace = trace.clone();
            async move {
                let key = cx.idempotency_key("charge").to_string();
                trace.add(&key);
                cx.once("charge", async {
                    trace.add("charged");
                    Ok::<_, Stop>(())
                })
                .await?;
                let ok: bool = cx.ask("ok", &state.text).await?;
                Ok(log(&format!("{key} {ok}")))
            }
        })
        .add_edge(START, "pay")
        .add_edge("pay", END)
        .compile()
        .unwrap()
}

/// The one key that was used, and how often something was charged.
fn key(trace: &Trace) -> (String, usize) {
    let mut seen = trace.take();
    let all = seen.len();
    seen.retain(|entry| entry != "charged");
    let charged = all - seen.len();
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    (seen.remove(0), charged)
}

async fn start(app: &App<Log>, thread: &str) {
    let ending = app.invoke(Input::start(Log::update()), &RunConfig::thread(thread)).await.unwrap();
    assert!(matches!(ending, Ending::Asked { .. }));
}

#[tokio::test]
async fn an_effect_is_the_same_after_an_answer_and_a_write_and_another_one_in_another_thread() {
    let trace = Trace::default();
    let (graph, mut keys) = (paying(&trace), Vec::new());
    for place in places() {
        let config = RunConfig::thread("t");
        start(&place.app(&graph), "t").await;
        let (first, charged) = key(&trace);
        assert_eq!(charged, 1);
        // A write in no node's name lets the node run again, and ask again, in the same superstep.
        let written = Log::update().text("new");
        place.app(&graph).update_state(&config, written, WriteAs::NoNode).await.unwrap();
        let asked = crate::support::asked(place.app(&graph).invoke(Input::Continue, &config).await.unwrap());
        assert_eq!(asked[0].payload, "new");
        let answer = Input::resume(vec![asked[0].answer(&true).unwrap()]);
        done(place.app(&graph).invoke(answer, &config).await.unwrap());
        assert_eq!(key(&trace), (first.clone(), 0), "neither charged again nor under another key");
        keys.push(first);
        // In START's name it is another superstep, which charges for itself.
        place.app(&graph).update_state(&config, Log::update(), WriteAs::Start).await.unwrap();
        place.app(&graph).invoke(Input::Continue, &config).await.unwrap();
        let (next, charged) = key(&trace);
        assert_eq!(charged, 1);
        keys.push(next);

        for _ in 0..2 {
            place.app(&graph).fork(&config.at(1), "fork").await.unwrap();
            place.app(&graph).invoke(Input::Continue, &RunConfig::thread("fork")).await.unwrap();
            keys.push(key(&trace).0);
            assert!(place.app(&graph).delete(&RunConfig::thread("fork")).await.unwrap());
        }
        assert!(place.app(&graph).delete(&config).await.unwrap());
        start(&place.app(&graph), "t").await;
        keys.push(key(&trace).0);
    }
    start(&graph.without_store(), "t").await;
    keys.push(key(&trace).0);
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!((keys.len(), all), (11, 11), "another store, another beginning and a fork are other threads");
}

#[tokio::test]
async fn what_finished_before_a_write_in_no_nodes_name_does_not_run_again() {
    let (trace, broken) = (Trace::default(), Switch::new(true));
    let (good, bad, switch) = (trace.clone(), trace.clone(), broken.clone());
    let graph = StateGraph::<Log>::new("g")
        .add_node("good", move |_: Arc<Log>, _: Cx| {
            good.add("good");
            async { Ok(log("good")) }
        })
        .add_node("bad", move |state: Arc<Log>, _: Cx| {
            bad.add("bad");
            let broken = switch.is_on();
            async move {
                tokio::task::yield_now().await;
                if broken { Err(Stop::failed("broken")) } else { Ok(log(&state.text)) }
            }
        })
        .add_edge(START, "good")
        .add_edge(START, "bad")
        .add_edge("good", END)
        .add_edge("bad", END)
        .compile()
        .unwrap();
    for place in places() {
        let config = RunConfig::thread("t");
        broken.set(true);
        place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap_err();
        let before = place.app(&graph).get_state(&config).await.unwrap().unwrap();
        broken.set(false);
        let update = Log::update().text("mended");
        let after = place.app(&graph).update_state(&config, update, WriteAs::NoNode).await.unwrap();
        assert_eq!((after.step, after.seq), (before.step, before.seq + 1));
        let state = done(place.app(&graph).invoke(Input::Continue, &config).await.unwrap());
        assert_eq!(state.log, ["mended", "good"]);
        let mut ran = trace.take();
        ran.sort();
        assert_eq!(ran, ["bad", "bad", "good"]);
    }
}

type Meanwhile = Arc<Mutex<Option<App<Log>>>>;

/// `slow` replaces its own thread while it runs, once.
fn replaced(meanwhile: &Meanwhile, forked: bool) -> Graph<Log> {
    let meanwhile = Arc::clone(meanwhile);
    StateGraph::<Log>::new("g")
        .add_node("slow", move |_: Arc<Log>, cx: Cx| {
            let other = meanwhile.lock().unwrap().take();
            async move {
                if let Some(other) = other {
                    let config = RunConfig::thread(cx.thread());
                    assert!(other.delete(&config).await.unwrap());
                    let limited = config.clone().with_step_limit(0);
                    if forked {
                        other.fork(&RunConfig::thread("origin"), cx.thread()).await.unwrap();
                        other.invoke(Input::Continue, &limited).await.unwrap();
                    } else {
                        other.invoke(Input::start(Log::update()), &limited).await.unwrap();
                    }
                    let late = cx.once("late", async { Ok::<_, Stop>(1) }).await;
                    assert!(late.is_err(), "a record of the old thread's runner");
                }
                Ok(log("slow"))
            }
        })
        .add_edge(START, "slow")
        .add_edge("slow", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn the_runner_of_a_thread_that_was_deleted_and_begun_again_is_fenced_off() {
    for forked in [false, true] {
        for place in places() {
            let meanwhile = Meanwhile::default();
            let graph = replaced(&meanwhile, forked);
            let config = RunConfig::thread("t");
            let input = if forked {
                let limited = RunConfig::thread("origin").with_step_limit(0);
                place.app(&graph).invoke(Input::start(Log::update()), &limited).await.unwrap();
                place.app(&graph).fork(&RunConfig::thread("origin"), "t").await.unwrap();
                Input::Continue
            } else {
                Input::start(Log::update())
            };
            *meanwhile.lock().unwrap() = Some(place.app(&graph));
            let error = place.app(&graph).invoke(input, &config).await.unwrap_err();
            assert!(matches!(error, GraphError::Conflict { .. }), "{error}");
            let state = place.app(&graph).get_state(&config).await.unwrap().unwrap();
            assert_eq!((state.step, state.next.as_slice()), (0, ["slow".to_owned()].as_slice()));
            assert_eq!(done(place.app(&graph).invoke(Input::Continue, &config).await.unwrap()).log, ["slow"]);
        }
    }
}

#[tokio::test]
async fn an_answer_to_a_question_of_a_deleted_thread_is_refused() {
    let trace = Trace::default();
    let app = again(&paying(&trace), &Arc::default());
    let config = RunConfig::thread("t");
    start(&app, "t").await;
    let old = app.get_state(&config).await.unwrap().unwrap().questions.remove(0);
    app.delete(&config).await.unwrap();
    start(&app, "t").await;
    let before = app.get_state(&config).await.unwrap();
    let error = app.resume(&config, old.answer(&true).unwrap()).await.unwrap_err();
    assert!(matches!(error, GraphError::Run(ae_langflow::RunError::StaleAnswer { .. })), "{error}");
    assert_eq!(app.get_state(&config).await.unwrap(), before);
    done(app.resume(&config, Answer::new("ok", &true).unwrap()).await.unwrap());
}
