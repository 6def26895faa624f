//! The reasoning that compatible vendors show and want back.

use serde_json::{Map, Value};

use crate::Delta;

/// The fields of a piece of reasoning whose texts come in parts.
const TEXTS: [&str; 3] = ["text", "summary", "data"];

/// The reasoning so far.
#[derive(Debug, Default)]
pub(super) struct Reasoning {
    /// The field in which the text came, and the text.
    text: Option<(&'static str, String)>,
    details: Vec<Value>,
}

impl Reasoning {
    /// Adds to the text. A gateway that writes the same text into two fields is read once.
    pub(super) fn text(&mut self, field: &'static str, more: String, deltas: &mut Vec<Delta>) {
        if more.is_empty() {
            return;
        }
        let (known, text) = self.text.get_or_insert_with(|| (field, String::new()));
        if *known == field {
            text.push_str(&more);
            deltas.push(Delta::Reasoning(more));
        }
    }

    /// Adds pieces; a piece with the index of the one before goes on with it.
    pub(super) fn details(&mut self, more: Vec<Value>) {
        for detail in more {
            match (self.details.last_mut(), detail) {
                (Some(Value::Object(last)), Value::Object(detail)) if is_same(last, &detail) => {
                    add(last, detail);
                }
                (_, detail) => self.details.push(detail),
            }
        }
    }

    /// The fields as they go back.
    pub(super) fn into_json(self) -> Option<Value> {
        let mut fields = Map::new();
        if !self.details.is_empty() {
            fields.insert("reasoning_details".to_owned(), Value::Array(self.details));
        } else if let Some((field, text)) = self.text {
            fields.insert(field.to_owned(), Value::String(text));
        }
        (!fields.is_empty()).then_some(Value::Object(fields))
    }
}

fn is_same(last: &Map<String, Value>, detail: &Map<String, Value>) -> bool {
    let same = |field: &str| last.get(field) == detail.get(field);
    detail.contains_key("index") && same("index") && same("type")
}

fn add(last: &mut Map<String, Value>, detail: Map<String, Value>) {
    for (field, value) in detail {
        match (last.get_mut(&field), value) {
            (_, Value::Null) => {}
            (Some(Value::String(text)), Value::String(more)) if TEXTS.contains(&field.as_str()) => {
                text.push_str(&more);
            }
            (_, value) => {
                last.insert(field, value);
            }
        }
    }
}
