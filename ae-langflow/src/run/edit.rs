//! Input from outside: answers, writes, and the end of a thread's time here.

use std::collections::BTreeMap;

use super::GraphRun;
use crate::{
    Answer, Change, RunError, START, State, TaskId,
    run::route::Follow,
    run::{Next, Turned, Write},
};

impl<S: State> GraphRun<S> {
    /// Answers open questions and gives back the change to store. Only the tasks whose question was answered run.
    ///
    /// # Errors
    ///
    /// [`RunError::UnknownQuestion`] when an id is not open (any more), or answered twice in one call,
    /// [`RunError::StaleAnswer`] when it was asked again since.
    pub fn answer(&mut self, answers: Vec<Answer>) -> Result<Change<S>, RunError> {
        self.check_answers(&answers)?;
        let change = Change::Answered { answers };
        self.fold(change.clone())?;
        Ok(change)
    }

    /// Whether [`answer`](Self::answer) would take these.
    ///
    /// # Errors
    ///
    /// Those of [`answer`](Self::answer).
    pub fn check_answers(&self, answers: &[Answer]) -> Result<(), RunError> {
        let questions = &self.position.questions;
        let mut open: BTreeMap<&str, _> =
            questions.iter().map(|question| (question.id.as_str(), question)).collect();
        for answer in answers {
            match open.remove(answer.id.as_str()) {
                Some(question) if question.takes(answer) => {}
                Some(_) => return Err(RunError::StaleAnswer { id: answer.id.clone() }),
                None => {
                    let open = questions.iter().map(|question| question.id.clone()).collect();
                    return Err(RunError::UnknownQuestion { id: answer.id.clone(), open });
                }
            }
        }
        Ok(())
    }

    /// Writes `update` from outside. With `node`, a node or [`START`], it is as if that node had written it: its edges
    /// are followed with `labels`, which its routers gave for the state after the write, and what was due is
    /// abandoned, but for the writes of what had finished. A subgraph is such a node too. Without one the superstep stays under way: the tasks that have not
    /// finished run on the new state, and ask again what they had asked.
    ///
    /// # Errors
    ///
    /// [`RunError::UnknownNode`], those of following the edges, and [`RunError::Panicked`].
    pub fn edit(
        &mut self,
        update: Option<S::Update>,
        node: Option<&str>,
        labels: &[String],
    ) -> Result<Change<S>, RunError> {
        self.edit_in_turn(update, node, labels, None)
    }

    /// [`edit`](Self::edit), perhaps as a turn.
    pub(crate) fn edit_in_turn(
        &mut self,
        update: Option<S::Update>,
        node: Option<&str>,
        labels: &[String],
        turn: Option<Turned>,
    ) -> Result<Change<S>, RunError> {
        let next = match node {
            None => None,
            Some(node) => {
                if node != START && !self.topology.nodes.contains(node) {
                    return Err(RunError::UnknownNode { node: node.to_owned() });
                }
                // What had arrived at waiting edges belongs to what is abandoned.
                let mut follow = Follow::new(&self.topology, &Next::default());
                let node = self.topology.leaves_as(node);
                follow.leave(&node, labels, &[])?;
                Some(follow.end(std::iter::once(&TaskId::of(node))))
            }
        };
        let mut kept = Vec::new();
        if next.is_some() {
            for (task, result) in &self.position.finished {
                kept.extend(result.update.clone().map(|update| Write(task.clone(), Some(update))));
            }
        }
        let change = Change::Edited { kept, turn, update, node: node.map(str::to_owned), next };
        self.fold(change.clone())?;
        Ok(change)
    }

    /// Says which thread it is. Threads of one name are kept apart by `incarnation`, which is made for each of them and is
    /// part of the names of its questions and effects: give [`Cx::with_incarnation`](crate::Cx::with_incarnation) the
    /// same.
    #[must_use]
    pub fn named(mut self, thread: impl Into<String>, incarnation: impl Into<String>) -> Self {
        self.position.thread = thread.into();
        self.position.incarnation = incarnation.into();
        self
    }

    /// The name that keeps it apart from other threads of its own name; empty when it was never [named](Self::named).
    #[must_use]
    pub fn incarnation(&self) -> &str {
        &self.position.incarnation
    }

    /// The same run as it goes on where it was moved to.
    #[must_use]
    pub fn arrived(mut self) -> Self {
        self.position.moved_to = None;
        self
    }
}
