//! The writers of each field in a superstep.

use std::collections::BTreeMap;

use crate::TaskId;

/// The first writer of each field for which the last value counts.
#[derive(Default)]
pub(super) struct Writers<'t> {
    fields: BTreeMap<String, &'t TaskId>,
    /// Of nested states, by `field.`: the first task that writes a part.
    parts: BTreeMap<String, &'t TaskId>,
}

impl<'t> Writers<'t> {
    /// Takes up a write, as [`State::last_value_writes`](crate::State::last_value_writes) names it, and gives back the
    /// field and its writer if it is another task's. Tasks come one after the other.
    pub(super) fn write(&mut self, name: &str, task: &'t TaskId) -> Option<(String, &'t TaskId)> {
        let other = |writer: Option<&&'t TaskId>| writer.copied().filter(|writer| *writer != task);
        // A task that writes the whole of a nested state drops what others write to its parts.
        for (dot, _) in name.match_indices('.') {
            let whole = name.get(..dot).unwrap_or_default();
            if let Some(writer) = other(self.fields.get(whole)) {
                return Some((whole.to_owned(), writer));
            }
        }
        if name.ends_with('.') {
            self.parts.entry(name.to_owned()).or_insert(task);
            return None;
        }
        let part = if self.parts.is_empty() { None } else { self.parts.get(&format!("{name}.")) };
        if let Some(writer) = other(self.fields.get(name)).or_else(|| other(part)) {
            return Some((name.to_owned(), writer));
        }
        self.fields.entry(name.to_owned()).or_insert(task);
        None
    }
}
