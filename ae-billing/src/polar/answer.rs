//! Polar's objects, as far as they are read.

use std::collections::BTreeMap;

use ae_core::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// The marks that an object carries. Polar's metadata is text, numbers and truth values.
pub(super) type Metadata = BTreeMap<String, Value>;

/// The text of `metadata` under `name`.
pub(super) fn noted<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a str> {
    metadata.get(name).and_then(Value::as_str)
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
    pub(super) pagination: Pagination,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Pagination {
    pub(super) max_page: u32,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Product {
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) is_archived: bool,
    pub(super) recurring_interval: Option<String>,
    pub(super) recurring_interval_count: Option<u16>,
    #[serde(default)]
    pub(super) metadata: Metadata,
    #[serde(default)]
    pub(super) prices: Vec<Price>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Price {
    pub(super) price_amount: Option<i64>,
    pub(super) price_currency: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Link {
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    pub(super) url: String,
    #[serde(default)]
    pub(super) metadata: Metadata,
    #[serde(default)]
    pub(super) products: Vec<Named>,
}

/// An object of which only the id is read.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    pub(super) status: String,
    pub(super) net_amount: i64,
    pub(super) refunded_amount: i64,
    pub(super) currency: String,
    pub(super) customer_id: String,
    pub(super) product_id: Option<String>,
    pub(super) checkout_id: Option<String>,
    pub(super) invoice_number: Option<String>,
    #[serde(default)]
    pub(super) metadata: Metadata,
    pub(super) customer: Option<Customer>,
}

impl Order {
    /// Whether money came in, some or all of which may have gone back.
    pub(super) fn is_paid(&self) -> bool {
        matches!(&*self.status, "paid" | "refunded" | "partially_refunded")
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Customer {
    pub(super) external_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Refund {
    pub(super) created_at: Timestamp,
    pub(super) status: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    #[serde(default)]
    pub(super) metadata: Metadata,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Checkout {
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    pub(super) status: String,
    pub(super) url: String,
    pub(super) total_amount: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) customer_id: Option<String>,
    pub(super) subscription_id: Option<String>,
    #[serde(default)]
    pub(super) metadata: Metadata,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Session {
    pub(super) customer_portal_url: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    pub(super) status: String,
    pub(super) current_period_end: Option<Timestamp>,
    pub(super) cancel_at_period_end: bool,
    pub(super) customer_id: Option<String>,
    pub(super) product_id: Option<String>,
    #[serde(default)]
    pub(super) metadata: Metadata,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) secret: Option<String>,
    #[serde(default)]
    pub(super) events: Vec<String>,
}

/// The reason of a refusal.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Refusal {
    pub(super) error: Option<String>,
    pub(super) detail: Option<Value>,
}

impl Refusal {
    /// The names of what was refused: never the values, which the vendor repeats.
    pub(super) fn places(&self) -> String {
        let items = self.detail.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let place = |item: &Value| {
            let parts = item.get("loc").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".")
        };
        let places: Vec<_> = items.iter().map(place).filter(|place| !place.is_empty()).take(5).collect();
        places.join(", ").chars().filter(|c| !c.is_control()).take(200).collect()
    }
}
