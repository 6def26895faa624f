//! The fields that requests have.

use serde_json::Value;

use super::invalid;
use crate::server::Reply;

type Form = Result<Value, Reply>;

fn only(body: &Value, known: &[&str], needed: &[&str]) -> Form {
    let Some(members) = body.as_object() else { return Err(invalid("", "not an object")) };
    if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(invalid(name, "no such field"));
    }
    if let Some(name) = needed.iter().find(|name| body[**name].is_null()) {
        return Err(invalid(name, "it is required"));
    }
    Ok(body.clone())
}

/// Texts have lengths.
fn long(body: &Value, name: &str, least: usize, most: usize) -> Result<(), Reply> {
    match body[name].as_str().map(|text| text.chars().count()) {
        Some(length) if !(least..=most).contains(&length) => Err(invalid(name, "too short or too long")),
        _ => Ok(()),
    }
}

/// Amounts are texts of whole minor units.
fn amount(value: &Value) -> Result<(), Reply> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if value.as_str().is_some_and(is_number) {
        Ok(())
    } else {
        Err(invalid("amount", "not a text of digits"))
    }
}

pub(super) fn product(body: &Value) -> Form {
    let known = ["name", "description", "tax_category", "custom_data", "type", "image_url"];
    let body = only(body, &known, &["name", "tax_category"])?;
    long(&body, "name", 1, 200)?;
    long(&body, "description", 1, 2_048)?;
    Ok(body)
}

pub(super) fn price(body: &Value) -> Form {
    const KNOWN: [&str; 10] = [
        "name",
        "description",
        "product_id",
        "unit_price",
        "billing_cycle",
        "trial_period",
        "tax_mode",
        "quantity",
        "custom_data",
        "type",
    ];
    let body = only(body, &KNOWN, &["description", "product_id", "unit_price"])?;
    long(&body, "name", 1, 150)?;
    long(&body, "description", 2, 500)?;
    only(&body["unit_price"], &["amount", "currency_code"], &["amount", "currency_code"])?;
    amount(&body["unit_price"]["amount"])?;
    for name in ["billing_cycle", "trial_period"] {
        if !body[name].is_null() {
            only(&body[name], &["interval", "frequency"], &["interval", "frequency"])?;
        }
    }
    if body["billing_cycle"].is_null() && !body["trial_period"].is_null() {
        return Err(invalid("trial_period", "a price without a cycle has no trial"));
    }
    Ok(body)
}

pub(super) fn change(body: &Value) -> Form {
    only(body, &["status", "custom_data", "name", "description"], &[])
}

pub(super) fn transaction(body: &Value) -> Form {
    let known = ["items", "customer_id", "custom_data", "collection_mode", "checkout", "currency_code"];
    let body = only(body, &known, &["items"])?;
    let item = only(&body["items"][0], &["price_id", "price", "quantity"], &["quantity"])?;
    if item["price_id"].is_null() {
        price(&item["price"])?;
    }
    Ok(body)
}

pub(super) fn adjustment(body: &Value) -> Form {
    let known = ["action", "transaction_id", "reason", "items", "tax_mode", "type"];
    let body = only(body, &known, &["action", "transaction_id", "reason"])?;
    if body["action"] != "refund" {
        return Err(invalid("action", "not known here"));
    }
    if body["type"] == "full" {
        let is_plain = body["items"].is_null() && body["tax_mode"].is_null();
        return if is_plain { Ok(body) } else { Err(invalid("type", "a full one has no items")) };
    }
    let item = only(&body["items"][0], &["item_id", "type", "amount"], &["item_id", "type", "amount"])?;
    amount(&item["amount"])?;
    Ok(body)
}

pub(super) fn session(body: &Value) -> Form {
    only(body, &["subscription_ids"], &[])
}

pub(super) fn cancel(body: &Value) -> Form {
    only(body, &["effective_from"], &[])
}

pub(super) fn unschedule(body: &Value) -> Form {
    let body = only(body, &["scheduled_change"], &[])?;
    if body["scheduled_change"].is_null() { Ok(body) } else { Err(invalid("scheduled_change", "only null")) }
}

pub(super) fn endpoint(body: &Value) -> Form {
    const KNOWN: [&str; 7] = [
        "description",
        "destination",
        "type",
        "subscribed_events",
        "include_sensitive_fields",
        "api_version",
        "traffic_source",
    ];
    only(body, &KNOWN, &["description", "destination", "type", "subscribed_events"])
}

pub(super) fn endpoint_change(body: &Value) -> Form {
    only(body, &["active", "subscribed_events", "description", "destination"], &[])
}
