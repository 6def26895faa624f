//! How long a graph takes on a Temporal server, beside a workflow written by hand over the same server.
#![allow(missing_docs, unreachable_pub, reason = "the SDK's macros make public items")]

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use ae_langflow::{
    Cancel, Cx, END, Ending, Graph, START, State, StateGraph,
    temporal::{ConnectOptions, RunOptions, TemporalClient, TemporalWorker},
};
use benches::ratio::{Timing, is_measuring, median, report, time};
use serde::{Deserialize, Serialize};
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, Url, WorkflowGetResultOptions, WorkflowStartOptions,
};
use temporalio_macros::{activities, workflow, workflow_methods};
use temporalio_sdk::{
    ActivityOptions, Runtime, Worker, WorkerOptions, WorkflowContext, WorkflowResult,
    activities::{ActivityContext, ActivityError},
};

const STEPS: u32 = 20;

#[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
struct Small {
    count: u32,
}

/// Nodes in sequence that do nothing.
fn graph() -> Graph<Small> {
    let mut graph = StateGraph::<Small>::new("sequence");
    let mut before = START.to_owned();
    for step in 0..STEPS {
        let name = format!("step {step}");
        graph = graph
            .add_node(
                name.clone(),
                |s: Arc<Small>, _: Cx| async move { Ok(Small::update().count(s.count + 1)) },
            )
            .add_edge(before, name.clone());
        before = name;
    }
    graph.add_edge(before, END).compile().expect("a sequence is a graph")
}

struct HandActivities;

#[activities]
impl HandActivities {
    #[activity(name = "by_hand")]
    async fn by_hand(_: ActivityContext, count: u32) -> Result<u32, ActivityError> {
        Ok(count + 1)
    }
}

#[workflow]
#[derive(Default)]
struct Hand;

#[workflow_methods]
impl Hand {
    #[run(name = "hand")]
    async fn run(ctx: &mut WorkflowContext<Self>, count: u32) -> WorkflowResult<u32> {
        let mut count = count;
        for _ in 0..STEPS {
            let options = ActivityOptions::with_start_to_close_timeout(Duration::from_secs(60))
                .heartbeat_timeout(Duration::from_secs(10))
                .build();
            count = ctx.execute_activity(HandActivities::by_hand, count, options).await?;
        }
        Ok(count)
    }
}

/// Killed with the bench.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the bench starts a server, which the environment may name")]
fn server(port: u16) -> Option<Server> {
    let program = std::env::var_os("TEMPORAL_BIN").unwrap_or_else(|| "temporal".into());
    let arguments =
        ["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--log-level", "error", "--port"];
    let mut command = Command::new(program);
    command.args(arguments).arg(port.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok().map(Server)
}

/// Until the server answers.
async fn connect(url: &str) -> TemporalClient {
    for _ in 0..600 {
        if let Ok(client) = TemporalClient::connect(ConnectOptions::new(url), "graph").await {
            let probe = graph();
            if client.start(&probe, "probe", Small::default(), &RunOptions::new()).await.is_ok() {
                return client;
            }
        }
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        pause.tick().await;
        pause.tick().await;
    }
    unreachable!("a server that runs answers")
}

/// Times both in turns, each after a rest: a server of which much was asked answers in steps of 40 ms for a while,
/// every caller, and that would hide what is compared.
fn rested(runtime: &tokio::runtime::Runtime, mut graph: impl FnMut(), mut hand: impl FnMut()) -> Timing {
    let (rounds, rest) =
        if is_measuring() { (9, Duration::from_secs(4)) } else { (1, Duration::from_millis(1)) };
    let pause = || {
        runtime.block_on(async {
            let mut pause = tokio::time::interval(rest);
            pause.tick().await;
            pause.tick().await;
        });
    };
    let (mut graphs, mut hands) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        pause();
        let by_graph = time(&mut graph);
        pause();
        let by_hand = time(&mut hand);
        if round > 0 {
            graphs.push(by_graph);
            hands.push(by_hand);
        }
    }
    let least = |times: &[Duration]| times.iter().min().copied().unwrap_or_default() / STEPS;
    Timing {
        name: "20 nodes in sequence on Temporal",
        floor_name: "20 activities by hand",
        operations: STEPS,
        subject_least: least(&graphs),
        floor_least: least(&hands),
        subject: median(graphs) / STEPS,
        floor: median(hands) / STEPS,
    }
}

#[allow(clippy::print_stdout, reason = "a bench target reports on its standard output")]
fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.expect("a free port").port();
    let Some(_server) = server(port) else {
        println!("skipped: TEMPORAL_BIN is unset and temporal is not on the PATH");
        return;
    };
    let url = format!("http://127.0.0.1:{port}");
    let client = runtime.block_on(connect(&url));
    let graph = graph();
    let stop = Cancel::new();
    let _enter = runtime.enter();
    let worker = TemporalWorker::new(&client).graph(&graph).spawn(stop.clone()).expect("a worker");
    let hand = runtime.block_on(async {
        let options = ConnectionOptions::new(Url::parse(&url).expect("a URL")).identity("hand").build();
        let connection = Connection::connect(options).await.expect("a connection");
        Client::new(connection, ClientOptions::new("default").build()).expect("a client")
    });
    let (by_hand, handle) = (hand.clone(), runtime.handle().clone());
    // It ends with the process.
    std::thread::spawn(move || {
        handle.block_on(async {
            let options = WorkerOptions::new("hand")
                .register_activities(HandActivities)
                .register_workflow::<Hand>()
                .expect("one workflow")
                .build();
            let runtime = Runtime::from_current_tokio(Default::default()).expect("a runtime");
            Worker::new(&runtime, by_hand, options).expect("a worker").run().await
        })
    });
    let (mut graphs, mut hands) = (0, 0);
    report(&rested(
        &runtime,
        || {
            graphs += 1;
            let thread = format!("graph-{graphs}");
            runtime.block_on(async {
                client.start(&graph, &thread, Small::default(), &RunOptions::new()).await.expect("a start");
                let ending = client.result::<Small>(&thread).await.expect("an end");
                assert!(matches!(ending, Ending::Done(state) if state.count == STEPS));
            });
        },
        || {
            hands += 1;
            runtime.block_on(async {
                let options = WorkflowStartOptions::new("hand", format!("hand-{hands}")).build();
                let run = hand.start_workflow(Hand::run, 0, options).await.expect("a start");
                let count = run.get_result(WorkflowGetResultOptions::default()).await.expect("an end");
                assert_eq!(count, STEPS);
            });
        },
    ));
    stop.cancel();
    runtime.block_on(worker.join()).expect("the worker ends");
    if !is_measuring() {
        println!("run with `cargo bench -p benches --features temporal --bench temporal` to measure");
    }
}
