//! Outcomes of tasks are taken in.

use std::collections::{BTreeMap, BTreeSet};

use super::{GraphRun, writers::Writers};
use crate::{
    Change, NodeFailure, Question, RunError, State, TaskId, TaskOutcome, TaskResult, run::Next,
    run::change::Write, run::route::Follow,
};

/// Results by task, in the order of folding.
type Results<S> = Vec<(TaskId, TaskResult<S>)>;

/// Outcomes, sorted by what they mean.
struct Sorted<S: State> {
    finished: Results<S>,
    asked: Vec<Question>,
    asking: BTreeSet<TaskId>,
    /// How many tasks that could run have not.
    left: usize,
}

impl<S: State> GraphRun<S> {
    /// Takes outcomes in, and gives back the change that ends or parks the superstep once there is one. The change is
    /// not folded yet; until then the run must not be used for anything else.
    pub(crate) fn take(&mut self, outcomes: Vec<TaskOutcome<S>>) -> Result<Option<Change<S>>, RunError> {
        let Sorted { finished, asked, asking, left } = self.sort(outcomes)?;
        self.check_writers(&finished)?;
        // A task that ran again asks all of its questions again.
        let still_open = |question: &&Question| {
            let task = question.task();
            !asking.contains(&task) && !has(&finished, &task)
        };
        let named = |mut question: Question| {
            question.token = self.position.token(&question);
            question
        };
        let asked: Vec<_> = asked.into_iter().map(named).collect();
        let open: Vec<_> = self.position.questions.iter().filter(still_open).chain(&asked).collect();
        check_questions(&open)?;
        if left == 0 && open.is_empty() {
            return self.close(finished).map(Some);
        }
        self.unstored.extend(finished.iter().map(|(task, _)| task.clone()).chain(asking));
        self.position.hold(finished, asked);
        if left > 0 {
            return Ok(None);
        }
        let (at, unstored) = (&mut self.position, &self.unstored);
        if unstored.len() > 1 {
            // Those that were open before come first, then the new ones by task, whichever asked first: a person sees the
            // same order each time and on every host.
            at.questions
                .sort_by_cached_key(|question| Some(question.task()).filter(|task| unstored.contains(task)));
        }
        let finished =
            unstored.iter().filter_map(|task| Some((task.clone(), at.finished.get(task)?.clone())));
        let asked = at.questions.iter().filter(|question| unstored.contains(&question.task()));
        Ok(Some(Change::Parked { finished: finished.collect(), questions: asked.cloned().collect() }))
    }

    /// The change that ends a superstep of one task, which finished. Its labels are computed on the state with its
    /// writes, which no copy is made of; the run has folded the change already, and is of no use after an error.
    pub(crate) fn finish_alone(
        &mut self,
        task: TaskId,
        mut result: TaskResult<S>,
        labels: impl FnOnce(&S) -> Vec<String>,
        keep: bool,
    ) -> Result<Option<Change<S>>, RunError> {
        let update = result.update.take();
        let kept = if keep { update.clone() } else { None };
        if let Some(update) = update {
            std::sync::Arc::make_mut(&mut self.position.state).apply(update);
        }
        if !result.failed {
            result.labels = labels(&self.position.state);
        }
        let next = follow(self, std::iter::once((&task, &result)))?;
        let change = keep.then(|| Change::Stepped(vec![Write(task, kept)], next.clone()));
        self.advance(next);
        Ok(change)
    }

