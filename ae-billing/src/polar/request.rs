//! Requests to Polar.

use ae_core::{BackendError, BillingInterval, IdempotencyKey, RunId};
use ae_core_http::Request;
use serde_json::{Map, Value, json};

use super::{answer::Metadata, config::refused, money::cents};
use crate::{
    Charge, NewCheckout, NewEndpoint, NewLink, NewPortal, NewPrice, NewProduct, NewRefund, RequestError,
};

/// Where the metadata says what an object is for.
pub(super) const RUN: &str = "ae_run";
pub(super) const KEY: &str = "ae_key";
pub(super) const KIND: &str = "ae_kind";
pub(super) const HASH: &str = "ae_hash";
pub(super) const TIER: &str = "ae_tier";
pub(super) const PRODUCT: &str = "ae_product";

/// The mark of an object.
pub(super) fn mark(run: RunId, key: &IdempotencyKey, kind: &str, hash: &str) -> Metadata {
    [(RUN, run.to_string()), (KEY, key.to_string()), (KIND, kind.to_owned()), (HASH, hash.to_owned())]
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .into()
}

/// All products that carry `value` under `name`.
pub(super) fn products(name: &str, value: &str) -> Request {
    Request::get("find", ["v1", "products", ""])
        .with_query(format!("metadata[{name}]"), value)
        .with_query("sorting", "created_at")
}

/// The smallest list, to see whether the token is accepted.
pub(super) fn first_product() -> Request {
    Request::get("check", ["v1", "products", ""]).with_query("limit", "1").with_query("page", "1")
}

pub(super) fn product(id: &str) -> Request {
    Request::get("find", ["v1", "products", id])
}

/// The product of the run, which is never sold. Polar asks each product for a price, so this one has what the customer
/// would choose.
pub(super) fn new_product(spec: &NewProduct, metadata: &Metadata) -> Result<Request, BackendError> {
    let mut body = json!({ "name": spec.name, "visibility": "draft", "metadata": metadata,
        "prices": [{ "amount_type": "custom", "price_currency": "usd", "minimum_amount": 50 }], "recurring_interval": null });
    describe(&mut body, &spec.description);
    Request::post("ensure_product", ["v1", "products", ""]).with_json(&body)
}

/// The product that sells one price.
pub(super) fn new_price(
    name: &str,
    description: Option<&str>,
    spec: &NewPrice,
    metadata: &Metadata,
) -> Result<Request, BackendError> {
    const OPERATION: &str = "ensure_price";
    let Charge::Flat(amount) = spec.charge else {
        return Err(refused(OPERATION)(RequestError::new("Polar sells flat prices here")));
    };
    let cents = cents(amount).map_err(refused(OPERATION))?;
    let currency = amount.currency().code().to_ascii_lowercase();
    let name: String = format!("{name}: {}", spec.nickname).chars().take(250).collect();
    let mut body = json!({ "name": name, "visibility": "private", "metadata": metadata,
        "prices": [{ "amount_type": "fixed", "price_currency": currency, "price_amount": cents }] });
    match spec.interval {
        BillingInterval::OneTime => put(&mut body, "recurring_interval", Value::Null),
        BillingInterval::Every { count, unit } => {
            put(&mut body, "recurring_interval", unit.as_str().into());
            put(&mut body, "recurring_interval_count", count.get().into());
        }
    }
    describe(&mut body, description.unwrap_or_default());
    Request::post(OPERATION, ["v1", "products", ""]).with_json(&body)
}

/// Takes a product off sale.
pub(super) fn archive(id: &str, metadata: &Metadata) -> Result<Request, BackendError> {
    let body = json!({ "is_archived": true, "metadata": metadata });
    Request::patch("deactivate", ["v1", "products", id]).with_json(&body)
}

/// Changes what a product carries.
pub(super) fn note(id: &str, metadata: &Metadata) -> Result<Request, BackendError> {
    Request::patch("deactivate", ["v1", "products", id]).with_json(&json!({ "metadata": metadata }))
}

/// The links over any of `products`.
pub(super) fn links<'a>(products: impl IntoIterator<Item = &'a str>) -> Request {
    let list = Request::get("find", ["v1", "checkout-links", ""]).with_query("sorting", "created_at");
    products.into_iter().fold(list, |list, id| list.with_query("product_id", id))
}

pub(super) fn link(id: &str) -> Request {
    Request::get("deactivate", ["v1", "checkout-links", id])
}

pub(super) fn new_link(spec: &NewLink, price: &str, metadata: &Metadata) -> Result<Request, BackendError> {
    let mut body = json!({ "payment_processor": "stripe", "products": [price], "metadata": metadata,
        "allow_discount_codes": true, "require_billing_address": false });
    if let Some(url) = &spec.success_url {
        put(&mut body, "success_url", url.replace("{CHECKOUT}", "{CHECKOUT_ID}").into());
    }
    trial(&mut body, spec.trial_days);
    Request::post("ensure_payment_link", ["v1", "checkout-links", ""]).with_json(&body)
}

pub(super) fn delete_link(id: &str) -> Request {
    Request::delete("deactivate", ["v1", "checkout-links", id])
}

