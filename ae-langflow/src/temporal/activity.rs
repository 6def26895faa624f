//! Nodes as activities.

use std::{cell::RefCell, sync::Arc};

use ae_core::{BackendError, Runtime};
use serde_json::Value;
use temporalio_common::ActivityDefinition;
use temporalio_sdk::activities::{
    ActivityContext, ActivityDefinitions, ActivityError, ActivityImplementer, ExecutableActivity,
};

use super::{
    blobs::{self, BlobStore},
    erased::ErasedGraph,
    failure::{self, Verdict},
    heartbeat::Heartbeat,
    registry::Registry,
    wire::{DEPTH_MAX, Records, TaskCall, TaskReport, is_too_deep, json_bytes},
};
use crate::{
    Cancel, Cx, DueTask, JsonState, NodeCache, NodeFailure, TaskOutcome, node::BoxFuture, node::Host,
};

/// The activity that undoes a cancelled run.
pub(crate) const UNDO: &str = "on_cancel";

thread_local! {
    // The SDK asks a type for its activity's name, once, while it registers it; our names are known at run time only.
    static REGISTERING: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs nodes of the graphs of a worker.
#[derive(Debug)]
pub(crate) struct NodeHost {
    pub(crate) registry: Arc<Registry>,
    pub(crate) runtime: Runtime,
    pub(crate) cache: Option<Arc<dyn NodeCache>>,
    pub(crate) blobs: Option<Arc<dyn BlobStore>>,
}

/// One activity type per name of a node. Graphs that share a name share the type; the call says which is meant.
pub(crate) struct NodeActivity(String);

impl NodeHost {
    async fn run(&self, ctx: ActivityContext, mut call: TaskCall) -> Result<TaskReport, ActivityError> {
        let (undo, attempt) = (ctx.info().activity_type == UNDO, ctx.info().attempt);
        let graphs = if undo { &self.registry.undo } else { &self.registry.graphs };
        let Some(graph) = graphs.get(&call.graph) else {
            if undo {
                return Ok(TaskReport { outcome: Value::Null, records: Records::new() });
            }
            return Err(failure::other_worker(format!("this worker knows no graph {:?}", call.graph)));
        };
        if graph.state_version != call.state_version {
            return Err(failure::other_worker(format!(
                "the run holds version {} of the state of {:?}, this worker has {}",
                call.state_version, call.graph, graph.state_version
            )));
        }
        if undo {
            // The run knows the limits of the graph's own nodes alone.
            let limit = call.policy.timeout_ms;
            call.policy = graph.topology.policy(UNDO);
            call.policy.timeout_ms = call.policy.timeout_ms.or(limit);
        }
        if call.by_reference {
            let fetched = match &self.blobs {
                Some(blobs) => blobs::fetch(blobs.as_ref(), &mut call.state).await,
                None => return Err(failure::other_worker("this worker has no blob store".to_owned())),
            };
            fetched.map_err(|error| failure::other_worker(error.to_string()))?;
        }
        let mut report = self.run_node(ctx, graph, &mut call).await?;
        if call.by_reference {
            let lifted = self.lift(graph, &mut report.outcome).await;
            lifted.map_err(|error| failure::other_worker(error.to_string()))?;
        }
        if is_too_deep(&report.outcome) || report.records.values().any(is_too_deep) {
            let message = format!("the node gave back JSON that is nested more than {DEPTH_MAX} deep");
            return Err(failure::unreadable(attempt, message));
        }
        match json_bytes(&report) {
            Ok(bytes) if bytes <= call.bytes_max => Ok(report),
            Ok(bytes) => Err(failure::too_large(attempt, bytes, call.bytes_max)),
            Err(error) => Err(failure::unreadable(attempt, error.to_string())),
        }
    }

    async fn run_node(
        &self,
        ctx: ActivityContext,
        graph: &ErasedGraph,
        call: &mut TaskCall,
    ) -> Result<TaskReport, ActivityError> {
        let mut records = std::mem::take(&mut call.records);
        // What the last attempt recorded; anything else in the details is not ours.
        records.extend(ctx.heartbeat_details().deserialize::<Records>().ok().flatten().unwrap_or_default());
        let (cancel, attempt) = (Cancel::new(), ctx.info().attempt);
        let heartbeat = Heartbeat::begin(ctx, cancel.clone(), records.clone());
        let mut host = Host::new(call.thread.as_str().into());
        host.incarnation = call.incarnation.as_str().into();
        host.cancel = cancel.clone();
        host.journal = Some(heartbeat.journal());
        host.cache = self.cache.clone();
        host.runtime = Some(self.runtime.clone());
        let (task, input) = (call.task.clone(), call.input.take());
        let due = DueTask { task: task.clone(), input, answers: std::mem::take(&mut call.answers) };
        let cx = Cx::of_due(Arc::new(host), call.step, due, records).with_attempt(attempt);
        let ran = graph.run_task(std::mem::take(&mut call.state), cx.clone(), &call.policy).await;
        let records = heartbeat.end();
        let error = match ran {
            Ok(Ok(outcome)) => return Ok(TaskReport { outcome, records }),
            Ok(Err(_)) if cancel.is_cancelled() => return Err(ActivityError::cancelled()),
            Ok(Err(error)) => error,
            // The state is of this worker's version, so that no other try and no other worker would do better.
            Err(error) => {
                let message = format!("a value of {:?} can't be read or written: {error}", call.graph);
                return Err(failure::unreadable(attempt, message));
            }
        };
        let verdict = Verdict::of(error.as_ref(), &call.policy, &cx);
        if verdict.pause.is_some() || call.policy.on_error.is_none() {
            return Err(verdict.into_error(attempt, records));
        }
        let failure = NodeFailure::new(task.node(), verdict.message, attempt);
        match serde_json::to_value(TaskOutcome::<JsonState>::Failed { task, failure }) {
            Ok(outcome) => Ok(TaskReport { outcome, records }),
            Err(error) => Err(failure::unreadable(attempt, error.to_string())),
        }
    }

    /// Puts the large fields of what a node wrote away.
    async fn lift(&self, graph: &ErasedGraph, outcome: &mut Value) -> Result<(), BackendError> {
        let update = outcome.pointer_mut("/finished/result/update").and_then(Value::as_object_mut);
        match (&self.blobs, update) {
            (Some(blobs), Some(update)) => blobs::lift(blobs.as_ref(), &graph.reduced, update).await,
            _ => Ok(()),
        }
    }
}

impl ActivityImplementer for NodeHost {
    fn register_all(self: Arc<Self>, definitions: &mut ActivityDefinitions) {
        for node in self.registry.nodes().into_iter().chain([UNDO.to_owned()]) {
            REGISTERING.set(node);
            definitions.register_activity::<NodeActivity>(Arc::clone(&self));
        }
        REGISTERING.take();
    }
}

impl ActivityDefinition for NodeActivity {
    type Input = TaskCall;
    type Output = TaskReport;

    fn name(&self) -> &str {
        &self.0
    }
}

impl ExecutableActivity for NodeActivity {
    type Implementer = NodeHost;

    const REQUIRES_INSTANCE: bool = true;

    fn definition() -> Self {
        Self(REGISTERING.with_borrow(String::clone))
    }

    fn execute(
        host: Option<Arc<NodeHost>>,
        ctx: ActivityContext,
        call: TaskCall,
    ) -> BoxFuture<'static, Result<TaskReport, ActivityError>> {
        Box::pin(async move {
            let host = host.expect("REQUIRES_INSTANCE says that there is one");
            host.run(ctx, call).await
        })
    }
}
