//! The graphs that a worker knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex},
};

use super::{
    activity::UNDO,
    erased::ErasedGraph,
    inbox::Inbox,
    wire::{FORMAT, RunEnd, WorkflowInput},
    workflow::{Active, GraphWorkflow},
};
use crate::{Graph, State, node::locked};

/// The graphs of one worker by name, with what undoes them.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    pub(crate) graphs: BTreeMap<String, ErasedGraph>,
    pub(crate) undo: BTreeMap<String, ErasedGraph>,
    pub(crate) problems: Vec<String>,
    /// Receives the end of a replayed run.
    pub(crate) ended: Option<Arc<Mutex<Option<RunEnd>>>>,
}

impl Registry {
    pub(crate) fn add<S: State>(&mut self, graph: &Graph<S>) {
        let name = graph.topology().name().to_owned();
        if graph.topology().nodes().any(|node| node == UNDO) {
            self.problems
                .push(format!("the graph {name:?} has a node {UNDO:?}, which names what undoes a run"));
        }
        if self.graphs.insert(name.clone(), ErasedGraph::new(graph)).is_some() {
            self.problems.push(format!("two graphs are named {name:?}"));
        }
    }

    pub(crate) fn tell(&self, end: &RunEnd) {
        if let Some(ended) = &self.ended {
            *locked(ended) = Some(end.clone());
        }
    }

    /// A workflow that does not know its run yet.
    pub(crate) fn workflow(self: &Arc<Self>) -> GraphWorkflow {
        GraphWorkflow { registry: Arc::clone(self), active: None, inbox: Inbox::default(), stop: None }
    }

    /// Opens a run. The error says what this worker lacks.
    pub(crate) fn open(&self, input: WorkflowInput) -> Result<Active, String> {
        let WorkflowInput { format, graph: name, state_version: found, mut run, policy, .. } = input;
        let (by_reference, records) = (input.by_reference, input.records);
        if format > FORMAT {
            return Err(format!(
                "the run has form {format}, which a newer release wrote: start a newer worker"
            ));
        }
        let graph = self
            .graphs
            .get(&name)
            .ok_or_else(|| format!("this worker knows no graph {name:?}: start one that does"))?;
        if graph.state_version != found {
            let expected = graph.state_version;
            return Err(format!(
                "the run holds version {found} of the state of {name:?}, this worker has {expected}: start a worker \
                 with version {found}"
            ));
        }
        run.set_reducers(graph.reducers.clone());
        let from_step = run.step();
        Ok(Active {
            run,
            graph: name,
            state_version: found,
            policy,
            by_reference,
            records,
            from_step,
            returned: 0,
            failures: BTreeMap::new(),
        })
    }

    /// The names of all nodes, each once.
    pub(crate) fn nodes(&self) -> BTreeSet<String> {
        self.graphs.values().flat_map(|graph| graph.topology.nodes()).map(str::to_owned).collect()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("graphs", &self.graphs.keys())
            .field("undo", &self.undo.keys())
            .finish_non_exhaustive()
    }
}
