//! The state of a run at Paddle, and the uses of its keys.

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, RunId};
use serde_json::Value;

use super::{
    answer::{Identified, Marks, Price, Product, noted},
    config::failure,
    request::{HASH, KEY, KIND, RUN},
};

/// The keys under which an object was ended.
const ENDED_BY: &str = "ae_ended_by";
/// The longest list of them.
const ENDS_MAX: usize = 500;

/// Everything of one run, oldest first.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) products: Vec<Product>,
    pub(super) prices: Vec<Price>,
    /// The prices that are sold on a page of their own.
    pub(super) links: Vec<Price>,
}

/// An object that carries marks.
pub(super) trait Marked: Identified {
    fn marks(&self) -> Option<&Marks>;
    fn is_active(&self) -> bool;

    fn says(&self, name: &str) -> Option<&str> {
        noted(self.marks(), name)
    }
}

macro_rules! marked {
    ($($name:ident)*) => { $(impl Marked for $name {
        fn marks(&self) -> Option<&Marks> {
            self.custom_data.as_ref()
        }

        fn is_active(&self) -> bool {
            self.status == "active"
        }
    })* };
}

marked! { Product Price }

impl Snapshot {
    /// Sorts what was read. Of objects with one key, made by processes that did not see each other, the oldest counts.
    pub(super) fn new(products: Vec<Product>, prices: Vec<Price>) -> Self {
        let of = |kind: &str| {
            let all = prices.iter().filter(|price| price.says(KIND) == Some(kind)).cloned();
            oldest(all.collect())
        };
        Self { products: oldest(products), prices: of("price"), links: of("link") }
    }

    fn marks(&self) -> impl Iterator<Item = &Marks> {
        let products = self.products.iter().filter_map(Marked::marks);
        products.chain(self.prices.iter().chain(&self.links).filter_map(Marked::marks))
    }

    /// Whether `key` was used for this request before.
    pub(super) fn used(
        &self,
        operation: &'static str,
        kind: &str,
        key: &IdempotencyKey,
        hash: &str,
    ) -> Result<bool, BackendError> {
        let mut uses = self.marks().filter(|marks| noted(Some(marks), KEY) == Some(key.as_str()));
        let text = |marks, name| noted(Some(marks), name).unwrap_or_default();
        match uses.next().map(|marks| (text(marks, KIND), text(marks, HASH))) {
            None => Ok(false),
            Some(known) if known == (kind, hash) => Ok(true),
            Some(_) => Err(conflict(operation, key)),
        }
    }

    /// Refuses a key under which an object was ended, unless it was this one.
    pub(super) fn ends(
        &self,
        operation: &'static str,
        key: &IdempotencyKey,
        own: &str,
    ) -> Result<(), BackendError> {
        let short = short(key, own);
        let begin = short.split('.').next().unwrap_or_default().to_owned();
        let ends = self.marks().filter_map(|marks| noted(Some(marks), ENDED_BY)).flat_map(|by| by.split(','));
        let mut others = ends.filter(|end| end.split('.').next() == Some(&begin) && *end != short);
        if others.next().is_some() { Err(conflict(operation, key)) } else { Ok(()) }
    }
}

fn oldest<T: Marked>(mut all: Vec<T>) -> Vec<T> {
    // Paddle's ids begin with the time.
    all.sort_by(|one, other| one.id().cmp(other.id()));
    let mut seen = Vec::new();
    all.retain(|one| {
        let key = one.says(KEY).unwrap_or_default().to_owned();
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    all
}

/// A key and the `object` that was ended under it, as short digests.
fn short(key: &IdempotencyKey, object: &str) -> String {
    let digest = |text: &str| Digest::of_bytes("paddle-end/1", text.as_bytes());
    format!("{}.{}", digest(key.as_str()).short(12), digest(object).short(8))
}

/// `marks` with the key under which `object` was ended; `None` where it is there already, or no place is left.
pub(super) fn ended_by(marks: Option<&Marks>, key: &IdempotencyKey, object: &str) -> Option<Marks> {
    let (known, end) = (noted(marks, ENDED_BY).unwrap_or_default(), short(key, object));
    if known.split(',').any(|known| known == end) {
        return None;
    }
    let all = if known.is_empty() { end } else { format!("{known},{end}") };
    let mut marks = marks.cloned().unwrap_or_default();
    let fits = all.len() <= ENDS_MAX;
    marks.insert(ENDED_BY.to_owned(), Value::from(all));
    fits.then_some(marks)
}

/// Whether Paddle could have given this id: others are not asked for.
pub(super) fn is_id(prefix: &str, id: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    id.strip_prefix(prefix).is_some_and(|rest| rest.len() == 26 && rest.bytes().all(is_known))
}

/// The run that an object names.
pub(super) fn run(marks: Option<&Marks>) -> Option<RunId> {
    noted(marks, RUN).and_then(|run| run.parse().ok())
}

pub(super) fn conflict(operation: &'static str, key: &IdempotencyKey) -> BackendError {
    let message = format!("key {key} was used for another request: use a new key for a new effect");
    failure(ErrorKind::Conflict, operation, message)
}
