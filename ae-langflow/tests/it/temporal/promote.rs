//! Threads that begin in process and go on as workflows.

use std::sync::Arc;

use ae_langflow::{
    Answer, App, Cx, END, Ending, Graph, GraphError, Input, MemoryCheckpointer, RunConfig, START, StateGraph,
    Stop,
    temporal::{RunOptions, TemporalError, TemporalWorker},
};

use super::server::{Server, until, work};
use crate::support::{Log, Trace, again, done, log};

/// `first`, then `pay` (which pays, then asks) beside `beside`, then `last`.
fn paying(trace: &Trace) -> Graph<Log> {
    let note = |name: &'static str| {
        let trace = trace.clone();
        move |_: Arc<Log>, _: Cx| {
            trace.add(name);
            async move { Ok(log(name)) }
        }
    };
    let paying = trace.clone();
    StateGraph::<Log>::new("paying")
        .add_node("first", note("first"))
        .add_node("pay", move |_: Arc<Log>, cx: Cx| {
            let trace = paying.clone();
            async move {
                trace.add("pay");
                let id: u32 = cx
                    .once("charge", async {
                        trace.add("charge");
                        Ok::<_, Stop>(7)
                    })
                    .await?;
                let ok: bool = cx.ask("ship it?", &id).await?;
                Ok(log(&format!("paid {id} {ok}")))
            }
        })
        .add_node("beside", note("beside"))
        .add_node("last", note("last"))
        .add_edge(START, "first")
        .add_edge("first", "pay")
        .add_edge("first", "beside")
        .add_edge(["pay", "beside"], "last")
        .add_edge("last", END)
        .compile()
        .unwrap()
}

