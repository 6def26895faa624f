//! The knowledge of the simulator.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::server::Reply;

/// The version of the API that is simulated.
pub(super) const VERSION: &str = "2026-10-28.endive";

/// A stored answer under an idempotency key.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) request: String,
    pub(super) reply: Reply,
    pub(super) at: i64,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) base: String,
    pub(super) livemode: bool,
    /// Stands instead of runs, when set.
    pub(super) time: Option<i64>,
    pub(super) skipped: i64,
    count: u64,
    objects: BTreeMap<&'static str, Vec<Value>>,
    pub(super) keys: BTreeMap<String, Stored>,
    /// The next POST fails with a 500 that is stored: with its effect, or without.
    pub(super) poison: Option<bool>,
    pub(super) secrets: BTreeMap<String, String>,
    /// Events on their way: the endpoint's id, and the event's.
    pub(super) outbox: VecDeque<(String, String)>,
}

impl State {
    pub(super) fn now(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "a simulator with the time of day")]
        let real = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
        };
        self.time.unwrap_or_else(real) + self.skipped
    }

    /// A new id.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}_{:014}", self.count)
    }

    /// Keeps a new object, with its time and mode, and gives it back.
    pub(super) fn add(&mut self, kind: &'static str, id: &str, mut object: Value) -> Value {
        object["id"] = json!(id);
        object["livemode"] = json!(self.livemode);
        if object.get("created").is_none() {
            object["created"] = json!(self.now());
        }
        self.objects.entry(kind).or_default().push(object.clone());
        object
    }

    pub(super) fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        self.all(kind).iter().find(|object| object["id"] == id)
    }

    /// Sets fields of an object and gives it back.
    pub(super) fn set(&mut self, kind: &str, id: &str, fields: &Value) -> Value {
        let object = self.objects.get_mut(kind).into_iter().flatten().find(|object| object["id"] == id);
        let (Some(object), Some(fields)) = (object, fields.as_object()) else { return Value::Null };
        for (name, value) in fields {
            if name == "metadata" && object["metadata"].is_object() && value.is_object() {
                for (name, value) in value.as_object().into_iter().flatten() {
                    object["metadata"][name] = value.clone();
                }
            } else {
                object[name] = value.clone();
            }
        }
        object.clone()
    }

    pub(super) fn remove(&mut self, kind: &str, id: &str) {
        if let Some(objects) = self.objects.get_mut(kind) {
            objects.retain(|object| object["id"] != id);
        }
    }

    /// The objects of a kind, oldest first.
    pub(super) fn all(&self, kind: &str) -> &[Value] {
        self.objects.get(kind).map(Vec::as_slice).unwrap_or_default()
    }
}
