//! A thread of an older version of the state is carried over.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::ThreadLog;
use crate::{
    Graph, GraphError, GraphRun, State,
    json_state::{JsonState, Reducers},
    position::Position,
    record::Loaded,
};

/// Replays the records as JSON, with the reducers that the old version named, then lets the new version take the state.
///
/// What tasks of an unfinished superstep had written is dropped with it: they run again.
pub(super) fn replay<S: State>(
    log: &ThreadLog,
    graph: &Graph<S>,
    loaded: &Loaded,
) -> Result<GraphRun<S>, GraphError> {
    let old = loaded.header.state_version;
    let reducers = if loaded.deltas.is_empty() {
        Reducers::default()
    } else {
        reducers(&loaded.header.reducers).map_err(|reason| version(log, loaded, &reason))?
    };
    let mut last: Option<GraphRun<JsonState>> = None;
    let prepare = |state: &mut JsonState| state.set_reducers(reducers.clone());
    let visit = |_, run: &GraphRun<JsonState>, _, _| last = Some(run.clone());
    log.replay(Arc::clone(graph.topology()), loaded, prepare, visit, loaded.deltas.len()).map_err(|error| match error {
        GraphError::StateChanged { seq, .. } => {
            let reason = format!(
                "record {seq} can't be followed without the program that wrote it: let that program reach a \
                 question, a limit or the end first"
            );
            version(log, loaded, &reason)
        }
        other => other,
    })?;
    let Some(run) = last else { return Err(log.corrupt(loaded.head.seq, "there is no record")) };
    let state = Value::Object(run.position.state.fields().clone());
    let state = S::migrate(old, state).map_err(|error| version(log, loaded, &error.to_string()))?;
    let state = serde_json::from_value(state).map_err(|error| {
        version(log, loaded, &format!("its migration gives something else than the state: {error}"))
    })?;
    let position: Position<JsonState> = run.position;
    Ok(GraphRun::at(
        Arc::clone(graph.topology()),
        Position {
            state: Arc::new(state),
            step: position.step,
            next: position.next,
            finished: BTreeMap::new(),
            questions: position.questions,
            answers: position.answers,
            woken: position.woken,
            rewinds: position.rewinds.saturating_add(1),
            moved_to: position.moved_to,
        },
    ))
}

/// The thread can't be read in this version.
pub(super) fn version(log: &ThreadLog, loaded: &Loaded, reason: &str) -> GraphError {
    GraphError::StateVersion {
        thread: log.thread.to_string(),
        found: loaded.header.state_version,
        expected: log.header.state_version,
        reason: reason.to_owned(),
    }
}

fn reducers(names: &BTreeMap<String, String>) -> Result<Reducers, String> {
    Reducers::from_names(names).map_err(|(field, reducer)| {
        format!(
            "its field {field:?} is folded by {reducer:?}, which only the program that wrote it knows: let that \
             program reach a question, a limit or the end first"
        )
    })
}
