//! The tasks after a superstep.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        Error as DeError, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;

use crate::{
    TaskId,
    graph::topology::{Waiting, waiting_of},
    json::Marked,
    node::Name,
};

/// A waiting edge at which some of its sources have arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenJoin {
    /// The node that runs once all of them have.
    pub target: String,
    /// The sources that have arrived, sorted.
    pub arrived: Vec<String>,
    /// Those that it waits for, sorted.
    pub missing: Vec<String>,
}

impl OpenJoin {
    /// The [key](crate::graph::topology::Waiting::key) of the edge.
    pub(crate) fn key(&self) -> String {
        let sources = self.arrived.iter().chain(&self.missing).map(|name| name.as_str().into()).collect();
        Waiting { sources, target: self.target.as_str().into() }.key()
    }
}

impl fmt::Display for OpenJoin {
    /// `["a", "b"] -> "c"`: the edge as it is added.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sources: Vec<_> = self.arrived.iter().chain(&self.missing).collect();
        sources.sort();
        write!(f, "{sources:?} -> {:?}", self.target)
    }
}

/// The tasks after a superstep.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Next {
    /// The tasks of the next superstep. None: the thread has ended.
    pub(crate) due: Due,
    /// Deferred nodes that wait until nothing else is due in their graph or subgraph.
    pub(crate) later: BTreeSet<Name>,
    /// The sources that have arrived at each waiting edge.
    pub(crate) arrived: BTreeMap<String, BTreeSet<Name>>,
}

impl Next {
    /// The joins that wait for more of their sources. One whose target is deferred is complete, and waits for its turn.
    pub(crate) fn open_joins(&self) -> impl Iterator<Item = OpenJoin> {
        self.arrived.iter().filter_map(|(key, arrived)| {
            let (sources, target) = waiting_of(key)?;
            let names = |there: bool| {
                let names = sources.iter().filter(|source| arrived.contains(**source) == there);
                names.map(|source| (*source).to_owned()).collect::<Vec<_>>()
            };
            let join = OpenJoin { target: target.to_owned(), arrived: names(true), missing: names(false) };
            (!join.missing.is_empty()).then_some(join)
        })
    }
}

/// Reads just the tasks, which is all there is in nearly every step, or everything. By hand, as `Entry`.
impl<'de> Deserialize<'de> for Next {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Full {
            due: Due,
            #[serde(default)]
            later: BTreeSet<Name>,
            #[serde(default)]
            arrived: BTreeMap<String, BTreeSet<Name>>,
        }
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Next;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the tasks that are due")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, tasks: A) -> Result<Next, A::Error> {
                let due = Due::deserialize(SeqAccessDeserializer::new(tasks))?;
                Ok(Next { due, ..Next::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<Next, A::Error> {
                let Full { due, later, arrived } = Full::deserialize(MapAccessDeserializer::new(parts))?;
                Ok(Next { due, later, arrived })
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl Serialize for Next {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Full<'a> {
            due: &'a Due,
            #[serde(skip_serializing_if = "BTreeSet::is_empty")]
            later: &'a BTreeSet<Name>,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            arrived: &'a BTreeMap<String, BTreeSet<Name>>,
        }
        if self.later.is_empty() && self.arrived.is_empty() {
            self.due.serialize(serializer)
        } else {
            Full { due: &self.due, later: &self.later, arrived: &self.arrived }.serialize(serializer)
        }
    }
}

/// Tasks in their order, each once, with the inputs of those that were sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Due(Vec<(TaskId, Option<Value>)>);

impl Due {
    /// The tasks of nodes, then what was sent.
    pub(crate) fn new(nodes: impl IntoIterator<Item = Name>, sent: Vec<(TaskId, Value)>) -> Self {
        let mut tasks: Vec<_> = nodes.into_iter().map(|node| (TaskId::of(node), None)).collect();
        tasks.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        tasks.dedup_by(|one, other| one.0 == other.0);
        tasks.extend(sent.into_iter().map(|(task, input)| (task, Some(input))));
        Self(tasks)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn tasks(&self) -> impl Iterator<Item = &TaskId> {
        self.0.iter().map(|(task, _)| task)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&TaskId, Option<&Value>)> {
        self.0.iter().map(|(task, input)| (task, input.as_ref()))
    }

    pub(crate) fn contains(&self, task: &TaskId) -> bool {
        self.0.binary_search_by(|(known, _)| known.cmp(task)).is_ok()
    }
}

/// `"task"`, or `["task", input]`. Read by hand: an untagged enum would take the input through serde's buffer, which has
/// no room for numbers over 64 bits.
struct Entry(TaskId, Option<Value>);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a task, or a task with its input")
            }

            fn visit_str<E: DeError>(self, task: &str) -> Result<Entry, E> {
                Ok(Entry(TaskId::deserialize(task.into_deserializer())?, None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, pair: A) -> Result<Entry, A::Error> {
                let (task, input) = Deserialize::deserialize(SeqAccessDeserializer::new(pair))?;
                Ok(Entry(task, Some(input)))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl Serialize for Due {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Entry<'a> {
            Node(&'a TaskId),
            Sent(&'a TaskId, Marked<'a, Value>),
        }
        serializer.collect_seq(self.entries().map(|(task, input)| match input {
            None => Entry::Node(task),
            Some(input) => Entry::Sent(task, Marked(input)),
        }))
    }
}

impl<'de> Deserialize<'de> for Due {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<Entry>::deserialize(deserializer)?;
        let tasks: Vec<_> = entries.into_iter().map(|Entry(task, input)| (task, input)).collect();
        if tasks.is_sorted_by(|one, other| one.0 < other.0) {
            Ok(Self(tasks))
        } else {
            Err(D::Error::custom("tasks that are due are in order, each once"))
        }
    }
}
