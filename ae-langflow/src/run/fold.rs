//! Stored changes are followed.

use std::sync::Arc;

use super::GraphRun;
use crate::{Answer, Change, RunError, START, State, TaskId, node::guarded};

impl<S: State> GraphRun<S> {
    /// Follows a change that was stored, as the replay of a thread does. Edges are not followed again: the change
    /// says where they led.
    ///
    /// # Errors
    ///
    /// [`RunError::Panicked`] when a reducer panics. The run is of no use then; what is stored is.
    pub fn fold(&mut self, change: Change<S>) -> Result<(), RunError> {
        let editor = match &change {
            Change::Edited { node, .. } => Some(TaskId::of_node(node.as_deref().unwrap_or(START))),
            _ => None,
        };
        guarded(|| self.follow(change)).map_err(|panic| {
            let due = self.position.next.due.tasks().filter(|_| editor.is_none());
            RunError::panicked(editor.iter().chain(due).map(TaskId::node), panic)
        })
    }

    fn follow(&mut self, change: Change<S>) {
        let at = &mut self.position;
        match change {
            Change::Began | Change::Migrated => {}
            Change::Rewound => {
                self.unstored.clear();
                at.finished.clear();
                at.rewinds = at.rewinds.saturating_add(1);
            }
            Change::Stepped(writes, next) => {
                let state = Arc::make_mut(&mut at.state);
                for update in writes.into_iter().filter_map(|write| write.1) {
                    state.apply(update);
                }
                self.advance(next);
            }
            Change::Parked { finished, questions } => {
                self.unstored.clear();
                at.hold(finished, questions);
            }
            Change::Answered { answers } => self.take_answers(answers),
            Change::Edited { kept, turn, update, next, .. } => {
                turn.into_iter().for_each(|turn| at.take_turn(turn));
                for update in kept.into_iter().filter_map(|write| write.1).chain(update) {
                    Arc::make_mut(&mut at.state).apply(update);
                }
                match next {
                    Some(next) => self.advance(next),
                    None => at.ask_again(),
                }
            }
            Change::Forked { thread, incarnation } => {
                at.thread = thread;
                at.incarnation = incarnation;
            }
            Change::Moved { to } => at.moved_to = Some(to),
        }
    }

    fn take_answers(&mut self, answers: Vec<Answer>) {
        let at = &mut self.position;
        for answer in answers {
            let Some(index) = at.questions.iter().position(|question| question.id == answer.id) else {
                continue;
            };
            let task = at.questions.remove(index).task();
            at.woken.insert(task.clone());
            at.answers.entry(task).or_default().entry(answer.id).or_default().push(answer.value);
        }
    }
}
