//! Where a thread stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ae_core::DigestWriter;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::{Question, State, TaskId, TaskResult, json, run::Next};

/// Where a thread stands: what a snapshot holds. The shape of the graph is not part of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Position<S: State> {
    #[serde(serialize_with = "mark_shared", deserialize_with = "shared::deserialize")]
    pub(crate) state: Arc<S>,
    /// Supersteps completed.
    pub(crate) step: u64,
    /// The tasks of the superstep under way, and what is held back. No tasks: the thread has ended.
    pub(crate) next: Next,
    /// The tasks that have finished.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) finished: BTreeMap<TaskId, TaskResult<S>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) questions: Vec<Question>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) answers: BTreeMap<TaskId, BTreeMap<String, Vec<Value>>>,
    /// The tasks that were answered since they last ran.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) woken: BTreeSet<TaskId>,
    /// How often a superstep began again: notes of finished tasks from before are void.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) rewinds: u64,
    /// How often the state was written from outside within a superstep: questions from before are void.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) edits: u64,
    /// The thread's name. A copy that has not run yet has that of its original.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) thread: String,
    /// Keeps threads of one name apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) incarnation: String,
    /// The names of the turns that were taken once, the last [`TURNS_MAX`] of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) turns: Vec<String>,
    /// The record before the last turn; 0 when that began the thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) turn_from: Option<u64>,
    /// Where the thread goes on, if not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved_to: Option<String>,
}

/// How many turns are remembered: more than callers try again at a time.
const TURNS_MAX: usize = 128;

/// A turn that was taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Turned {
    /// The name that it is remembered by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The record before it.
    pub(crate) from: u64,
    /// It took the turn before it back: the record whose state it began with, 0 for a new one. A snapshot comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) back_to: Option<u64>,
}

impl<S: State> Position<S> {
    /// The beginning of a thread.
    pub(crate) fn new(state: Arc<S>, next: Next) -> Self {
        Self {
            state,
            step: 0,
            next,
            finished: BTreeMap::new(),
            questions: Vec::new(),
            answers: BTreeMap::new(),
            woken: BTreeSet::new(),
            rewinds: 0,
            edits: 0,
            thread: String::new(),
            incarnation: String::new(),
            turns: Vec::new(),
            turn_from: None,
            moved_to: None,
        }
    }

    /// Goes to the superstep after this one.
    pub(crate) fn advance(&mut self, next: Next) {
        self.step = self.step.saturating_add(1);
        self.next = next;
        self.reset();
    }

    /// Forgets what the superstep under way came to.
    pub(crate) fn reset(&mut self) {
        self.finished.clear();
        self.forget_questions();
    }

    fn forget_questions(&mut self) {
        self.questions.clear();
        self.answers.clear();
        self.woken.clear();
    }

    /// Remembers a turn.
    pub(crate) fn take_turn(&mut self, turned: Turned) {
        self.turn_from = Some(turned.from);
        self.turns.extend(turned.id);
        let old = self.turns.len().saturating_sub(TURNS_MAX);
        self.turns.drain(..old);
    }

    /// Whether a turn of this name was taken.
    pub(crate) fn has_taken(&self, name: &str) -> bool {
        self.turns.iter().any(|taken| taken == name)
    }

    /// Goes back to a state before the last turn, with nothing to do.
    pub(crate) fn roll_back(&mut self, state: Arc<S>) {
        self.state = state;
        self.next = Next::default();
        self.reset();
    }

    /// Forgets the questions of the superstep under way, which goes on: they were asked of another state.
    pub(crate) fn ask_again(&mut self) {
        self.edits = self.edits.saturating_add(1);
        self.forget_questions();
    }

    /// Takes in tasks that finished or asked. One that ran again asks all of its questions again, and an answer that was
    /// not understood is dropped then.
    pub(crate) fn hold(
        &mut self,
        finished: impl IntoIterator<Item = (TaskId, TaskResult<S>)>,
        asked: Vec<Question>,
    ) {
        let mut ran = BTreeSet::new();
        for question in &asked {
            let task = question.task();
            let answers = self.answers.get_mut(&task);
            if let Some(answers) = answers.and_then(|answers| answers.get_mut(&question.id)) {
                answers.truncate(usize::try_from(question.earlier).unwrap_or(usize::MAX));
            }
            ran.insert(task);
        }
        for (task, result) in finished {
            ran.insert(task.clone());
            self.finished.insert(task, result);
        }
        self.questions.retain(|question| !ran.contains(&question.task()));
        self.questions.extend(asked);
        self.woken.retain(|task| !ran.contains(task));
    }

    /// The name of an asking in the superstep under way.
    pub(crate) fn token(&self, question: &Question) -> String {
        let digest = DigestWriter::new("ae-langflow question")
            .field(self.thread.as_bytes())
            .field(self.incarnation.as_bytes())
            .field(&self.step.to_be_bytes())
            .field(&self.edits.to_be_bytes())
            .field(question.id.as_bytes())
            .field(&question.earlier.to_be_bytes());
        digest.finish().short(16)
    }
}

fn mark_shared<T: Serialize, S: Serializer>(value: &Arc<T>, to: S) -> Result<S::Ok, S::Error> {
    json::mark(value.as_ref(), to)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// `Arc` without serde's `rc` feature, which would turn it on for everyone.
pub(crate) mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        value: &Arc<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}
