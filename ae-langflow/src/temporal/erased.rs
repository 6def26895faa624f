//! Graphs with the type of their state erased, from JSON to JSON.

use std::{collections::BTreeSet, error::Error as StdError, sync::Arc};

use serde_json::{Error, Value};

use super::wire::Fields;
use crate::{Cx, Graph, NodePolicy, Reducers, State, Topology, json, node::BoxFuture};

/// The result of a task that ran: the outcome as JSON, or the error of the node.
pub(crate) type Ran = Result<Value, Box<dyn StdError + Send + Sync>>;

type Run = dyn Fn(Fields, Cx, NodePolicy) -> BoxFuture<'static, Result<Ran, Error>> + Send + Sync;

/// A [`Graph`] that runs tasks from JSON to JSON.
#[derive(Clone)]
pub(crate) struct ErasedGraph {
    pub(crate) topology: Arc<Topology>,
    pub(crate) state_version: u32,
    pub(crate) reducers: Reducers,
    /// The fields of the state that have a reducer.
    pub(crate) reduced: BTreeSet<&'static str>,
    run: Arc<Run>,
}

impl ErasedGraph {
    pub(crate) fn new<S: State>(graph: &Graph<S>) -> Self {
        let (topology, graph) = (Arc::clone(graph.topology()), graph.clone());
        let run = move |state: Fields, cx: Cx, policy: NodePolicy| {
            let graph = graph.clone();
            let ran = async move {
                let state: Arc<S> = Arc::new(serde_json::from_value(Value::Object(state))?);
                match graph.run_task_in_time(state, cx, &policy).await {
                    Ok(outcome) => json::to_value(&outcome).map(Ok),
                    Err(error) => Ok(Err(error)),
                }
            };
            Box::pin(ran) as BoxFuture<'static, _>
        };
        Self {
            topology,
            state_version: S::VERSION,
            reducers: Reducers::of::<S>(),
            reduced: S::reducers().iter().map(|reducer| reducer.field).collect(),
            run: Arc::new(run),
        }
    }

    /// Runs the task of `cx` once. The outer error is a state that this program can't read.
    pub(crate) async fn run_task(&self, state: Fields, cx: Cx, policy: &NodePolicy) -> Result<Ran, Error> {
        (self.run)(state, cx, policy.clone()).await
    }
}
