//! The fields of a request, each taken once by name. What is left over is an error: nothing is dropped silently.

use std::fmt;

use serde_json::{Map, Value};

/// A field that can't be carried, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bad {
    /// The path of the field, for example `messages[0].content`.
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Bad {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.field, self.message)
        }
    }
}

/// The fields of one object. A field that is `null` is not there.
#[derive(Debug)]
pub(crate) struct Fields {
    at: String,
    map: Map<String, Value>,
}

impl Fields {
    /// The fields of `value`, which stands at `at`.
    pub(crate) fn of(value: Value, at: impl Into<String>) -> Result<Self, Bad> {
        let at = at.into();
        match value {
            Value::Object(map) => Ok(Self { at, map }),
            _ => Err(Bad::new(at, "an object is expected")),
        }
    }

    /// The path of a field.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    pub(crate) fn bad(&self, name: &str, message: impl Into<String>) -> Bad {
        Bad::new(self.path(name), message)
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Bad> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.bad(name, "a string is expected")),
        }
    }

    pub(crate) fn needed_text(&mut self, name: &str) -> Result<String, Bad> {
        self.text(name)?.ok_or_else(|| self.bad(name, "it is missing"))
    }

    pub(crate) fn number(&mut self, name: &str) -> Result<Option<f64>, Bad> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| self.bad(name, "a number is expected")),
        }
    }

    pub(crate) fn count(&mut self, name: &str) -> Result<Option<u64>, Bad> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => {
                let message = "a whole number of 0 or more is expected";
                value.as_u64().map(Some).ok_or_else(|| self.bad(name, message))
            }
        }
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, Bad> {
        match self.take(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| self.bad(name, "true or false is expected")),
        }
    }

    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<Value>, Bad> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(self.bad(name, "a list is expected")),
        }
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, Bad> {
        let path = self.path(name);
        self.take(name).map(|value| Self::of(value, path)).transpose()
    }

    /// Accepts a field only where it asks for nothing beyond what is done anyway.
    pub(crate) fn only(&mut self, name: &str, neutral: &[Value], why: &str) -> Result<(), Bad> {
        match self.take(name) {
            Some(value) if !neutral.contains(&value) => Err(self.bad(name, why)),
            _ => Ok(()),
        }
    }

    /// Accepts fields without effect on the answer.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.map.remove(*name);
        }
    }

    /// Refuses what was not taken.
    pub(crate) fn end(self) -> Result<(), Bad> {
        match self.map.iter().find(|(_, value)| !value.is_null()) {
            Some((name, _)) => {
                let name: String = name.chars().take(80).collect();
                Err(self.bad(&name, "this proxy can't carry the field: leave it out"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_is_taken_or_named() {
        let mut fields = Fields::of(json!({ "a": 1, "b": null, "c": { "d": "x" }, "n": 0.0 }), "").unwrap();
        assert_eq!(fields.count("a").unwrap(), Some(1));
        assert_eq!(fields.text("b").unwrap(), None);
        fields.only("n", &[json!(0), json!(0.0)], "no").unwrap();
        let mut inner = fields.object("c").unwrap().unwrap();
        assert_eq!(inner.flag("d").unwrap_err(), Bad::new("c.d", "true or false is expected"));
        fields.end().unwrap();
        let left = Fields::of(json!({ "z": false }), "tools[0]").unwrap().end().unwrap_err();
        assert_eq!(left.field, "tools[0].z");
    }
}
