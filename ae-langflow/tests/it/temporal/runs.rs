//! Runs from their start to their end.

use std::sync::Arc;

use ae_core::ErrorKind;
use ae_langflow::{
    Cx, END, Ending, Graph, Input, RunConfig, START, StateGraph, Stop,
    temporal::{ConnectOptions, RunOptions, TemporalClient, TemporalError, TemporalWorker},
};

use super::server::{Server, events, work};
use crate::support::{Log, Trace, done, log, stored};

/// Twice round: `a`, then `b` (which pays once) and `c` side by side, then `d`.
pub fn twice(trace: &Trace) -> Graph<Log> {
    let node = |name: &'static str| {
        let trace = trace.clone();
        move |s: Arc<Log>, cx: Cx| {
            let trace = trace.clone();
            async move {
                trace.add(format!("{} {name} after {}", cx.step(), s.log.len()));
                if name == "b" {
                    let paid: u64 = cx.once("pay", async { Ok::<_, Stop>(cx.step()) }).await?;
                    assert_eq!(paid, cx.step());
                }
                let update = Log::update().log(vec![format!("{}{name}", cx.step())]);
                let step = u32::try_from(cx.step())?;
                Ok(update.top(f64::from(step) / 3.0).by([(step, name.to_owned())].into()).joined(name))
            }
        }
    };
    StateGraph::<Log>::new("twice")
        .add_node("a", node("a"))
        .add_node("b", node("b"))
        .add_node("c", node("c"))
        .add_node("d", node("d"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge(["b", "c"], "d")
        .add_conditional_edges("d", |s: &Log| s.log.len() >= 8, [(false, "a"), (true, END)])
        .compile()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_ends_as_it_does_in_process() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("runs-same").await;
    let trace = Trace::default();
    let graph = twice(&trace);
    let local = stored(&graph).invoke(Input::start(Log::update()), &RunConfig::thread("same")).await.unwrap();
    let mut locally = trace.take();

    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "same", Log::default(), &RunOptions::new()).await.unwrap();
    let remote = client.result::<Log>("same").await.unwrap();
    assert_eq!(remote, local);
    let mut remotely = trace.take();
    locally.sort();
    remotely.sort();
    assert_eq!(remotely, locally, "every node ran once, on the same snapshot");

    let standing = client.state::<Log>("same").await.unwrap();
    assert_eq!((standing.state.as_ref(), standing.step, standing.finished), (&done(local), 6, true));
    let again = client.start(&graph, "same", Log::default(), &RunOptions::new()).await;
    assert!(matches!(again, Err(TemporalError::ThreadExists { .. })), "{again:?}");
    let nobody = client.state::<Log>("nobody").await;
    assert!(matches!(nobody, Err(TemporalError::ThreadNotFound { .. })), "{nobody:?}");
    let nowhere =
        ConnectOptions::new(format!("http://127.0.0.1:{}", server.port())).with_namespace("nowhere");
    let nowhere = TemporalClient::connect(nowhere, "runs-same").await.unwrap();
    let unknown = nowhere.state::<Log>("same").await.unwrap_err();
    assert!(
        matches!(&unknown, TemporalError::Server(error) if error.kind() == ErrorKind::NotFound),
        "{unknown:?}"
    );
    worker.stop().await;
}

