//! Graphs with the type of their state erased, from JSON to JSON.

use std::{collections::BTreeSet, error::Error as StdError, sync::Arc};

use serde_json::{Map, Value};

use crate::{Cx, Graph, NodePolicy, Reducers, State, json, node::BoxFuture};

type BoxError = Box<dyn StdError + Send + Sync>;

/// The result of a task that ran: the outcome as JSON, or the error of the node.
pub(crate) type Ran = Result<Value, BoxError>;

/// A [`Graph`] that runs tasks from JSON to JSON.
pub(crate) trait ErasedGraph: Send + Sync {
    fn nodes(&self) -> Vec<String>;
    fn policy(&self, node: &str) -> NodePolicy;
    fn state_version(&self) -> u32;
    fn reducers(&self) -> Reducers;
    /// The fields of the state that have a reducer.
    fn reduced(&self) -> BTreeSet<&'static str>;
    /// Runs the task of `cx` once. The outer error is a state that this program can't read.
    fn run_task<'a>(
        &'a self,
        state: Map<String, Value>,
        cx: Cx,
        policy: &'a NodePolicy,
    ) -> BoxFuture<'a, Result<Ran, serde_json::Error>>;
}

impl<S: State> ErasedGraph for Graph<S> {
    fn nodes(&self) -> Vec<String> {
        self.topology().nodes().map(str::to_owned).collect()
    }

    fn policy(&self, node: &str) -> NodePolicy {
        self.topology().policy(node)
    }

    fn state_version(&self) -> u32 {
        S::VERSION
    }

    fn reducers(&self) -> Reducers {
        Reducers::of::<S>()
    }

    fn reduced(&self) -> BTreeSet<&'static str> {
        S::reducers().iter().map(|reducer| reducer.field).collect()
    }

    fn run_task<'a>(
        &'a self,
        state: Map<String, Value>,
        cx: Cx,
        policy: &'a NodePolicy,
    ) -> BoxFuture<'a, Result<Ran, serde_json::Error>> {
        Box::pin(async move {
            let state: Arc<S> = Arc::new(serde_json::from_value(Value::Object(state))?);
            match self.run_task_in_time(state, cx, policy).await {
                Ok(outcome) => json::to_value(&outcome).map(Ok),
                Err(error) => Ok(Err(error)),
            }
        })
    }
}