pub(super) fn order(id: &str) -> Request {
    Request::get("refund", ["v1", "orders", id])
}

/// The orders of any of `products`, oldest first.
pub(super) fn orders<'a>(products: impl IntoIterator<Item = &'a str>, page: u32, limit: u32) -> Request {
    let list = Request::get("payments", ["v1", "orders", ""]).with_query("sorting", "created_at");
    let list = products.into_iter().fold(list, |list, id| list.with_query("product_id", id));
    list.with_query("limit", limit.to_string()).with_query("page", page.to_string())
}

/// The order that a checkout made.
pub(super) fn order_of(checkout: &str) -> Request {
    Request::get("checkout", ["v1", "orders", ""])
        .with_query("checkout_id", checkout)
        .with_query("limit", "10")
        .with_query("page", "1")
}

pub(super) fn refunds(order: &str) -> Request {
    Request::get("refund", ["v1", "refunds", ""])
        .with_query("order_id", order)
        .with_query("sorting", "created_at")
}

pub(super) fn new_refund(spec: &NewRefund, cents: i64, metadata: &Metadata) -> Result<Request, BackendError> {
    let body = json!({ "order_id": spec.payment, "reason": "customer_request", "amount": cents,
        "revoke_benefits": false, "metadata": metadata });
    Request::post("refund", ["v1", "refunds", ""]).with_json(&body)
}

pub(super) fn portal(spec: &NewPortal) -> Result<Request, BackendError> {
    let body = json!({ "customer_id": spec.customer, "return_url": spec.return_url });
    Request::post("open_portal", ["v1", "customer-sessions", ""]).with_json(&body)
}

/// The checkouts of a product: what was made for it is found among them.
pub(super) fn checkouts(product: &str) -> Request {
    Request::get("ensure_checkout", ["v1", "checkouts", ""])
        .with_query("product_id", product)
        .with_query("sorting", "-created_at")
        .with_query("limit", "100")
        .with_query("page", "1")
}

pub(super) fn checkout(id: &str) -> Request {
    Request::get("checkout", ["v1", "checkouts", id])
}

pub(super) fn new_checkout(
    spec: &NewCheckout,
    product: &str,
    metadata: &Metadata,
) -> Result<Request, BackendError> {
    let success = spec.success_url.replace("{CHECKOUT}", "{CHECKOUT_ID}");
    let mut body = json!({ "products": [product], "success_url": success, "metadata": metadata,
        "allow_discount_codes": true, "allow_trial": true, "is_business_customer": false,
        "require_billing_address": false });
    if let Some(customer) = &spec.customer {
        put(&mut body, "customer_id", customer.as_str().into());
    }
    if let Some(url) = &spec.cancel_url {
        put(&mut body, "return_url", url.as_str().into());
    }
    trial(&mut body, spec.trial_days);
    Request::post("ensure_checkout", ["v1", "checkouts", ""]).with_json(&body)
}

pub(super) fn subscription(id: &str) -> Request {
    Request::get("subscription", ["v1", "subscriptions", id])
}

/// Subscriptions, newest first.
pub(super) fn subscriptions(product: Option<&str>, customer: Option<&str>, page: u32, limit: u32) -> Request {
    let mut list = Request::get("subscriptions", ["v1", "subscriptions", ""])
        .with_query("sorting", "-started_at")
        .with_query("limit", limit.to_string())
        .with_query("page", page.to_string());
    for (name, value) in [("product_id", product), ("customer_id", customer)] {
        if let Some(value) = value {
            list = list.with_query(name, value);
        }
    }
    list
}

pub(super) fn cancel_at_end(id: &str) -> Result<Request, BackendError> {
    let body = json!({ "cancel_at_period_end": true });
    Request::patch("cancel_subscription", ["v1", "subscriptions", id]).with_json(&body)
}

pub(super) fn revoke(id: &str) -> Request {
    Request::delete("cancel_subscription", ["v1", "subscriptions", id])
}

pub(super) fn endpoints() -> Request {
    Request::get("ensure_endpoint", ["v1", "webhooks", "endpoints"])
}

pub(super) fn new_endpoint(spec: &NewEndpoint, events: &[&str]) -> Result<Request, BackendError> {
    let body = json!({ "url": spec.url, "format": "raw", "events": events });
    Request::post("ensure_endpoint", ["v1", "webhooks", "endpoints"]).with_json(&body)
}

pub(super) fn more_events(id: &str, events: &[&str]) -> Result<Request, BackendError> {
    Request::patch("ensure_endpoint", ["v1", "webhooks", "endpoints", id])
        .with_json(&json!({ "events": events }))
}

fn describe(body: &mut Value, description: &str) {
    if !description.is_empty() {
        put(body, "description", description.into());
    }
}

fn trial(body: &mut Value, days: Option<u16>) {
    if let Some(days) = days {
        put(body, "trial_interval", "day".into());
        put(body, "trial_interval_count", days.into());
    }
}

fn put(body: &mut Value, name: &str, value: Value) {
    let members: Option<&mut Map<String, Value>> = body.as_object_mut();
    if let Some(members) = members {
        members.insert(name.to_owned(), value);
    }
}