/// `count` grows to `rounds`, one superstep each.
pub fn counting(rounds: u32) -> Graph<Log> {
    StateGraph::<Log>::new("counting")
        .add_node("tick", |s: Arc<Log>, _: Cx| async move { Ok(Log::update().count(s.count + 1)) })
        .add_edge(START, "tick")
        .add_conditional_edges("tick", move |s: &Log| s.count < rounds, [(true, "tick"), (false, END)])
        .compile()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_run_goes_on_with_new_histories() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("runs-long").await;
    let graph = counting(62);
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "long", Log::default(), &RunOptions::new().with_segment(20)).await.unwrap();
    assert_eq!(done(client.result::<Log>("long").await.unwrap()).count, 62);
    // The last history has two of the steps, the one before it twenty.
    assert!(events(&client, "long").await.len() < 25);
    assert_eq!(client.state::<Log>("long").await.unwrap().step, 62);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_step_limit_ends_a_run_with_its_state() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("runs-limit").await;
    let graph = counting(9);
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    client.start(&graph, "limit", Log::default(), &RunOptions::new().with_step_limit(3)).await.unwrap();
    let Ending::StepLimit(state) = client.result::<Log>("limit").await.unwrap() else { panic!() };
    assert_eq!(state.count, 3);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphs_share_a_worker_and_names_of_nodes() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("runs-two").await;
    let graph = |name: &str, text: &'static str| {
        StateGraph::<Log>::new(name)
            .add_node("write", move |_: Arc<Log>, _: Cx| async move { Ok(log(text)) })
            .add_edge(START, "write")
            .add_edge("write", END)
            .compile()
            .unwrap()
    };
    let (one, two) = (graph("one", "first"), graph("two", "second"));
    let worker = work(TemporalWorker::new(&client).graph(&one).graph(&two));
    client.start(&one, "shared-1", Log::default(), &RunOptions::new()).await.unwrap();
    client.start(&two, "shared-2", Log::default(), &RunOptions::new()).await.unwrap();
    assert_eq!(done(client.result::<Log>("shared-1").await.unwrap()).log, ["first"]);
    assert_eq!(done(client.result::<Log>("shared-2").await.unwrap()).log, ["second"]);
    worker.stop().await;
    let twice = TemporalWorker::new(&client).graph(&one).graph(&one).run(ae_langflow::Cancel::new()).await;
    assert!(twice.unwrap_err().to_string().contains("two graphs are named \"one\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_lacks_the_graph_leaves_the_run_to_one_that_has_it() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("runs-lacking").await;
    let lacking = work(TemporalWorker::new(&client).graph(&twice(&Trace::default())));
    let graph = counting(2);
    client.start(&graph, "lacking", Log::default(), &RunOptions::new()).await.unwrap();
    super::server::until("a failed workflow task", || async {
        let events = events(&client, "lacking").await;
        events.iter().any(|kind| kind == &failed_task()).then_some(())
    })
    .await;
    lacking.stop().await;
    let worker = work(TemporalWorker::new(&client).graph(&graph));
    assert_eq!(done(client.result::<Log>("lacking").await.unwrap()).count, 2);
    worker.stop().await;
}

/// `EVENT_TYPE_WORKFLOW_TASK_FAILED`, as the SDK writes it.
pub fn failed_task() -> String {
    "9".to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_graph_changes_new_runs_only() {
    let Some(server) = Server::shared().await else { return };
    let client = server.client("runs-edited").await;
    let graph = |last: &'static str| {
        let node = |text: &'static str| move |_: Arc<Log>, _: Cx| async move { Ok(log(text)) };
        StateGraph::<Log>::new("edited")
            .add_node("wait", |_: Arc<Log>, cx: Cx| async move {
                let ok: bool = cx.ask("go?", &()).await?;
                Ok(log(&format!("go {ok}")))
            })
            .add_node("old", node("old"))
            .add_node("new", node("new"))
            .add_edge(START, "wait")
            .add_goto("wait", ["old", "new"])
            .add_edge("wait", last)
            .add_edge("old", END)
            .add_edge("new", END)
            .compile()
            .unwrap()
    };
    let (before, after) = (graph("old"), graph("new"));
    client.start(&before, "edited-1", Log::default(), &RunOptions::new()).await.unwrap();
    let worker = work(TemporalWorker::new(&client).graph(&after));
    client.start(&after, "edited-2", Log::default(), &RunOptions::new()).await.unwrap();
    let mut ends = Vec::new();
    for thread in ["edited-1", "edited-2"] {
        client.signal_answer(thread, ae_langflow::Answer::new("go?", &true).unwrap()).await.unwrap();
        ends.push(done(client.result::<Log>(thread).await.unwrap()).log);
    }
    assert_eq!(ends, [["go true", "old"], ["go true", "new"]]);
    worker.stop().await;
}
