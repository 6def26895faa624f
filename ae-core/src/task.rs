//! A unit of work that is routed to a model or a builder.

use serde::{Deserialize, Serialize};

crate::checked_text! {
    /// Names a task within its spec, for example `T-003`.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    pub struct TaskId: "a task id: use 1 to 64 letters, digits, '.', '_' or '-'", |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    }
}

/// The kind of work of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskKind {
    /// Decide how things fit together.
    Architecture,
    /// Write code.
    Implementation,
    /// Write or run tests.
    Testing,
    /// Write text: copy, documentation.
    Content,
    /// Format, lint, rename.
    Formatting,
    /// Find out why something fails.
    Debugging,
    /// Publish or configure.
    Operations,
}

/// A unit of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Task {
    /// Its name within the spec.
    pub id: TaskId,
    /// A few words.
    pub title: String,
    /// The work to do.
    pub description: String,
    /// The kind of work.
    pub kind: TaskKind,
    /// Whether a mistake would be a security problem.
    pub requires_security: bool,
    /// The tasks that must be done first.
    pub depends_on: Vec<TaskId>,
    /// The ids of the acceptance criteria it serves.
    pub criteria: Vec<String>,
}

impl Task {
    /// A task that depends on nothing, serves no criterion and needs no special care.
    pub fn new(id: TaskId, title: impl Into<String>, description: impl Into<String>, kind: TaskKind) -> Self {
        Self {
            id,
            title: title.into(),
            description: description.into(),
            kind,
            requires_security: false,
            depends_on: Vec::new(),
            criteria: Vec::new(),
        }
    }
}

crate::setters! { Task {
    /// Marks it as one where a mistake is a security problem.
    fn with_security(requires_security: bool);
    /// Sets the tasks that must be done first.
    fn with_depends_on(depends_on: Vec<TaskId>);
    /// Sets the ids of the acceptance criteria it serves.
    fn with_criteria(criteria: Vec<String>);
} }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_labels() {
        assert!("T-001".parse::<TaskId>().is_ok());
        for bad in ["", "a b", "../x", "é", &"x".repeat(65)] {
            assert!(bad.parse::<TaskId>().is_err(), "{bad}");
        }
    }
}
