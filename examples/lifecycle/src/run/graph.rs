//! The lifecycle as a graph: stages in a row, each of which may end the run.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, ErrorKind};
use ae_langflow::{CompileError, Cx, END, Graph, START, StateGraph, Stop};

use super::{
    Ports, RunState,
    stages::{FINISH, Halt, Running, STAGES, Stage, StageInfo},
};

/// Where a stage leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Go,
    End,
}

impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Go => "go",
            Self::End => "end",
        })
    }
}

/// The graph of a run over `ports`; without ports it can be looked at, and no stage of it runs.
///
/// # Errors
///
/// Never for the stages as they are; a mistake in their order is listed.
pub fn lifecycle(ports: Option<&Arc<Ports>>) -> Result<Graph<RunState>, CompileError> {
    let mut graph = StateGraph::<RunState>::new("lifecycle");
    let mut before = START;
    for stage in &STAGES {
        graph = graph.add_node(stage.name, node(ports, stage));
        graph = if before == START || stage.name == FINISH {
            graph.add_edge(before, stage.name)
        } else {
            let targets = [(Then::Go, stage.name), (Then::End, FINISH)];
            graph.add_conditional_edges(
                before,
                |state: &RunState| if state.end.is_some() { Then::End } else { Then::Go },
                targets,
            )
        };
        before = stage.name;
    }
    graph.add_edge(FINISH, END).compile()
}

/// A stage as a node.
fn node(
    ports: Option<&Arc<Ports>>,
    info: &'static StageInfo,
) -> impl Fn(Arc<RunState>, Cx) -> Running<Stop> + Send + Sync + 'static {
    let ports = ports.cloned();
    move |state, cx| {
        let ports = ports.clone();
        Box::pin(async move {
            let ports = may_begin(ports, &state, info.name).await?;
            ports.progress.stage(info.name);
            Halt::settled((info.run)(Stage { ports, state, cx, name: info.name })).await
        })
    }
}

/// Looks before each stage whether the run was cancelled, so that no stage begins after it. A row that can't be read
/// stops the run too: a cancellation may be in it.
async fn may_begin(
    ports: Option<Arc<Ports>>,
    state: &RunState,
    name: &'static str,
) -> Result<Arc<Ports>, BackendError> {
    let stop = |kind, message: String| BackendError::new(kind, "lifecycle", name, message);
    let ports = ports.ok_or_else(|| stop(ErrorKind::Unsupported, "this run is only looked at".to_owned()))?;
    let Some(start) = &state.start else { return Ok(ports) };
    match ports.runs.get(start.run).await {
        Ok(row) if row.cancel_requested => {
            Err(stop(ErrorKind::Cancelled, "the run was cancelled; nothing more is done".to_owned()))
        }
        Ok(_) => Ok(ports),
        Err(error) => {
            let message = format!("whether the run was cancelled can't be read: {error}");
            Err(stop(error.kind(), message).with_source(error))
        }
    }
}