async fn park(app: &App<Log>, thread: &str) {
    let ending = app.invoke(Input::start(Log::update()), &RunConfig::thread(thread)).await.unwrap();
    assert!(matches!(ending, Ending::Asked { .. }), "{ending:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_thread_goes_on_there_and_only_there_without_repeating_a_node() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("promote-parked").await;
    let trace = Trace::default();
    let graph = paying(&trace);
    let store = Arc::new(MemoryCheckpointer::new());
    let app = again(&graph, &store);
    park(&app, "promote-1").await;
    let mut ran = trace.take();
    ran.sort();
    assert_eq!(ran, ["beside", "charge", "first", "pay"]);

    client.promote(&app, "promote-1", &RunOptions::new()).await.unwrap();
    client.promote(&app, "promote-1", &RunOptions::new()).await.unwrap();
    let config = RunConfig::thread("promote-1");
    let moved_to = app.get_state(&config).await.unwrap().unwrap().moved_to.unwrap();
    assert!(moved_to.starts_with("temporal/") && moved_to.ends_with("/promote-1"), "{moved_to}");
    for input in [Input::Continue, Input::resume(vec![Answer::new("ship it?", &true).unwrap()])] {
        let refused = again(&graph, &store).invoke(input, &config).await;
        assert!(matches!(&refused, Err(GraphError::Moved { to, .. }) if *to == moved_to), "{refused:?}");
    }

    let worker = work(TemporalWorker::new(&client).graph(&graph));
    let standing =
        until("it is parked there", || async { client.state::<Log>("promote-1").await.ok() }).await;
    assert_eq!(
        (standing.step, standing.questions.len(), &standing.state.log),
        (1, 1, &vec!["first".to_owned()])
    );
    client.answer("promote-1", vec![Answer::new("ship it?", &true).unwrap()]).await.unwrap();
    let end = done(client.result::<Log>("promote-1").await.unwrap());
    assert_eq!(end.log, ["first", "beside", "paid 7 true", "last"]);
    assert_eq!(trace.take(), ["pay", "last"], "it was not charged again, and nothing finished ran again");

    let local = done({
        let other = again(&graph, &Arc::new(MemoryCheckpointer::new()));
        park(&other, "l").await;
        let answers = Input::resume(vec![Answer::new("ship it?", &true).unwrap()]);
        other.invoke(answers, &RunConfig::thread("l")).await.unwrap()
    });
    assert_eq!(end, local);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runner_in_process_can_not_overlook_a_promotion() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("promote-race").await;
    let (entered, leave) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (inside, door) = (Arc::clone(&entered), Arc::clone(&leave));
    let graph = StateGraph::<Log>::new("race")
        .add_node("slow", move |_: Arc<Log>, _: Cx| {
            let (inside, door) = (Arc::clone(&inside), Arc::clone(&door));
            async move {
                inside.notify_one();
                door.notified().await;
                Ok(log("slow"))
            }
        })
        .add_edge(START, "slow")
        .add_edge("slow", END)
        .compile()
        .unwrap();
    let store = Arc::new(MemoryCheckpointer::new());
    let app = again(&graph, &store);
    let running = tokio::spawn({
        let app = app.clone();
        async move { app.invoke(Input::start(Log::update()), &RunConfig::thread("promote-2")).await }
    });
    entered.notified().await;
    client.promote(&app, "promote-2", &RunOptions::new()).await.unwrap();
    leave.notify_one();
    let overtaken = running.await.unwrap();
    assert!(matches!(overtaken, Err(GraphError::Conflict { .. })), "{overtaken:?}");
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    entered.notified().await;
    leave.notify_one();
    assert_eq!(done(client.result::<Log>("promote-2").await.unwrap()).log, ["slow"]);
    app.invoke(Input::start(Log::update()), &RunConfig::thread("promote-4").with_step_limit(0))
        .await
        .unwrap();
    client.start(&graph, "promote-4", Log::default(), &RunOptions::new()).await.unwrap();
    let taken = client.promote(&app, "promote-4", &RunOptions::new()).await;
    assert!(matches!(taken, Err(TemporalError::ThreadExists { .. })), "{taken:?}");
    let state = app.get_state(&RunConfig::thread("promote-4")).await.unwrap().unwrap();
    assert_eq!(state.moved_to, None, "the thread was left where it was");
    leave.notify_one();
    let nobody = client.promote(&app, "promote-3", &RunOptions::new()).await;
    assert!(matches!(nobody, Err(TemporalError::Graph(GraphError::ThreadNotFound { .. }))), "{nobody:?}");
    worker.stop().await;
}

/// `first` writes `bytes`; then `ask` waits for a person.
fn heavy(bytes: usize) -> Graph<Log> {
    StateGraph::<Log>::new("heavy")
        .add_node("first", move |_: Arc<Log>, _: Cx| async move { Ok(log(&"x".repeat(bytes))) })
        .add_node("ask", |_: Arc<Log>, cx: Cx| async move {
            let ok: bool = cx.ask("go on?", &()).await?;
            Ok(log(&ok.to_string()))
        })
        .add_edge(START, "first")
        .add_edge("first", "ask")
        .add_edge("ask", END)
        .compile()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_is_too_large_stays_where_it_is_and_one_at_the_limit_goes() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("promote-size").await;
    let graph = heavy(600_000);
    let app = again(&graph, &Arc::new(MemoryCheckpointer::new()));
    for thread in ["promote-large", "promote-limit"] {
        park(&app, thread).await;
    }
    let refused = client.promote(&app, "promote-large", &RunOptions::new()).await.unwrap_err();
    let TemporalError::TooLarge { bytes, max: 524_288, .. } = refused else { panic!("{refused:?}") };
    assert!(bytes > 600_000 && refused.to_string().contains(&bytes.to_string()), "{refused}");
    let limited = |bytes| RunOptions::new().with_bytes_max(bytes);
    let refused = client.promote(&app, "promote-limit", &limited(bytes - 1)).await.unwrap_err();
    let TemporalError::TooLarge { bytes, .. } = refused else { panic!("{refused:?}") };
    let answer = || Answer::new("go on?", &true).unwrap();
    for thread in ["promote-large", "promote-limit"] {
        let state = app.get_state(&RunConfig::thread(thread)).await.unwrap().unwrap();
        assert_eq!((state.moved_to, state.questions.len()), (None, 1), "nothing moved");
    }
    let config = RunConfig::thread("promote-large");
    let end = done(app.invoke(Input::resume(vec![answer()]), &config).await.unwrap());
    assert_eq!(end.log[1..], ["true"], "it goes on in process");

    // A little room: the answer has to fit as well.
    client.promote(&app, "promote-limit", &limited(bytes + 200)).await.unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    super::questions::parked::<Log>(&client, "promote-limit", &["go on?"]).await;
    client.answer("promote-limit", vec![answer()]).await.unwrap();
    assert_eq!(done(client.result::<Log>("promote-limit").await.unwrap()).log[1..], ["true"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_conversation_is_refused_and_takes_further_turns() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("promote-finished").await;
    let trace = Trace::default();
    let seen = trace.clone();
    let graph = StateGraph::<Log>::new("chat")
        .add_node("reply", move |_: Arc<Log>, _: Cx| {
            seen.add("reply");
            async { Ok(log("reply")) }
        })
        .add_edge(START, "reply")
        .add_edge("reply", END)
        .compile()
        .unwrap();
    let app = again(&graph, &Arc::new(MemoryCheckpointer::new()));
    let config = RunConfig::thread("promote-finished");
    done(app.invoke(Input::turn(Log::update()), &config).await.unwrap());
    let refused = client.promote(&app, "promote-finished", &RunOptions::new()).await.unwrap_err();
    assert!(matches!(refused, TemporalError::Finished { .. }), "{refused:?}");
    assert_eq!(app.get_state(&config).await.unwrap().unwrap().moved_to, None);
    let end = done(app.invoke(Input::turn(Log::update()), &config).await.unwrap());
    assert_eq!(end.log, ["reply", "reply"]);
    assert_eq!(trace.take().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_is_repeated_after_a_crash_but_never_once_the_thread_has_arrived() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("promote-forgotten").await;
    let trace = Trace::default();
    let graph = paying(&trace);
    let app = again(&graph, &Arc::new(MemoryCheckpointer::new()));
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    let mut place = String::new();
    for thread in ["promote-arrived", "promote-crashed"] {
        park(&app, thread).await;
        let config = RunConfig::thread(thread);
        if thread == "promote-crashed" {
            // As far as a promotion comes that dies before the start.
            app.hand_over(&config, &place.replace("promote-arrived", thread)).await.unwrap();
        }
        trace.take();
        client.promote(&app, thread, &RunOptions::new()).await.unwrap();
        super::questions::parked::<Log>(&client, thread, &["ship it?"]).await;
        client.answer(thread, vec![Answer::new("ship it?", &true).unwrap()]).await.unwrap();
        done(client.result::<Log>(thread).await.unwrap());
        assert_eq!(trace.take(), ["pay", "last"]);
        place = app.get_state(&config).await.unwrap().unwrap().moved_to.unwrap();

        server.forget(thread).await;
        client.promote(&app, thread, &RunOptions::new()).await.unwrap();
        let gone = client.result::<Log>(thread).await.unwrap_err();
        assert!(matches!(gone, TemporalError::ThreadNotFound { .. }), "nothing was started: {gone:?}");
        assert_eq!(trace.take(), Vec::<String>::new());
    }
    worker.stop().await;
}
