//! The name of a task.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One run of one node in a superstep. Tasks are ordered by name, and their writes are folded in that order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(Arc<str>);

impl TaskId {
    /// The task of `node`.
    #[must_use]
    pub fn of_node(node: &str) -> Self {
        Self(node.into())
    }

    /// The name of the node. Node names have no `#`, which later sets apart several tasks of one node.
    #[must_use]
    pub fn node(&self) -> &str {
        self.0.split_once('#').map_or(&*self.0, |(node, _)| node)
    }

    /// The task as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for TaskId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?.into()))
    }
}
