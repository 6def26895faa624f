//! Paddle's objects, as far as they are read.

use std::collections::BTreeMap;

use ae_core::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// The marks that an object carries.
pub(super) type Marks = BTreeMap<String, Value>;

/// The text of `marks` under `name`.
pub(super) fn noted<'a>(marks: Option<&'a Marks>, name: &str) -> Option<&'a str> {
    marks?.get(name).and_then(Value::as_str)
}

/// An object that a list goes on after.
pub(super) trait Identified {
    fn id(&self) -> &str;
}

macro_rules! identified {
    ($($name:ident)*) => { $(impl Identified for $name {
        fn id(&self) -> &str {
            &self.id
        }
    })* };
}

identified! { Named Product Price Transaction Adjustment Subscription Endpoint }

#[derive(Debug, Deserialize)]
pub(super) struct Data<T> {
    pub(super) data: T,
}

#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    meta: Meta,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { data: Vec::new(), meta: Meta::default() }
    }
}

impl<T> List<T> {
    /// Whether there is another page. A page without an object leads nowhere.
    pub(super) fn has_more(&self) -> bool {
        !self.data.is_empty() && self.meta.pagination.as_ref().is_some_and(|page| page.has_more)
    }
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    pagination: Option<Pagination>,
}

#[derive(Debug, Deserialize)]
struct Pagination {
    has_more: bool,
}

/// An object of which only the id is read.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Product {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) created_at: Timestamp,
    pub(super) custom_data: Option<Marks>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Price {
    pub(super) id: String,
    pub(super) product_id: String,
    pub(super) status: String,
    pub(super) name: Option<String>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) unit_price: UnitPrice,
    pub(super) billing_cycle: Option<Cycle>,
    pub(super) custom_data: Option<Marks>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct UnitPrice {
    pub(super) amount: String,
    pub(super) currency_code: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Cycle {
    pub(super) interval: String,
    pub(super) frequency: u16,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) origin: String,
    pub(super) currency_code: String,
    pub(super) customer_id: Option<String>,
    pub(super) subscription_id: Option<String>,
    pub(super) invoice_number: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) custom_data: Option<Marks>,
    #[serde(default)]
    pub(super) items: Vec<Item>,
    pub(super) details: Option<Details>,
    pub(super) checkout: Option<Opened>,
}

/// A part of a transaction or of a subscription.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Item {
    pub(super) price: Option<Price>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Details {
    pub(super) totals: Totals,
    #[serde(default)]
    pub(super) line_items: Vec<Named>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Totals {
    #[serde(default)]
    pub(super) subtotal: String,
    #[serde(default)]
    pub(super) tax: String,
    #[serde(default)]
    pub(super) total: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Opened {
    pub(super) url: Option<String>,
}

impl Transaction {
    /// Whether the money is there.
    pub(super) fn is_paid(&self) -> bool {
        matches!(&*self.status, "paid" | "completed")
    }

    /// The sum without taxes, in minor units.
    pub(super) fn net(&self) -> Option<i64> {
        let totals = &self.details.as_ref()?.totals;
        super::money::number(&totals.total)?.checked_sub(super::money::number(&totals.tax)?)
    }

    /// The price of the first item.
    pub(super) fn price(&self) -> Option<&Price> {
        self.items.first().and_then(|item| item.price.as_ref())
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Adjustment {
    pub(super) id: String,
    pub(super) action: String,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) currency_code: String,
    pub(super) totals: Totals,
    pub(super) created_at: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Session {
    pub(super) urls: Urls,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Urls {
    pub(super) general: General,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct General {
    pub(super) overview: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) customer_id: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) current_billing_period: Option<Period>,
    pub(super) scheduled_change: Option<Change>,
    pub(super) custom_data: Option<Marks>,
    #[serde(default)]
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Period {
    pub(super) ends_at: Timestamp,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Change {
    pub(super) action: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) destination: String,
    pub(super) active: bool,
    pub(super) endpoint_secret_key: Option<String>,
    #[serde(default)]
    pub(super) subscribed_events: Vec<Event>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Event {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) error: Reason,
}

/// The reason of a refusal.
#[derive(Debug, Deserialize)]
pub(super) struct Reason {
    pub(super) code: Option<String>,
    #[serde(default)]
    errors: Vec<Wrong>,
}

#[derive(Debug, Deserialize)]
struct Wrong {
    field: Option<String>,
}

impl Reason {
    /// The fields that were refused, never what they said.
    pub(super) fn places(&self) -> String {
        let fields: Vec<&str> =
            self.errors.iter().filter_map(|wrong| wrong.field.as_deref()).take(5).collect();
        fields.join(", ").chars().filter(|c| !c.is_control()).take(200).collect()
    }
}
