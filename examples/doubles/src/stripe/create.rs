//! Customers, checkouts, meters, portals and endpoints.

use serde_json::{Value, json};

use super::{
    catalog::over,
    handler::{Outcome, missing, refuse},
    read::shown,
    state::State,
};

pub(super) fn customer(state: &mut State, form: Value) -> Outcome {
    let usual = json!({ "object": "customer", "balance": 0, "currency": null, "delinquent": false, "description": null,
        "email": null, "metadata": {}, "name": null, "phone": null, "test_clock": null });
    let id = state.id("cus");
    Ok(state.add("customer", &id, over(usual, &form)))
}

/// A checkout session of the API.
pub(super) fn session(state: &mut State, form: Value) -> Outcome {
    let price = form["line_items"][0]["price"].as_str().and_then(|id| state.get("price", id)).cloned();
    let price = price.ok_or_else(|| missing("line_items[0][price]"))?;
    let mode = form["mode"].as_str().ok_or_else(|| refuse(400, "parameter_missing", "mode"))?;
    if (mode == "payment") != price["recurring"].is_null() {
        return Err(refuse(400, "parameter_invalid", "mode"));
    }
    let is_metered = price["recurring"]["usage_type"] == "metered";
    if is_metered == form["line_items"][0]["quantity"].is_i64() {
        return Err(refuse(400, "parameter_invalid", "line_items[0][quantity]"));
    }
    if let Some(customer) = form["customer"].as_str() {
        state.get("customer", customer).ok_or_else(|| missing("customer"))?;
    }
    let made = open(state, &price, &form);
    Ok(shown(&made, &form, ""))
}

/// A new open session for `price`, with the fields of `form`.
pub(super) fn open(state: &mut State, price: &Value, form: &Value) -> Value {
    let mode = if state.livemode { "live" } else { "test" };
    let id = state.id(&format!("cs_{mode}"));
    let quantity = form["line_items"][0]["quantity"].as_u64().unwrap_or(1);
    let total = super::pay::amount(price, quantity);
    let line = json!({ "id": state.id("li"), "object": "item", "price": price, "quantity": quantity,
        "amount_total": total, "currency": price["currency"] });
    let usual = json!({ "object": "checkout.session", "amount_subtotal": total, "amount_total": total, "cancel_url": null,
        "client_reference_id": null, "currency": price["currency"], "customer": null, "customer_details": null,
        "expires_at": state.now() + 24 * 3600, "invoice": null, "metadata": {},
        "mode": if price["recurring"].is_null() { "payment" } else { "subscription" }, "payment_intent": null,
        "payment_link": null, "payment_status": "unpaid", "status": "open", "subscription": null, "success_url": null });
    let mut object = over(usual, form);
    object["line_items"] = line;
    object["url"] = json!(format!("{}/pay/{id}", state.base));
    state.add("checkout.session", &id, object)
}

pub(super) fn expired(state: &mut State, id: &str) -> Outcome {
    match state.get("checkout.session", id).map(|session| session["status"] == "open") {
        None => Err(refuse(404, "resource_missing", "session")),
        Some(false) => Err(refuse(400, "", "session")),
        Some(true) => {
            let ended = state.set("checkout.session", id, &json!({ "status": "expired", "url": null }));
            super::events::happened(state, "checkout.session.expired", &ended);
            Ok(shown(&ended, &Value::Null, ""))
        }
    }
}

pub(super) fn meter(state: &mut State, form: Value) -> Outcome {
    let is_same = |meter: &Value| meter["event_name"] == form["event_name"] && meter["status"] == "active";
    if state.all("billing.meter").iter().any(is_same) {
        return Err(refuse(400, "resource_already_exists", "event_name"));
    }
    let usual = json!({ "object": "billing.meter", "status": "active", "event_time_window": null,
        "status_transitions": { "deactivated_at": null }, "updated": state.now(),
        "customer_mapping": { "event_payload_key": "stripe_customer_id", "type": "by_id" },
        "value_settings": { "event_payload_key": "value" } });
    let id = state.id("mtr");
    Ok(state.add("billing.meter", &id, over(usual, &form)))
}

pub(super) fn meter_event(state: &mut State, form: Value) -> Outcome {
    let name = form["event_name"].clone();
    if !state.all("billing.meter").iter().any(|meter| meter["event_name"] == name) {
        return Err(missing("event_name"));
    }
    let customer = form["payload"]["stripe_customer_id"].as_str().unwrap_or_default();
    if state.get("customer", customer).is_none() {
        return Err(missing("payload[stripe_customer_id]"));
    }
    let identifier = match form["identifier"].as_str() {
        Some(given) => given.to_owned(),
        None => state.id("event"),
    };
    if state.all("billing.meter_event").iter().any(|event| event["identifier"] == identifier.as_str()) {
        return Err(refuse(400, "duplicate_meter_event", "identifier"));
    }
    let usual = json!({ "object": "billing.meter_event", "timestamp": state.now() });
    let mut object = over(usual, &form);
    object["identifier"] = json!(identifier);
    Ok(state.add("billing.meter_event", &identifier, object))
}

pub(super) fn portal_configuration(state: &mut State, form: Value) -> Outcome {
    if form.get("features").is_none() {
        return Err(refuse(400, "parameter_missing", "features"));
    }
    let usual = json!({ "object": "billing_portal.configuration", "active": true, "is_default": true, "metadata": {} });
    let id = state.id("bpc");
    Ok(state.add("billing_portal.configuration", &id, over(usual, &form)))
}

pub(super) fn portal(state: &mut State, form: Value) -> Outcome {
    let customer = form["customer"].as_str().unwrap_or_default();
    if state.get("customer", customer).is_none() {
        return Err(missing("customer"));
    }
    if state.all("billing_portal.configuration").is_empty() {
        return Err(refuse(400, "", "configuration"));
    }
    let id = state.id("bps");
    let url = format!("{}/portal/{id}", state.base);
    let object = over(json!({ "object": "billing_portal.session", "url": url }), &form);
    Ok(state.add("billing_portal.session", &id, object))
}

pub(super) fn endpoint(state: &mut State, form: Value) -> Outcome {
    let usual = json!({ "object": "webhook_endpoint", "api_version": null, "application": null, "description": null,
        "metadata": {}, "status": "enabled" });
    let id = state.id("we");
    let made = state.add("webhook_endpoint", &id, over(usual, &form));
    let secret = format!("whsec_simulator{id}");
    state.secrets.insert(id, secret.clone());
    // Shown this once.
    Ok(over(made, &json!({ "secret": secret })))
}
