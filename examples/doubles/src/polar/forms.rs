//! The fields that requests have.

use serde_json::Value;

use super::invalid;
use crate::server::Reply;

type Form = Result<Value, Reply>;

fn only(body: &Value, known: &[&str], needed: &[&str]) -> Form {
    let Some(members) = body.as_object() else { return Err(invalid("", "not an object")) };
    if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(invalid(name, "extra fields are not permitted"));
    }
    if let Some(name) = needed.iter().find(|name| body[**name].is_null()) {
        return Err(invalid(name, "field required"));
    }
    metadata(&body["metadata"])?;
    Ok(body.clone())
}

fn metadata(value: &Value) -> Result<(), Reply> {
    let Some(members) = value.as_object() else { return Ok(()) };
    let is_good = |(name, value): (&String, &Value)| {
        name.len() <= 40 && value.as_str().is_none_or(|text| !text.is_empty() && text.len() <= 500)
    };
    if members.len() <= 50 && members.iter().all(is_good) {
        Ok(())
    } else {
        Err(invalid("metadata", "too large"))
    }
}

pub(super) fn product(body: &Value) -> Form {
    const KNOWN: [&str; 8] = [
        "name",
        "description",
        "visibility",
        "metadata",
        "prices",
        "recurring_interval",
        "recurring_interval_count",
        "organization_id",
    ];
    let body = only(body, &KNOWN, &["name", "prices"])?;
    if body["name"].as_str().is_none_or(|name| name.chars().count() < 3) {
        return Err(invalid("name", "at least 3 characters"));
    }
    let prices = body["prices"].as_array().map(Vec::as_slice).unwrap_or_default();
    if prices.is_empty() {
        return Err(invalid("prices", "at least one"));
    }
    for price in prices {
        let known: &[&str] = match price["amount_type"].as_str() {
            Some("fixed") => &["amount_type", "price_currency", "price_amount"],
            Some("custom") => &["amount_type", "price_currency", "minimum_amount"],
            _ => return Err(invalid("prices", "no such amount type")),
        };
        only(price, known, known)?;
    }
    Ok(body)
}

pub(super) fn product_change(body: &Value) -> Form {
    only(body, &["is_archived", "metadata", "name", "description", "visibility"], &[])
}

pub(super) fn link(body: &Value) -> Form {
    const KNOWN: [&str; 10] = [
        "allow_discount_codes",
        "require_billing_address",
        "payment_processor",
        "products",
        "metadata",
        "success_url",
        "return_url",
        "trial_interval",
        "trial_interval_count",
        "label",
    ];
    only(body, &KNOWN, &["payment_processor", "products"])
}

pub(super) fn checkout(body: &Value) -> Form {
    const KNOWN: [&str; 11] = [
        "allow_discount_codes",
        "allow_trial",
        "is_business_customer",
        "require_billing_address",
        "products",
        "metadata",
        "success_url",
        "return_url",
        "customer_id",
        "trial_interval",
        "trial_interval_count",
    ];
    only(body, &KNOWN, &["products"])
}

pub(super) fn customer(body: &Value) -> Form {
    let body = only(body, &["external_id", "email", "name", "metadata"], &["email"])?;
    if body["email"].as_str().is_some_and(|email| email.contains('@')) {
        Ok(body)
    } else {
        Err(invalid("email", "not an address"))
    }
}

pub(super) fn session(body: &Value) -> Form {
    only(body, &["customer_id", "return_url"], &["customer_id"])
}

pub(super) fn refund(body: &Value) -> Form {
    const KNOWN: [&str; 6] = ["order_id", "reason", "amount", "comment", "revoke_benefits", "metadata"];
    only(body, &KNOWN, &["order_id", "reason", "amount"])
}

pub(super) fn endpoint(body: &Value) -> Form {
    only(body, &["url", "format", "events", "name"], &["url", "format", "events"])
}

pub(super) fn endpoint_change(body: &Value) -> Form {
    only(body, &["url", "events", "enabled"], &[])
}
