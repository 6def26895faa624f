//! Random values of every form that serde knows.

mod make;
mod random;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use self::{make::Made, random::Random};

/// A map whose order counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ordered(pub IndexMap<String, u8>);

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().eq(other.0.iter())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marker;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct New(pub f32);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair(pub i128, pub char, pub Option<Marker>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Named {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    may_be: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    floats: Vec<f64>,
    r#type: i8,
    #[serde(skip)]
    cached: (),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Name {
    First,
    #[serde(rename = "2nd")]
    Second,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum External {
    Unit,
    New(u128),
    Tuple(f64, String),
    Struct { a: i128, b: Option<f32> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Internal {
    Unit,
    New(Named),
    Struct { float: f64, small: f32, text: String },
    Wide { wide: u128 },
    Keys { keys: BTreeMap<u32, u8> },
    Letters { letter: char, bytes: Vec<u8>, names: BTreeMap<Name, i64> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub enum Adjacent {
    Unit,
    New(f64),
    Tuple(u64, i64),
    Struct { wide: u128, keys: BTreeMap<i64, f64> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Loose {
    Small(u8),
    Number(u64),
    Negative(i64),
    Float(f64),
    Letter(char),
    Text(String),
    Two((u8, u8)),
    List(Vec<u16>),
    Struct { x: f32 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flat {
    own: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Json>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inner {
    float: f64,
    number: i64,
    wide: Option<u128>,
}

/// A value of any form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum Any {
    #[default]
    Nothing,
    Marker(Marker),
    Bool(bool),
    Small(i8, u8, i16, u16),
    Numbers(i32, u32, i64, u64),
    Wide(i128, u128),
    Single(f32),
    Float(f64),
    Letter(char),
    Text(String),
    Bytes(Vec<u8>),
    Maybe(Option<Box<Any>>),
    Twice(Option<Option<u8>>),
    MaybeUnit(Option<()>),
    MaybeJson(Option<Json>),
    List(Vec<Any>),
    Tuple((u8, f64, String)),
    Array([f32; 3]),
    New(New),
    Pair(Pair),
    Named(Named),
    External(External),
    Internal(Internal),
    Adjacent(Adjacent),
    Loose(Vec<Loose>),
    Flat(Flat),
    ByText(BTreeMap<String, Any>),
    ByNumber(BTreeMap<i64, Any>),
    ByWide(HashMap<u128, i128>),
    ByLetter(BTreeMap<char, u8>),
    ByBool(BTreeMap<bool, u8>),
    ByName(BTreeMap<Name, f64>),
    Set(HashSet<String>),
    Sets(HashMap<u32, BTreeSet<i128>>),
    Order(Ordered),
    Json(Json),
    Deep(Json),
}
