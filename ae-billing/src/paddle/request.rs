//! Requests to Paddle.

use ae_core::{BackendError, BillingInterval, IdempotencyKey, Money, RunId, Timestamp};
use ae_core_http::Request;
use serde_json::{Value, json};

use super::{
    answer::{Marks, Price},
    config::refused,
    money::minor,
};
use crate::{Charge, NewCheckout, NewEndpoint, NewPortal, NewPrice, NewProduct, NewRefund, RequestError};

/// Where the custom data says what an object is for.
pub(super) const RUN: &str = "ae_run";
pub(super) const KEY: &str = "ae_key";
pub(super) const KIND: &str = "ae_kind";
pub(super) const HASH: &str = "ae_hash";
pub(super) const TIER: &str = "ae_tier";
pub(super) const PRICE: &str = "ae_price";

/// The mark of an object.
pub(super) fn mark(run: RunId, key: &IdempotencyKey, kind: &str, hash: &str) -> Marks {
    [(RUN, run.to_string()), (KEY, key.to_string()), (KIND, kind.to_owned()), (HASH, hash.to_owned())]
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .into()
}

/// All products, oldest first: Paddle does not search custom data.
pub(super) fn products() -> Request {
    Request::get("find", ["products"])
        .with_query("status", "active,archived")
        .with_query("order_by", "id[ASC]")
        .with_query("per_page", "200")
}

/// The smallest list, to see whether the key is accepted.
pub(super) fn first_product() -> Request {
    Request::get("check", ["products"]).with_query("per_page", "1")
}

pub(super) fn product(id: &str) -> Request {
    Request::get("find", ["products", id])
}

pub(super) fn new_product(spec: &NewProduct, tax: &str, marks: &Marks) -> Result<Request, BackendError> {
    let name: String = spec.name.chars().take(200).collect();
    let description = Some(&spec.description).filter(|text| !text.is_empty());
    let body = json!({ "name": name, "description": description, "tax_category": tax, "custom_data": marks });
    Request::post("ensure_product", ["products"]).with_json(&body)
}

/// All prices of `products`, those of single checkouts too, oldest first.
pub(super) fn prices<'a>(products: impl IntoIterator<Item = &'a str>) -> Request {
    let products: Vec<&str> = products.into_iter().collect();
    Request::get("find", ["prices"])
        .with_query("product_id", products.join(","))
        .with_query("type", "standard,custom")
        .with_query("status", "active,archived")
        .with_query("order_by", "id[ASC]")
        .with_query("per_page", "200")
}

pub(super) fn price(id: &str) -> Request {
    Request::get("find", ["prices", id])
}

/// A price, a copy of one for a link, or one within a checkout.
pub(super) fn price_body(
    name: &str,
    product: &str,
    (amount, currency): (&str, &str),
    cycle: Value,
    trial_days: Option<u16>,
    marks: &Marks,
) -> Value {
    let trial = trial_days.map(|days| json!({ "interval": "day", "frequency": days }));
    // Paddle asks for two characters at least.
    let description: String = format!("{name} (price)").chars().take(500).collect();
    let name: String = name.chars().take(150).collect();
    json!({ "name": name, "description": description, "product_id": product,
        "unit_price": { "amount": amount, "currency_code": currency }, "billing_cycle": cycle,
        "trial_period": trial, "tax_mode": "account_setting", "quantity": { "minimum": 1, "maximum": 1 },
        "custom_data": marks })
}

pub(super) fn new_price(spec: &NewPrice, product: &str, marks: &Marks) -> Result<Request, BackendError> {
    const OPERATION: &str = "ensure_price";
    let Charge::Flat(amount) = spec.charge else {
        return Err(refused(OPERATION)(RequestError::new("Paddle sells flat prices here")));
    };
    let minor = minor(amount).map_err(refused(OPERATION))?.to_string();
    let cycle = match spec.interval {
        BillingInterval::OneTime => Value::Null,
        BillingInterval::Every { count, unit } => {
            json!({ "interval": unit.as_str(), "frequency": count.get() })
        }
    };
    let body = price_body(&spec.nickname, product, (&minor, amount.currency().code()), cycle, None, marks);
    Request::post(OPERATION, ["prices"]).with_json(&body)
}

/// A copy of `price` with its own marks.
pub(super) fn copy(price: &Price, trial_days: Option<u16>, marks: &Marks) -> Value {
    let cycle = price.billing_cycle.as_ref();
    let cycle = cycle.map(|cycle| json!({ "interval": cycle.interval, "frequency": cycle.frequency }));
    let (amount, currency) = (&*price.unit_price.amount, &*price.unit_price.currency_code);
    let name = price.name.as_deref().unwrap_or_default();
    price_body(name, &price.product_id, (amount, currency), cycle.unwrap_or_default(), trial_days, marks)
}

pub(super) fn new_link(
    price: &Price,
    trial_days: Option<u16>,
    marks: &Marks,
) -> Result<Request, BackendError> {
    Request::post("ensure_payment_link", ["prices"]).with_json(&copy(price, trial_days, marks))
}

