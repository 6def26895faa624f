//! The name of a task.

use std::{cmp::Ordering, collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use crate::node::Name;

/// One run of one node in a superstep. Tasks of edges and gotos come first, by the name of their node, then those that
/// were sent, in the order of sending; their writes are folded in that order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskId {
    node: Name,
    sent: Option<u32>,
}

impl TaskId {
    /// The task of `node` that its edges cause.
    #[must_use]
    pub fn of_node(node: &str) -> Self {
        Self { node: node.into(), sent: None }
    }

    pub(crate) fn of(node: Name) -> Self {
        Self::new(node, None)
    }

    /// The task of `node`, or with `sent` that number of those that were sent in one superstep.
    pub(crate) fn new(node: Name, sent: Option<u32>) -> Self {
        Self { node, sent }
    }

    /// The name of the node.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Its number among the tasks that were sent with it, from 0; `None` for the task that the edges cause.
    #[must_use]
    pub const fn send_index(&self) -> Option<u32> {
        self.sent
    }
}

/// A task to run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DueTask {
    /// The task.
    pub task: TaskId,
    /// Its own input, when it was sent.
    pub input: Option<Value>,
    /// The answers to its questions, by their ids, each in the order in which they were given.
    pub answers: BTreeMap<String, Vec<Value>>,
}

impl Ord for TaskId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.sent, other.sent) {
            (None, None) => self.node.cmp(&other.node),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(mine), Some(theirs)) => mine.cmp(&theirs).then_with(|| self.node.cmp(&other.node)),
        }
    }
}

impl PartialOrd for TaskId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `node`, or `node#3`: node names have no `#`.
impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sent {
            None => f.write_str(&self.node),
            Some(index) => write!(f, "{}#{index}", self.node),
        }
    }
}

impl Serialize for TaskId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.sent {
            None => serializer.serialize_str(&self.node),
            Some(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let Some((node, index)) = text.split_once('#') else { return Ok(Self::of(text.into())) };
        let index = index.parse().map_err(|_| de::Error::custom("a task is `node` or `node#3`"))?;
        Ok(Self::new(node.into(), Some(index)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_comes_after_in_the_order_of_sending() {
        let mut tasks: Vec<TaskId> = ["b#10", "z", "c#9", "a"]
            .iter()
            .map(|text| serde_json::from_value((*text).into()).unwrap())
            .collect();
        tasks.sort();
        let texts: Vec<_> = tasks.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["a", "z", "c#9", "b#10"]);
        assert!(serde_json::from_str::<TaskId>("\"a#b\"").is_err());
    }
}
