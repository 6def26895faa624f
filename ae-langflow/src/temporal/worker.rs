//! Running nodes.

use std::{sync::Arc, time::Duration};

use ae_core::Runtime;
use temporalio_common::worker::WorkerDeploymentOptions;
use temporalio_sdk::{Worker, WorkerOptions, runtime::RuntimeOptions};
use tokio::sync::oneshot;

use super::{
    TemporalClient, TemporalError,
    activity::{NodeHost, UNDO},
    erased::ErasedGraph,
    registry::Registry,
    workflow::GraphWorkflow,
};
use crate::{Cancel, END, Graph, Node, NodeCache, START, State, StateGraph};

/// How long nodes may go on once a worker was asked to stop, before they are asked to stop too.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the nodes of graphs, and the workflows that drive them. Any number of workers share a queue.
#[derive(Debug)]
pub struct TemporalWorker {
    client: TemporalClient,
    registry: Registry,
    grace: Duration,
    runtime: Runtime,
    cache: Option<Arc<dyn NodeCache>>,
}

/// A worker on its way, on a thread of its own.
#[derive(Debug)]
pub struct WorkerHandle {
    ended: oneshot::Receiver<Result<(), TemporalError>>,
}

impl TemporalWorker {
    /// A worker for the queue of `client`, which knows no graph yet.
    #[must_use]
    pub fn new(client: &TemporalClient) -> Self {
        let (client, registry) = (client.clone(), Registry::default());
        Self { client, registry, grace: GRACE, runtime: Runtime::system(), cache: None }
    }

    /// Runs the nodes of `graph`.
    #[must_use]
    pub fn graph<S: State>(mut self, graph: &Graph<S>) -> Self {
        self.registry.add(graph);
        self
    }

    /// Runs `node` on the last state of a run of `graph` that was cancelled, once its nodes have stopped. It undoes what
    /// they did outside; what it writes is dropped. It shows as the activity `on_cancel`, is tried again as its options
    /// say, and the run fails instead of ending cancelled when it can't be undone.
    #[must_use]
    pub fn on_cancel<S: State>(mut self, graph: &Graph<S>, node: impl Node<S>) -> Self {
        let name = graph.topology().name().to_owned();
        let undo = StateGraph::<S>::new(name.clone())
            .add_node(UNDO, node)
            .add_edge(START, UNDO)
            .add_edge(UNDO, END)
            .compile()
            .expect("one node between START and END is a graph");
        if self.registry.undo.insert(name.clone(), ErasedGraph::new(&undo)).is_some() {
            self.registry.problems.push(format!("two nodes undo the graph {name:?}"));
        }
        self
    }

    /// Runs until `stop` is cancelled, on the task that awaits it: the future is not `Send`. Nodes run as tasks of the
    /// current tokio runtime. When workflow code of the SDK blocks that task, all runs of the worker wait.
    ///
    /// # Errors
    ///
    /// [`TemporalError::Worker`] when two graphs have one name, there is no tokio runtime, or the server refuses the
    /// worker.
    pub async fn run(self, stop: Cancel) -> Result<(), TemporalError> {
        if let Some(reason) = self.registry.problems.first() {
            return Err(TemporalError::Worker { reason: reason.clone() });
        }
        let registry = Arc::new(self.registry);
        let host = NodeHost {
            registry: Arc::clone(&registry),
            runtime: self.runtime,
            cache: self.cache,
            blobs: self.client.blobs.clone(),
        };
        let options = WorkerOptions::new(self.client.queue.clone())
            // The SDK's default reads the whole program to name it.
            .deployment_options(WorkerDeploymentOptions::from_build_id(
                concat!("ae-langflow ", env!("CARGO_PKG_VERSION")).to_owned(),
            ))
            .graceful_shutdown_period(self.grace)
            .register_activities(host)
            .register_workflow_with_factory::<GraphWorkflow, _>(move || registry.workflow())
            .map_err(broken)?
            .build();
        let runtime = temporalio_sdk::Runtime::from_current_tokio(RuntimeOptions::default());
        let runtime = runtime.map_err(broken)?;
        let mut worker = Worker::new(&runtime, self.client.client, options).map_err(broken)?;
        let shut_down = worker.shutdown_handle();
        let mut running = std::pin::pin!(worker.run());
        tokio::select! {
            ended = &mut running => return ended.map_err(broken),
            () = stop.cancelled() => shut_down(),
        }
        running.await.map_err(broken)
    }

    /// Runs on a thread of its own until `stop` is cancelled. Nodes run as tasks of the current tokio runtime.
    ///
    /// # Errors
    ///
    /// [`TemporalError::Worker`] when there is no tokio runtime or no further thread.
    pub fn spawn(self, stop: Cancel) -> Result<WorkerHandle, TemporalError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(broken)?;
        let (sender, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("temporal worker".to_owned());
        let spawned = thread.spawn(move || {
            // The receiver may be gone.
            let _ = sender.send(runtime.block_on(self.run(stop)));
        });
        spawned.map_err(broken)?;
        Ok(WorkerHandle { ended })
    }
}

ae_core::setters! { TemporalWorker {
    /// How long nodes may go on once the worker was asked to stop, before [`Cx::cancelled`](crate::Cx::cancelled) stops
    /// them: 10 s unless said otherwise. They run again elsewhere then.
    fn with_grace(grace: Duration);
    /// Takes time, limits and jitter from `runtime`. The system's by default.
    fn with_runtime(runtime: Runtime);
    /// Keeps results of nodes that are [`cached`](crate::Configured::cached) in `cache`. Nowhere by default.
    fn with_cache(cache: some Arc<dyn NodeCache>);
} }

impl WorkerHandle {
    /// Waits until the worker has stopped, with all that it had under way.
    ///
    /// # Errors
    ///
    /// Those of [`TemporalWorker::run`].
    pub async fn join(self) -> Result<(), TemporalError> {
        let ended = self.ended.await;
        ended.unwrap_or_else(|_| Err(TemporalError::Worker { reason: "its thread panicked".to_owned() }))
    }
}

fn broken(error: impl std::fmt::Display) -> TemporalError {
    TemporalError::Worker { reason: error.to_string() }
}