/// Takes a product or a price off sale.
pub(super) fn archive(kind: &'static str, id: &str, marks: Option<&Marks>) -> Result<Request, BackendError> {
    let mut body = json!({ "status": "archived" });
    if let (Some(marks), Some(members)) = (marks, body.as_object_mut()) {
        members.insert("custom_data".to_owned(), json!(marks));
    }
    Request::patch("deactivate", [kind, id]).with_json(&body)
}

/// Transactions since `start`, oldest first: Paddle finds them neither by price nor by custom data.
pub(super) fn transactions(operation: &'static str, status: Option<&str>, start: Timestamp) -> Request {
    let list = Request::get(operation, ["transactions"])
        .with_query("created_at[GTE]", start.to_string())
        .with_query("order_by", "id[ASC]")
        .with_query("per_page", "30");
    match status {
        Some(status) => list.with_query("status", status),
        None => list,
    }
}

pub(super) fn transaction(operation: &'static str, id: &str) -> Request {
    Request::get(operation, ["transactions", id])
}

pub(super) fn new_transaction(
    spec: &NewCheckout,
    price: &Price,
    marks: &Marks,
) -> Result<Request, BackendError> {
    let item = match spec.trial_days {
        Some(days) => json!({ "quantity": spec.quantity, "price": copy(price, Some(days), marks) }),
        None => json!({ "quantity": spec.quantity, "price_id": price.id }),
    };
    let customer = spec.customer.as_ref().map(|customer| customer.as_str());
    let body = json!({ "items": [item], "customer_id": customer, "collection_mode": "automatic",
        "custom_data": marks });
    Request::post("ensure_checkout", ["transactions"]).with_json(&body)
}

pub(super) fn adjustments(transaction: &str) -> Request {
    Request::get("refund", ["adjustments"])
        .with_query("transaction_id", transaction)
        .with_query("order_by", "id[ASC]")
        .with_query("per_page", "50")
}

/// A refund of `minor` units without taxes of the item of a transaction; of all of it without an item.
pub(super) fn new_adjustment(
    spec: &NewRefund,
    item: Option<&str>,
    minor: i64,
    reason: &str,
) -> Result<Request, BackendError> {
    let transaction = spec.payment.as_str();
    let body = match item {
        None => {
            json!({ "action": "refund", "type": "full", "transaction_id": transaction, "reason": reason })
        }
        Some(item) => json!({ "action": "refund", "type": "partial", "transaction_id": transaction,
            "reason": reason, "tax_mode": "external",
            "items": [{ "item_id": item, "type": "partial", "amount": minor.to_string() }] }),
    };
    Request::post("refund", ["adjustments"]).with_json(&body)
}

pub(super) fn portal(spec: &NewPortal) -> Result<Request, BackendError> {
    Request::post("open_portal", ["customers", spec.customer.as_str(), "portal-sessions"])
        .with_json(&json!({ "subscription_ids": [] }))
}

pub(super) fn subscription(id: &str) -> Request {
    Request::get("subscription", ["subscriptions", id])
}

/// Subscriptions, newest first.
pub(super) fn subscriptions(prices: &[String], customer: Option<&str>, limit: u32) -> Request {
    let mut list = Request::get("subscriptions", ["subscriptions"])
        .with_query("order_by", "id[DESC]")
        .with_query("per_page", limit.to_string());
    if !prices.is_empty() {
        list = list.with_query("price_id", prices.join(","));
    }
    match customer {
        Some(customer) => list.with_query("customer_id", customer),
        None => list,
    }
}

pub(super) fn cancel(id: &str, at_period_end: bool) -> Result<Request, BackendError> {
    let when = if at_period_end { "next_billing_period" } else { "immediately" };
    Request::post("cancel_subscription", ["subscriptions", id, "cancel"])
        .with_json(&json!({ "effective_from": when }))
}

/// Takes back what is to happen at the end of the period.
pub(super) fn unschedule(id: &str) -> Result<Request, BackendError> {
    Request::patch("cancel_subscription", ["subscriptions", id])
        .with_json(&json!({ "scheduled_change": null }))
}

pub(super) fn endpoints() -> Request {
    Request::get("ensure_endpoint", ["notification-settings"]).with_query("per_page", "200")
}

pub(super) fn new_endpoint(spec: &NewEndpoint, events: &[&str]) -> Result<Request, BackendError> {
    let body = json!({ "description": "Events of payments", "type": "url", "destination": spec.url,
        "subscribed_events": events, "include_sensitive_fields": false });
    Request::post("ensure_endpoint", ["notification-settings"]).with_json(&body)
}

pub(super) fn more_events(id: &str, events: &[&str]) -> Result<Request, BackendError> {
    Request::patch("ensure_endpoint", ["notification-settings", id])
        .with_json(&json!({ "active": true, "subscribed_events": events }))
}

/// The text that a refund carries, by which it is found again.
pub(super) fn reason(key: &IdempotencyKey, hash: &str) -> String {
    format!("Refund asked for by the seller ({key} {hash})")
}

/// The key of a refund and the digest of its request.
pub(super) fn of_reason(reason: &str) -> Option<(&str, &str)> {
    reason.split_once('(')?.1.strip_suffix(')')?.split_once(' ')
}

/// Whether `amount` is in `currency`.
pub(super) fn is_in(amount: Money, currency: &str) -> bool {
    currency.parse().is_ok_and(|code| amount.currency() == code)
}
