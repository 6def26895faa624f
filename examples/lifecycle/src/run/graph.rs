//! The lifecycle as a graph: stages in a row, each of which may end the run.

use std::{future::Future, pin::Pin, sync::Arc};

use ae_core::{BackendError, ErrorKind, RunId};
use ae_langflow::{CompileError, Cx, END, Graph, START, StateGraph, Stop};

use super::{
    Life, LifeUpdate, Ports, STAGES,
    stages::{self, Stage},
};

/// Where a stage leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Go,
    End,
}

impl std::fmt::Display for Then {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Go => "go",
            Self::End => "end",
        })
    }
}

/// The graph of a run over `ports`.
///
/// # Errors
///
/// Never for the stages as they are; a mistake in their order is listed.
pub fn lifecycle(ports: &Arc<Ports>) -> Result<Graph<Life>, CompileError> {
    let mut graph = StateGraph::<Life>::new("lifecycle")
        .add_node("prepare", node(ports, "prepare", stages::prepare))
        .add_node("discover", node(ports, "discover", stages::discover))
        .add_node("validate", node(ports, "validate", stages::validate))
        .add_node("specify", node(ports, "specify", stages::specify))
        .add_node("plan", node(ports, "plan", stages::plan))
        .add_node("approve_spec", node(ports, "approve_spec", stages::approve_spec))
        .add_node("build", node(ports, "build", stages::build))
        .add_node("approve_launch", node(ports, "approve_launch", stages::approve_launch))
        .add_node("deploy", node(ports, "deploy", stages::deploy))
        .add_node("monetize", node(ports, "monetize", stages::monetize))
        .add_node("finish", node(ports, "finish", stages::finish))
        .add_edge(START, "prepare")
        .add_edge("finish", END);
    for ((stage, _), (next, _)) in STAGES.iter().zip(STAGES.iter().skip(1)) {
        let targets = [(Then::Go, *next), (Then::End, "finish")];
        graph = if *next == "finish" {
            graph.add_edge(*stage, "finish")
        } else {
            graph.add_conditional_edges(
                *stage,
                |life: &Life| if life.end.is_some() { Then::End } else { Then::Go },
                targets,
            )
        };
    }
    graph.compile()
}

/// What a stage gives back, erased so that stages of different futures have one type.
type Running = Pin<Box<dyn Future<Output = Result<LifeUpdate, Stop>> + Send>>;

/// A stage as a node.
fn node<F, Fut>(
    ports: &Arc<Ports>,
    name: &'static str,
    stage: F,
) -> impl Fn(Arc<Life>, Cx) -> Running + Send + Sync + 'static
where
    F: Fn(Stage) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<LifeUpdate, Stop>> + Send + 'static,
{
    let ports = Arc::clone(ports);
    move |life, cx| {
        let cancelled = life.seed.as_ref().is_some_and(|seed| is_cancelled(&ports, seed.run));
        if cancelled {
            let message = "the run was cancelled; nothing more is done";
            let error = BackendError::new(ErrorKind::Cancelled, "lifecycle", name, message);
            return Box::pin(std::future::ready(Err(error.into())));
        }
        ports.progress.stage(name);
        Box::pin(stage(Stage { ports: Arc::clone(&ports), life, cx, name }))
    }
}

/// Whether somebody asked for the run to end: looked up before each stage, so that no stage begins after it.
fn is_cancelled(ports: &Ports, run: RunId) -> bool {
    ports.runs.get(run).is_ok_and(|row| row.cancel_requested)
}
