//! The forms on the wire. These forms are stored in histories: fields are only added, with a default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::inbox::{DroppedSignals, Inbox};
use crate::{GraphRun, JsonState, NodeFailure, NodePolicy, OpenJoin, Question, TaskId};

/// The form of [`WorkflowInput`]. A worker leaves runs of a newer form to newer workers.
pub(crate) const FORMAT: u32 = 1;

/// The records of [`Cx::once`](crate::Cx::once), by key.
pub(crate) type Records = BTreeMap<String, Value>;

/// The fields of a state.
pub(crate) type Fields = Map<String, Value>;

/// The input of a workflow, at its start and after its history was cut.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WorkflowInput {
    pub(crate) format: u32,
    pub(crate) graph: String,
    pub(crate) state_version: u32,
    /// The run with its graph, so that a graph that is edited later never changes a run under way.
    pub(crate) run: GraphRun<JsonState>,
    pub(crate) policy: RunPolicy,
    /// Large values are in a blob store.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_reference: bool,
    /// Answers that came before their question, and what was dropped.
    #[serde(default)]
    pub(crate) inbox: Inbox,
    /// The records of the tasks of the superstep under way, by task.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) records: BTreeMap<String, Records>,
}

/// How a run behaves. It travels with the run, so that a replay reads it from the history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RunPolicy {
    /// For nodes that name no limit of their own.
    pub(crate) timeout_ms: u64,
    pub(crate) heartbeat_ms: u64,
    /// Supersteps after which the history is cut.
    pub(crate) segment: u64,
    /// The most bytes that a run may have.
    pub(crate) bytes_max: u64,
}

/// The input of an activity: one task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TaskCall {
    pub(crate) graph: String,
    pub(crate) state_version: u32,
    pub(crate) thread: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) incarnation: String,
    pub(crate) step: u64,
    pub(crate) task: TaskId,
    pub(crate) state: Fields,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) answers: BTreeMap<String, Vec<Value>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) records: Records,
    pub(crate) policy: NodePolicy,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_reference: bool,
    pub(crate) bytes_max: u64,
}

/// The result of an activity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TaskReport {
    pub(crate) outcome: Value,
    /// Kept while the superstep lasts: a task that asked runs again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) records: Records,
}

/// The details of a node's failure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tried {
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Its records.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) records: Records,
}

/// The state of a run, at its end or wherever it stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunEnd {
    pub(crate) state: Fields,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) by_reference: bool,
}

/// The answer to the query `state`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) graph: String,
    pub(crate) state_version: u32,
    #[serde(flatten)]
    pub(crate) end: RunEnd,
    pub(crate) next: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) failures: Vec<NodeFailure>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) open_joins: Vec<OpenJoin>,
    pub(crate) questions: Vec<Question>,
    pub(crate) step: u64,
    pub(crate) finished: bool,
    #[serde(default, skip_serializing_if = "DroppedSignals::is_empty")]
    pub(crate) dropped: DroppedSignals,
}

/// How many bytes `value` has as JSON.
pub(crate) fn json_bytes<T: Serialize + ?Sized>(value: &T) -> Result<u64, serde_json::Error> {
    struct Count(u64);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value)?;
    Ok(count.0)
}

/// The deepest nesting of what travels: that of a value of a state, and what is around it. Readers of JSON give up at 128
/// levels, and a value moves some levels down on its way: from an answer into the run, and with it into a new history.
pub(crate) const DEPTH_MAX: u32 = 110;

/// Whether `value` is nested deeper than can be read everywhere.
pub(crate) fn is_too_deep(value: &Value) -> bool {
    fn fits(value: &Value, left: u32) -> bool {
        match (value, left.checked_sub(1)) {
            (Value::Array(items), Some(left)) => items.iter().all(|item| fits(item, left)),
            (Value::Object(fields), Some(left)) => fields.values().all(|field| fits(field, left)),
            (Value::Array(_) | Value::Object(_), None) => false,
            _ => true,
        }
    }
    !fits(value, DEPTH_MAX)
}
