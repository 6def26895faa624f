//! A thread of an older version of the state is carried over.

use std::{collections::BTreeMap, sync::Arc};

use ae_core::Timestamp;
use serde_json::Value;

use super::{Point, ThreadLog};
use crate::{
    Cause, Change, Graph, GraphError, GraphRun, State,
    run::position::Position,
    state::{JsonState, Reducers},
    store::record::{Head, Loaded},
};

/// Replays the records as JSON, with the reducers that the old version named, then lets the new version take the state.
///
/// The writes of tasks of an unfinished superstep are dropped with it: they run again.
pub(super) fn replay<S: State>(
    log: &ThreadLog,
    graph: &Graph<S>,
    loaded: &Loaded,
) -> Result<GraphRun<S>, GraphError> {
    let mut last: Option<GraphRun<JsonState>> = None;
    let visit = |_, run: &GraphRun<JsonState>, _, _| last = Some(run.clone());
    follow(log, graph, loaded, visit, loaded.deltas.len())?;
    let Some(run) = last else { return Err(log.corrupt(loaded.head.seq, "there is no record")) };
    carry_over(log, loaded, run)
}

/// The points of a thread of an older version but the first `skip`, as [`replay`] would read each of them.
pub(super) fn points<S: State>(
    log: &ThreadLog,
    graph: &Graph<S>,
    loaded: &Loaded,
    skip: usize,
) -> Result<Vec<Point<S>>, GraphError> {
    let mut seen = Vec::new();
    let visit = |head, run: &GraphRun<JsonState>, at, change| {
        seen.push((head, at, run.clone(), Cause::of(&change)));
    };
    follow(log, graph, loaded, visit, skip)?;
    let points = seen.into_iter();
    points
        .map(|(head, at, run, cause)| Ok(Point { head, at, run: carry_over(log, loaded, run)?, cause }))
        .collect()
}

/// Follows the records as JSON. `visit` sees every point but the first `skip`.
fn follow<S: State>(
    log: &ThreadLog,
    graph: &Graph<S>,
    loaded: &Loaded,
    mut visit: impl FnMut(Head, &GraphRun<JsonState>, Timestamp, Change<JsonState>),
    skip: usize,
) -> Result<(), GraphError> {
    let reducers = Reducers::from_names(&loaded.header.reducers);
    let (mut index, mut sound) = (0, true);
    let watch = |head, run: &GraphRun<JsonState>, at, change| {
        sound = run.position.state.problem().is_none();
        if index >= skip {
            visit(head, run, at, change);
        }
        index += 1;
    };
    let prepare = |state: &mut JsonState| state.set_reducers(reducers);
    let unlike = || version(log, loaded, &why_unlike(loaded));
    log.replay(Arc::clone(graph.topology()), loaded, prepare, watch, 0).map_err(|error| match error {
        GraphError::StateChanged { .. } => unlike(),
        other => other,
    })?;
    if sound { Ok(()) } else { Err(unlike()) }
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
