//! The pay page, and what paying makes.

use serde_json::{Value, json};

use crate::server::{Reply, Seen};

use super::{events::happened, read::shown, state::State};

/// The amount of `quantity` units, in minor units; nothing for a metered price, which is charged later.
pub(super) fn amount(price: &Value, quantity: u64) -> i64 {
    if price["recurring"]["usage_type"] == "metered" {
        return 0;
    }
    let quantity = i64::try_from(quantity).unwrap_or(i64::MAX);
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    if price["billing_scheme"] != "tiered" {
        return number(&price["unit_amount"]) * quantity;
    }
    let tiers = price["tiers"].as_array().cloned().unwrap_or_default();
    let (mut sum, mut from) = (0, 0);
    for tier in &tiers {
        let to = tier["up_to"].as_i64().unwrap_or(i64::MAX);
        if price["tiers_mode"] == "volume" {
            if quantity <= to {
                return number(&tier["unit_amount"]) * quantity + number(&tier["flat_amount"]);
            }
        } else if quantity > from {
            sum += number(&tier["unit_amount"]) * (quantity.min(to) - from) + number(&tier["flat_amount"]);
        }
        from = to;
    }
    sum
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn gone() -> Reply {
    Reply::html(
        404,
        "<!doctype html><title>SIMULATOR</title><h1>SIMULATOR: this can not be paid any more</h1>",
    )
}

/// The page of a link or an open checkout.
pub(super) fn page(state: &State, id: &str, request: &Seen) -> Reply {
    let Some(price) = price_of(state, id) else { return gone() };
    let product = state.get("product", price["product"].as_str().unwrap_or_default());
    let name = product.and_then(|product| product["name"].as_str()).unwrap_or_default();
    let payer = request.param("client_reference_id").unwrap_or_default();
    let total = amount(&price, 1);
    Reply::html(
        200,
        format!(
            r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>SIMULATOR: pay</title>
<h1>{}</h1><p>SIMULATOR: no money moves. {total} {} (minor units)</p>
<form method="post"><input type="hidden" name="client_reference_id" value="{}">
<button id="pay" name="outcome" value="paid">Pay</button>
<button id="decline" name="outcome" value="declined">Pay with a card that is declined</button>
<button id="processing" name="outcome" value="processing">Pay by bank debit</button></form></html>"#,
            escaped(name),
            escaped(price["currency"].as_str().unwrap_or_default()),
            escaped(&payer),
        ),
    )
}

/// The form of the page.
pub(super) fn submitted(state: &mut State, id: &str, request: &Seen) -> Reply {
    let form = request.form();
    let field = |name: &str| {
        form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let outcome = match field("outcome") {
        outcome if outcome.is_empty() => "paid".to_owned(),
        outcome => outcome,
    };
    if outcome == "declined" {
        return Reply::html(
            402,
            "<!doctype html><title>SIMULATOR</title><h1>SIMULATOR: the card was declined</h1>",
        );
    }
    let Some(session) = pay(state, id, &outcome, &field("client_reference_id")) else { return gone() };
    let kept = state.get("checkout.session", &session);
    let success = kept.and_then(|session| session["success_url"].as_str()).unwrap_or_default();
    if success.is_empty() {
        return Reply::html(200, "<!doctype html><title>SIMULATOR</title><h1>SIMULATOR: thank you</h1>");
    }
    let url =
        success.replace("{CHECKOUT_SESSION_ID}", &session).replace("%7BCHECKOUT_SESSION_ID%7D", &session);
    Reply::see_other(&url)
}

fn price_of(state: &State, id: &str) -> Option<Value> {
    let price = if let Some(link) = state.get("payment_link", id) {
        link["active"].as_bool().filter(|active| *active)?;
        state.get("price", link["line_items"][0]["price"].as_str()?)
    } else {
        let session = state.get("checkout.session", id)?;
        session["status"].as_str().filter(|status| *status == "open")?;
        state.get("price", session["line_items"]["price"]["id"].as_str()?)
    };
    price.cloned()
}

/// Pays for a link or an open checkout; the id of the checkout.
pub(super) fn pay(state: &mut State, id: &str, outcome: &str, payer: &str) -> Option<String> {
    let price = price_of(state, id)?;
    let session = match state.get("payment_link", id).cloned() {
        None => state.get("checkout.session", id)?.clone(),
        Some(link) => {
            let mut form = json!({ "payment_link": id, "metadata": link["metadata"],
                "success_url": link["after_completion"]["redirect"]["url"],
                "line_items": [{ "quantity": link["line_items"][0]["quantity"] }] });
            for name in ["subscription_data", "payment_intent_data"] {
                form[name] = link[name].clone();
            }
            super::create::open(state, &price, &form)
        }
    };
    let session_id = session["id"].as_str()?.to_owned();
    let payer = if payer.is_empty() { Value::Null } else { json!(payer) };
    let mut fields = json!({ "status": "complete", "url": null, "client_reference_id": payer });
    let is_paid = outcome == "paid";
    if price["recurring"].is_null() {
        let metadata = &session["payment_intent_data"]["metadata"];
        let total = session["amount_total"].as_i64().unwrap_or_default();
        let intent = intent(state, &price, total, &session["customer"], metadata, is_paid);
        fields["payment_intent"] = intent["id"].clone();
        fields["payment_status"] = json!(if is_paid { "paid" } else { "unpaid" });
    } else {
        let (subscription, invoice) = subscribe(state, &price, &session);
        fields["subscription"] = subscription["id"].clone();
        fields["customer"] = subscription["customer"].clone();
        fields["invoice"] = invoice["id"].clone();
        // A trial costs nothing now.
        fields["amount_total"] = invoice["amount_paid"].clone();
        let is_free = invoice["amount_paid"] == 0;
        fields["payment_status"] = json!(if is_free { "no_payment_required" } else { "paid" });
    }
    let done = state.set("checkout.session", &session_id, &fields);
    happened(state, "checkout.session.completed", &shown(&done, &Value::Null, ""));
    Some(session_id)
}

/// A payment intent, with its charge where it is paid.
pub(super) fn intent(
    state: &mut State,
    price: &Value,
    total: i64,
    customer: &Value,
    metadata: &Value,
    is_paid: bool,
) -> Value {
    let id = state.id("pi");
    let metadata = if metadata.is_object() { metadata.clone() } else { json!({}) };
    let object = json!({ "object": "payment_intent", "amount": total, "amount_received": 0, "currency": price["currency"],
        "customer": customer, "latest_charge": null, "metadata": metadata, "payment_method_types": ["card"],
        "status": "processing" });
    let made = state.add("payment_intent", &id, object);
    if is_paid { settle(state, &id) } else { made }
}

/// The money of a payment intent comes in.
pub(super) fn settle(state: &mut State, intent: &str) -> Value {
    let Some(kept) = state.get("payment_intent", intent).cloned() else { return Value::Null };
    let id = state.id("ch");
    let object = json!({ "object": "charge", "amount": kept["amount"], "amount_captured": kept["amount"],
        "amount_refunded": 0, "captured": true, "currency": kept["currency"], "customer": kept["customer"],
        "disputed": false, "metadata": kept["metadata"], "paid": true, "payment_intent": intent, "refunded": false,
        "status": "succeeded" });
    let charge = state.add("charge", &id, object);
    let fields = json!({ "status": "succeeded", "amount_received": kept["amount"], "latest_charge": id });
    let paid = state.set("payment_intent", intent, &fields);
    happened(state, "charge.succeeded", &charge);
    happened(state, "payment_intent.succeeded", &paid);
    paid
}

/// The seconds of one period: months and years of the calendar are rounded here.
pub(super) fn period(price: &Value) -> i64 {
    let days = match price["recurring"]["interval"].as_str() {
        Some("day") => 1,
        Some("week") => 7,
        Some("month") => 30,
        _ => 365,
    };
    days * 24 * 3600 * price["recurring"]["interval_count"].as_i64().unwrap_or(1)
}

fn subscribe(state: &mut State, price: &Value, session: &Value) -> (Value, Value) {
    let customer = match session["customer"].as_str() {
        Some(id) => id.to_owned(),
        None => {
            let id = state.id("cus");
            state.add("customer", &id, json!({ "object": "customer", "email": null, "metadata": {} }));
            id
        }
    };
    let data = &session["subscription_data"];
    let trial = data["trial_period_days"].as_i64().unwrap_or_default() * 24 * 3600;
    let now = state.now();
    let end = now + if trial > 0 { trial } else { period(price) };
    let (id, item) = (state.id("sub"), state.id("si"));
    let quantity = &session["line_items"]["quantity"];
    let trial_end = if trial > 0 { json!(end) } else { Value::Null };
    let object = json!({ "object": "subscription", "cancel_at": null, "cancel_at_period_end": false, "canceled_at": null,
        "collection_method": "charge_automatically", "currency": price["currency"], "customer": customer,
        "ended_at": null, "latest_invoice": null, "start_date": now,
        "items": { "object": "list", "has_more": false, "data": [{ "id": item, "object": "subscription_item",
            "price": shown(price, &Value::Null, ""), "quantity": quantity, "subscription": id,
            "current_period_start": now, "current_period_end": end }] },
        "metadata": if data["metadata"].is_object() { data["metadata"].clone() } else { json!({}) },
        "status": if trial > 0 { "trialing" } else { "active" }, "trial_end": trial_end });
    let subscription = state.add("subscription", &id, object);
    happened(state, "customer.subscription.created", &subscription);
    let total = if trial > 0 { 0 } else { session["amount_total"].as_i64().unwrap_or_default() };
    let invoice = invoice(state, &id, price, total, "subscription_create", true);
    (subscription, invoice)
}

/// An invoice of a subscription, paid or not.
pub(super) fn invoice(
    state: &mut State,
    subscription: &str,
    price: &Value,
    total: i64,
    reason: &str,
    is_paid: bool,
) -> Value {
    let Some(sub) = state.get("subscription", subscription).cloned() else { return Value::Null };
    let item = &sub["items"]["data"][0];
    let id = state.id("in");
    let mut payments = Vec::new();
    if total > 0 {
        let intent = intent(state, price, total, &sub["customer"], &Value::Null, is_paid);
        payments.push(json!({ "id": state.id("inpay"), "object": "invoice_payment", "amount_paid": if is_paid { total } else { 0 },
            "amount_requested": total, "currency": price["currency"], "created": state.now(), "invoice": id, "is_default": true,
            "livemode": state.livemode, "status": if is_paid { "paid" } else { "open" },
            "payment": { "type": "payment_intent", "payment_intent": intent["id"] } }));
    }
    let details = json!({ "subscription": subscription, "metadata": sub["metadata"] });
    let paid = if is_paid { total } else { 0 };
    let paid_at = if is_paid { json!(state.now()) } else { Value::Null };
    let line = json!({ "id": state.id("il"), "object": "line_item", "amount": total, "currency": price["currency"],
        "livemode": state.livemode, "metadata": sub["metadata"], "quantity": item["quantity"],
        "period": { "start": item["current_period_start"], "end": item["current_period_end"] },
        "parent": { "type": "subscription_item_details", "subscription_item_details":
            { "subscription": subscription, "subscription_item": item["id"], "proration": false } },
        "pricing": { "type": "price_details", "unit_amount_decimal": price["unit_amount_decimal"],
            "price_details": { "price": price["id"], "product": price["product"] } } });
    let number = format!("SIM-{:04}", state.all("invoice").len() + 1);
    let object = json!({ "object": "invoice", "amount_due": total, "amount_paid": paid, "amount_remaining": total - paid,
        "attempt_count": 1, "attempted": true, "billing_reason": reason, "collection_method": "charge_automatically",
        "currency": price["currency"], "customer": sub["customer"], "metadata": {}, "number": number,
        "lines": { "object": "list", "has_more": false, "data": [line] },
        "parent": { "type": "subscription_details", "quote_details": null, "subscription_details": details },
        "payments": { "object": "list", "has_more": false, "data": payments }, "period_start": item["current_period_start"],
        "period_end": item["current_period_end"], "status": if is_paid { "paid" } else { "open" },
        "status_transitions": { "paid_at": paid_at }, "subscription": subscription, "subtotal": total, "total": total });
    let made = state.add("invoice", &id, object);
    state.set("subscription", subscription, &json!({ "latest_invoice": id }));
    let seen = shown(&made, &Value::Null, "");
    if is_paid {
        happened(state, "invoice.paid", &seen);
        for payment in &payments {
            happened(state, "invoice_payment.paid", payment);
        }
    } else {
        happened(state, "invoice.payment_failed", &seen);
    }
    seen
}
