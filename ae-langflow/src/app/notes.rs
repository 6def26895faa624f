//! Notes of the superstep under way: which tasks have finished, and how others failed.
//!
//! They are fenced by the head of the thread and go when the superstep is complete, so what they say is never of
//! another superstep.

use std::collections::{BTreeMap, BTreeSet};

use crate::{GraphRun, NodeFailure, State, TaskId, store::record::TaskRecord};

/// The number of failures that are noted in one superstep; after that the last of them stays.
pub(crate) const FAILURES_MAX: usize = 100;

const FAILURE: &str = "failed:";

/// The key under which a finished task is noted. A superstep that begins again makes it void.
pub(crate) fn finished_key<S: State>(run: &GraphRun<S>) -> String {
    format!("done@{}", run.position.rewinds)
}

/// The key of failure number `number` of a superstep. They sort by it.
pub(crate) fn failure_key(number: usize) -> String {
    format!("{FAILURE}{number:03}")
}

pub(crate) fn is_failure(note: &TaskRecord) -> bool {
    note.key.starts_with(FAILURE)
}

/// The tasks that have neither finished nor been noted as finished, in order, and the last failure of each one that has
/// failed and not asked since.
pub(crate) fn unfinished<'r, S: State>(
    run: &'r GraphRun<S>,
    notes: &[TaskRecord],
) -> (Vec<&'r TaskId>, Vec<NodeFailure>) {
    let key = finished_key(run);
    let done: BTreeSet<&str> =
        notes.iter().filter(|note| note.key == key).map(|note| note.task.as_str()).collect();
    let mut failed: BTreeMap<&str, &TaskRecord> = BTreeMap::new();
    for note in notes.iter().filter(|note| is_failure(note)) {
        let last = failed.entry(&note.task).or_insert(note);
        if last.key < note.key {
            *last = note;
        }
    }
    let left: Vec<_> = run.unfinished().filter(|task| !done.contains(task.to_string().as_str())).collect();
    let asks = |task: &TaskId| run.questions().iter().any(|question| question.task() == *task);
    let failures = left.iter().filter(|task| !asks(task)).filter_map(|task| {
        let note = failed.get(task.to_string().as_str())?;
        serde_json::from_str(&note.value).ok()
    });
    let failures = failures.collect();
    (left, failures)
}
