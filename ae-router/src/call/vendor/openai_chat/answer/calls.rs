//! Calls of tools, by whatever the server tells them apart.

use serde::Deserialize;
use serde_json::Value;

use super::super::super::openai_shared::{Pieces, made_up};
use crate::Delta;

/// A call, or what is added to it.
#[derive(Deserialize)]
pub(super) struct Call {
    index: Option<u64>,
    id: Option<String>,
    function: Option<Function>,
}

#[derive(Default, Deserialize)]
pub(super) struct Function {
    name: Option<String>,
    arguments: Option<Value>,
}

impl Call {
    /// The only call of an answer.
    pub(super) fn alone(function: Function) -> Self {
        Self { index: Some(0), id: None, function: Some(function) }
    }
}

/// The calls so far. A slot's number is the key of its call.
#[derive(Debug, Default)]
pub(super) struct Slots {
    answer: String,
    list: Vec<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    index: Option<u64>,
    id: String,
    /// Arguments that came before the name.
    early: String,
}

impl Slots {
    /// The id and the time of the answer, from which the ids of calls are made that have none.
    pub(super) fn answer(&mut self, id: Option<String>, created: Option<Value>) {
        if self.answer.is_empty() && (id.is_some() || created.is_some()) {
            self.answer = format!("{}/{}", id.unwrap_or_default(), created.unwrap_or_default());
        }
    }

    pub(super) fn take(&mut self, call: Call, pieces: &mut Pieces, deltas: &mut Vec<Delta>) {
        let id = call.id.unwrap_or_default();
        let function = call.function.unwrap_or_default();
        let name = function.name.unwrap_or_default();
        let at = self.find(call.index, &id, &name);
        let Some(slot) = self.list.get_mut(at) else { return };
        if slot.id.is_empty() {
            slot.id = id;
        }
        let key = u64::try_from(at).unwrap_or(u64::MAX);
        if !name.is_empty() && !pieces.has_call(key) {
            if slot.id.is_empty() {
                slot.id = made_up(&self.answer, at);
            }
            pieces.begin(key, &slot.id, &name, deltas);
            pieces.arguments(key, &std::mem::take(&mut slot.early), deltas);
        }
        let arguments = match function.arguments {
            None | Some(Value::Null) => return,
            Some(Value::String(text)) => text,
            // Some write JSON in place of its text.
            Some(json) => json.to_string(),
        };
        if pieces.has_call(key) {
            pieces.arguments(key, &arguments, deltas);
        } else {
            slot.early.push_str(&arguments);
        }
    }

    /// The slot of a call, or a new one. The index is the vendor's rule; some servers leave it out, or write 0 for each of
    /// several calls, so that the id tells, or the name, which comes once.
    fn find(&mut self, index: Option<u64>, id: &str, name: &str) -> usize {
        let known = match index {
            Some(_) => self.list.iter().rposition(|slot| slot.index == index),
            None if !id.is_empty() => self.list.iter().rposition(|slot| slot.id == id),
            None if name.is_empty() => self.list.len().checked_sub(1),
            None => None,
        };
        let is_other =
            |slot: &Slot| !name.is_empty() && !id.is_empty() && !slot.id.is_empty() && slot.id != id;
        match known {
            Some(at) if !self.list.get(at).is_some_and(is_other) => at,
            _ => {
                self.list.push(Slot { index, ..Slot::default() });
                self.list.len() - 1
            }
        }
    }
}
