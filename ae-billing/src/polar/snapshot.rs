//! The state of a run at Polar, and the uses of its keys.

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, RunId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    answer::{Link, Metadata, Product, noted},
    config::failure,
    request::{HASH, KEY, KIND, RUN},
};

/// Marks the product of a link that was ended: Polar deletes links, and nothing of ours is forgotten.
const ENDED: &str = "ae_end_";
const WAS: &str = "ae_was_";
/// The keys under which an object was ended.
const ENDED_BY: &str = "ae_ended_by";
/// The longest value of metadata.
const VALUE_MAX: usize = 500;

/// Everything of one run, oldest first.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) products: Vec<Product>,
    pub(super) prices: Vec<Product>,
    pub(super) links: Vec<Sale>,
}

/// A link, open or ended.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) hash: String,
    pub(super) url: String,
    pub(super) created_at: Timestamp,
    /// Polar's product of the price.
    pub(super) price: String,
    pub(super) active: bool,
}

/// The part of an ended link that is kept.
#[derive(Serialize, Deserialize)]
struct Was {
    k: String,
    h: String,
    u: String,
    t: Timestamp,
}

impl Snapshot {
    /// Sorts what was read. Of objects with one key, made by processes that did not see each other, the oldest counts.
    pub(super) fn new(products: Vec<Product>, links: Vec<Link>) -> Self {
        let mut all = Self::default();
        for product in products {
            match noted(&product.metadata, KIND) {
                Some("product") => all.products.push(product),
                Some("price") => all.prices.push(product),
                _ => {}
            }
        }
        for kind in [&mut all.products, &mut all.prices] {
            kind.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
            let mut seen = Vec::new();
            kind.retain(|product| first(&mut seen, noted(&product.metadata, KEY)));
        }
        let open = links.into_iter().filter_map(Sale::open);
        let ended = all.prices.iter().flat_map(Sale::ended);
        // An ended one counts before an open one: deleting it is still to be done.
        all.links = ended.chain(open).collect();
        all.links.sort_by(|one, other| {
            (one.created_at, &one.id, one.active).cmp(&(other.created_at, &other.id, other.active))
        });
        let mut seen = Vec::new();
        all.links.retain(|sale| first(&mut seen, Some(&sale.key)));
        all
    }

    /// Whether `key` was used for this request before.
    pub(super) fn used(
        &self,
        operation: &'static str,
        kind: &str,
        key: &IdempotencyKey,
        hash: &str,
    ) -> Result<bool, BackendError> {
        let of_products = self.products.iter().chain(&self.prices).map(|product| &product.metadata);
        let of_products =
            of_products.filter(|metadata| noted(metadata, KEY) == Some(key.as_str())).map(|metadata| {
                (noted(metadata, KIND).unwrap_or_default(), noted(metadata, HASH).unwrap_or_default())
            });
        let of_links = self.links.iter().filter(|link| link.key == key.as_str());
        let mut uses = of_products.chain(of_links.map(|link| ("link", &*link.hash)));
        match uses.next() {
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
        let all = self.products.iter().chain(&self.prices);
        let ends = all.filter_map(|product| noted(&product.metadata, ENDED_BY)).flat_map(|by| by.split(','));
        let mut others = ends.filter(|end| end.split('.').next() == Some(&begin) && *end != short);
        if others.next().is_some() { Err(conflict(operation, key)) } else { Ok(()) }
    }
}

fn first(seen: &mut Vec<String>, key: Option<&str>) -> bool {
    let key = key.unwrap_or_default().to_owned();
    let is_new = !seen.contains(&key);
    seen.push(key);
    is_new
}

/// A key and the `object` that was ended under it, as short digests.
fn short(key: &IdempotencyKey, object: &str) -> String {
    let digest = |text: &str| Digest::of_bytes("polar-end/1", text.as_bytes());
    format!("{}.{}", digest(key.as_str()).short(12), digest(object).short(8))
}

/// `metadata` with the key under which `object` was ended; `None` where it is there already, or no place is left.
pub(super) fn ended_by(metadata: &Metadata, key: &IdempotencyKey, object: &str) -> Option<Metadata> {
    let (known, end) = (noted(metadata, ENDED_BY).unwrap_or_default(), short(key, object));
    if known.split(',').any(|known| known == end) {
        return None;
    }
    let all = if known.is_empty() { end } else { format!("{known},{end}") };
    (all.len() <= VALUE_MAX).then(|| with(metadata, ENDED_BY, all))
}

fn with(metadata: &Metadata, name: &str, value: String) -> Metadata {
    let mut metadata = metadata.clone();
    metadata.insert(name.to_owned(), Value::from(value));
    metadata
}

/// The names under which the product of an ended link carries it.
pub(super) fn ended_name(link: &str) -> String {
    format!("{ENDED}{}", link.replace('-', ""))
}

impl Sale {
    pub(super) fn open(link: Link) -> Option<Self> {
        let noted = |name| noted(&link.metadata, name).map(str::to_owned);
        Some(Self {
            key: noted(KEY)?,
            hash: noted(HASH).unwrap_or_default(),
            price: link.products.first()?.id.clone(),
            id: link.id,
            url: link.url,
            created_at: link.created_at,
            active: true,
        })
    }

    /// The ended links of a price.
    fn ended(price: &Product) -> Vec<Self> {
        let names = price.metadata.keys().filter_map(|name| name.strip_prefix(WAS));
        let read = |hex: &str| {
            let was: Was = serde_json::from_str(noted(&price.metadata, &format!("{WAS}{hex}"))?).ok()?;
            let id = uuid(hex)?;
            let price = price.id.clone();
            Some(Self { id, key: was.k, hash: was.h, url: was.u, created_at: was.t, price, active: false })
        };
        names.filter_map(read).collect()
    }

    /// The metadata of the price once the link is ended.
    pub(super) fn tombstone(&self, metadata: &Metadata) -> Metadata {
        let was = Was { k: self.key.clone(), h: self.hash.clone(), u: self.url.clone(), t: self.created_at };
        let was = serde_json::to_string(&was).unwrap_or_default();
        let metadata = with(metadata, &ended_name(&self.id), "ended".to_owned());
        with(&metadata, &format!("{WAS}{}", self.id.replace('-', "")), was)
    }
}

/// The id whose 32 digits these are.
fn uuid(hex: &str) -> Option<String> {
    let part = |from: usize, to: usize| hex.get(from..to);
    (hex.len() == 32).then_some(())?;
    let parts = [part(0, 8)?, part(8, 12)?, part(12, 16)?, part(16, 20)?, part(20, 32)?];
    Some(parts.join("-"))
}

/// Whether Polar could have given this id: others are not asked for.
pub(super) fn is_uuid(id: &str) -> bool {
    let hex = id.replace('-', "");
    hex.bytes().all(|byte| byte.is_ascii_hexdigit())
        && uuid(&hex.to_ascii_lowercase()).is_some_and(|text| text == id)
}

/// The run that an object names.
pub(super) fn run(metadata: &Metadata) -> Option<RunId> {
    noted(metadata, RUN).and_then(|run| run.parse().ok())
}

pub(super) fn conflict(operation: &'static str, key: &IdempotencyKey) -> BackendError {
    let message = format!("key {key} was used for another request: use a new key for a new effect");
    failure(ErrorKind::Conflict, operation, message)
}