    fn sort(&self, outcomes: Vec<TaskOutcome<S>>) -> Result<Sorted<S>, RunError> {
        let asking_before = self.asking();
        let mut left = self.pending().count();
        let mut finished = Vec::with_capacity(outcomes.len());
        let (mut asked, mut asking) = (Vec::new(), BTreeSet::new());
        for outcome in outcomes {
            let task = outcome.task();
            if !self.position.next.due.contains(task) || !self.is_pending(task, &asking_before) {
                return Err(RunError::NotDue { task: task.clone() });
            }
            left = left.saturating_sub(1);
            match outcome {
                TaskOutcome::Finished { task, result } => finished.push((task, result)),
                TaskOutcome::Asked { task, questions } => {
                    asked.extend(questions);
                    if !asking.insert(task.clone()) {
                        return Err(RunError::NotDue { task });
                    }
                }
                TaskOutcome::Failed { task, failure } => {
                    let result = self.handed_over(&task, failure)?;
                    finished.push((task, result));
                }
            }
        }
        finished.sort_by(|one, other| one.0.cmp(&other.0));
        let twice = finished.windows(2).find_map(|pair| match pair {
            [one, other] if one.0 == other.0 => Some(&one.0),
            _ => None,
        });
        let twice = twice.or_else(|| asking.iter().find(|task| has(&finished, task))).cloned();
        match twice {
            Some(task) => Err(RunError::NotDue { task }),
            None => Ok(Sorted { finished, asked, asking, left }),
        }
    }

    /// A failure as the result that leads to its handler.
    fn handed_over(&self, task: &TaskId, failure: NodeFailure) -> Result<TaskResult<S>, RunError> {
        let handler = self.topology.policies.get(task.node()).and_then(|policy| policy.on_error.clone());
        let Some(handler) = handler else {
            return Err(RunError::NoHandler { node: task.node().to_owned(), failure: failure.message });
        };
        let input = serde_json::json!({
            "node": failure.node, "message": failure.message, "attempts": failure.attempts,
        });
        Ok(TaskResult {
            update: None,
            labels: Vec::new(),
            goto: Vec::new(),
            sends: vec![(handler, input)],
            failed: true,
        })
    }

    /// Two tasks of one superstep may not write one last-value field.
    fn check_writers(&self, finished: &Results<S>) -> Result<(), RunError> {
        if self.width() < 2 {
            return Ok(());
        }
        let mut writers = Writers::default();
        let mut clash = None;
        let state = self.position.state.as_ref();
        let new = finished.iter().map(|(task, result)| (task, result));
        for (task, result) in self.position.finished.iter().chain(new) {
            let Some(update) = &result.update else { continue };
            state.last_value_writes(update, &mut |field| {
                if let Some((field, first)) = writers.write(field, task) {
                    clash.get_or_insert_with(|| (field, first.clone(), task.clone()));
                }
            });
        }
        clash.map_or(Ok(()), |(field, first, second)| {
            let mut nodes = vec![first.node().to_owned(), second.node().to_owned()];
            nodes.sort();
            Err(RunError::TwoWriters { step: self.position.step.saturating_add(1), field, nodes })
        })
    }

    /// The change that ends the superstep.
    fn close(&mut self, mut finished: Results<S>) -> Result<Change<S>, RunError> {
        if !self.position.finished.is_empty() {
            let before = self.position.finished.iter();
            finished.extend(before.map(|(task, result)| (task.clone(), result.clone())));
            finished.sort_by(|one, other| one.0.cmp(&other.0));
        }
        let next = follow(self, finished.iter().map(|(task, result)| (task, result)))?;
        let writes = finished.into_iter().map(|(task, result)| Write(task, result.update)).collect();
        Ok(Change::Stepped(writes, next))
    }
}

/// Whether `task` is among results that are in order.
fn has<S: State>(results: &Results<S>, task: &TaskId) -> bool {
    results.binary_search_by(|(known, _)| known.cmp(task)).is_ok()
}

/// Follows the edges of everything that finished, in task order.
fn follow<'t, S: State>(
    run: &GraphRun<S>,
    finished: impl Iterator<Item = (&'t TaskId, &'t TaskResult<S>)> + Clone,
) -> Result<Next, RunError> {
    let mut follow = Follow::new(&run.topology, &run.position.next);
    for (task, result) in finished.clone() {
        follow.finish(task, result)?;
    }
    Ok(follow.end(finished.map(|(task, _)| task)))
}

/// Ids are unique among open questions: an answer names nothing else.
fn check_questions(questions: &[&Question]) -> Result<(), RunError> {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for question in questions {
        if let Some(node) = known.insert(&question.id, &question.node) {
            let nodes = vec![node.to_owned(), question.node.clone()];
            return Err(RunError::DuplicateQuestion { id: question.id.clone(), nodes });
        }
    }
    Ok(())
}
