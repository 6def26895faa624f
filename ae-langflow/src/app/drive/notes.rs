//! The notes that a call leaves for the next one.

use super::{Drive, Recorded};
use crate::{
    GraphError, GraphRun, State, TaskOutcome, app::log::ThreadLog, app::notes::finished_key, json,
    store::record::Head, store::record::TaskRecord,
};

/// The task of the notes that are not about a task: names of nodes have no `#`.
const OF_THE_CALL: &str = "#call";

/// The notes of a superstep, read.
pub(crate) struct Noted<S: State> {
    /// The outcomes of tasks that are not part of the run yet.
    pub(crate) finished: Vec<TaskOutcome<S>>,
    /// The records of `once`.
    pub(crate) once: Recorded,
    /// The last call ended here.
    pub(crate) left: bool,
}

impl<S: State> Noted<S> {
    pub(crate) fn read(log: &ThreadLog, run: &GraphRun<S>, notes: &[TaskRecord]) -> Result<Self, GraphError> {
        let seq = log.head.map_or(0, |head| head.seq);
        let finished = finished_key(run);
        let mut noted = Self { finished: Vec::new(), once: Recorded::new(), left: false };
        for note in notes {
            if note.key == finished {
                let outcome: TaskOutcome<S> =
                    json::from_str(&note.value).map_err(|error| log.damaged_note(seq, &error))?;
                // What a parked superstep holds already was noted as well.
                if !run.position.finished.contains_key(outcome.task()) {
                    noted.finished.push(outcome);
                }
            } else if let Some(key) = note.key.strip_prefix("once:") {
                let value =
                    serde_json::from_str(&note.value).map_err(|error| log.damaged_note(seq, &error))?;
                noted.once.entry(note.task.clone()).or_default().insert(key.to_owned(), value);
            } else if note.task == OF_THE_CALL && log.head.is_some_and(|head| note.key == left_key(head)) {
                noted.left = true;
            }
        }
        Ok(noted)
    }
}

impl<S: State> Drive<'_, S> {
    /// Notes that the call ends here with work to do: the next one need not wait for it. Without the note it waits.
    pub(crate) async fn leave(&self) {
        let Some(log) = &self.log else { return };
        if let (Some(head), false) = (log.head, self.run.rests()) {
            let note = TaskRecord::new(head.step, OF_THE_CALL, left_key(head), "null");
            let _ = log.note(vec![note]).await;
        }
    }
}

fn left_key(head: Head) -> String {
    format!("left@{}", head.seq)
}
