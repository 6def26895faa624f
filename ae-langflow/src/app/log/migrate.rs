//! A thread of an older version of the state is carried over.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::ThreadLog;
use crate::{
    Graph, GraphError, GraphRun, State,
    run::position::Position,
    state::{JsonState, Reducers},
    store::record::Loaded,
};

/// Replays the records as JSON, with the reducers that the old version named, then lets the new version take the state.
///
/// The writes of tasks of an unfinished superstep are dropped with it: they run again.
pub(super) fn replay<S: State>(
    log: &mut ThreadLog,
    graph: &Graph<S>,
    loaded: &Loaded,
) -> Result<GraphRun<S>, GraphError> {
    let reducers = Reducers::from_names(&loaded.header.reducers);
    let prepare = |state: &mut JsonState| state.set_reducers(reducers);
    match log.replay(graph.topology(), loaded, prepare) {
        Ok(run) if run.position.state.problem().is_none() => carry_over(log, loaded, run),
        Ok(_) | Err(GraphError::StateChanged { .. }) => Err(version(log, loaded, &why_unlike(loaded))),
        Err(error) => Err(error),
    }
}

/// Why changes can't be followed as JSON, and what to do.
fn why_unlike(loaded: &Loaded) -> String {
    match loaded.header.reducers.iter().find(|(_, name)| Reducers::is_foreign(name)) {
        Some((field, name)) => format!(
            "its field {field:?} is folded by {name:?}, which only the program that wrote it knows: let that program \
             reach a question or the end first"
        ),
        None => "its fields fold otherwise without the program that wrote it: finish this thread with that program"
            .to_owned(),
    }
}

/// Lets this version of the state take one of an older version.
fn carry_over<S: State>(
    log: &ThreadLog,
    loaded: &Loaded,
    run: GraphRun<JsonState>,
) -> Result<GraphRun<S>, GraphError> {
    let state = Value::Object(run.position.state.fields().clone());
    let state = S::migrate(loaded.header.state_version, state)
        .map_err(|error| version(log, loaded, &error.to_string()))?;
    let state = serde_json::from_value(state).map_err(|error| {
        version(log, loaded, &format!("its migration gives something else than the state: {error}"))
    })?;
    let topology = Arc::clone(run.topology());
    let position: Position<JsonState> = run.position;
    Ok(GraphRun::at(
        topology,
        Position {
            state: Arc::new(state),
            step: position.step,
            next: position.next,
            finished: BTreeMap::new(),
            questions: position.questions,
            answers: position.answers,
            woken: position.woken,
            rewinds: position.rewinds.saturating_add(1),
            edits: position.edits,
            thread: position.thread,
            incarnation: position.incarnation,
            turns: position.turns,
            turn_from: position.turn_from,
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
