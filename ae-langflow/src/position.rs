//! Where a thread stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Question, State, TaskId, TaskResult};

/// Where a thread stands: what a snapshot holds. The shape of the graph is not part of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Position<S: State> {
    #[serde(with = "shared")]
    pub(crate) state: Arc<S>,
    /// Supersteps completed.
    pub(crate) step: u64,
    /// The tasks of the superstep under way. None: the thread has ended.
    pub(crate) due: BTreeSet<TaskId>,
    /// Those of them that have finished.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) finished: BTreeMap<TaskId, TaskResult<S>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) questions: Vec<Question>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) answers: BTreeMap<TaskId, BTreeMap<String, Value>>,
    /// The tasks that were answered since they last ran.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) woken: BTreeSet<TaskId>,
    /// Who has arrived at each waiting edge.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) arrived: BTreeMap<String, BTreeSet<String>>,
}

impl<S: State> Position<S> {
    /// An answer that was not understood is dropped with its question asked again.
    pub(crate) fn set_questions(&mut self, questions: Vec<Question>) {
        for question in &questions {
            if let Some(answers) = self.answers.get_mut(&TaskId::of_node(&question.node)) {
                answers.remove(&question.id);
            }
        }
        self.questions = questions;
    }
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
