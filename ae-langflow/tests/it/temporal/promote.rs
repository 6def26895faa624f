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
        (standing.step, standing.questions.len(), standing.state.log),
        (1, 1, vec!["first".to_owned()])
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
