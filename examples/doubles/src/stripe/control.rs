//! Events in the life of a seller without a request of the seller: renewals, failures, disputes, refunds in the dashboard.

use serde_json::{Value, json};

use super::{
    events::{happened, redeliver},
    handler::{Outcome, refuse},
    pay::{amount, invoice, period, settle},
    read::shown,
    refunds,
    state::State,
};

/// Does `action`; `None` for one that is not known, or that nothing there fits.
pub(super) fn control(state: &mut State, action: &str, fields: &[(String, String)]) -> Option<Value> {
    let field = |name: &str| {
        fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    match action {
        "refund" => {
            let mut form = json!({ "payment_intent": field("payment_intent") });
            if let Ok(amount) = field("amount").parse::<i64>() {
                form["amount"] = json!(amount);
            }
            refunds::refund(state, form).ok()
        }
        "cancel" => ended(state, field("subscription")).ok(),
        "renew" => renewed(state, field("subscription"), true),
        "fail_renewal" => renewed(state, field("subscription"), false),
        "dispute" => disputed(state, field("payment_intent")),
        "close_dispute" => closed(state, field("payment_intent"), field("status")),
        "settle" => settled(state, field("session"), field("outcome") == "paid"),
        "redeliver" => Some(json!({ "events": redeliver(state) })),
        _ => None,
    }
}

/// The end of a subscription, now.
pub(super) fn ended(state: &mut State, id: &str) -> Outcome {
    let is_there = state.get("subscription", id).is_some_and(|kept| kept["status"] != "canceled");
    if !is_there {
        return Err(refuse(404, "resource_missing", "id"));
    }
    let now = state.now();
    let fields =
        json!({ "status": "canceled", "canceled_at": now, "ended_at": now, "cancel_at_period_end": false });
    let ended = state.set("subscription", id, &fields);
    happened(state, "customer.subscription.deleted", &ended);
    Ok(ended)
}

/// Changes of a subscription by its seller.
pub(super) fn changed(state: &mut State, id: &str, form: &Value) -> Outcome {
    let kept = state.get("subscription", id).ok_or_else(|| refuse(404, "resource_missing", "id"))?;
    if kept["status"] == "canceled" {
        return Err(refuse(400, "", ""));
    }
    let mut fields = json!({});
    for name in ["cancel_at_period_end", "metadata"] {
        if let Some(value) = form.get(name) {
            fields[name] = value.clone();
        }
    }
    if fields["cancel_at_period_end"] == true {
        fields["cancel_at"] = kept["items"]["data"][0]["current_period_end"].clone();
    }
    let changed = state.set("subscription", id, &fields);
    happened(state, "customer.subscription.updated", &changed);
    Ok(changed)
}

fn renewed(state: &mut State, id: &str, is_paid: bool) -> Option<Value> {
    let kept = state.get("subscription", id)?;
    let mut items = kept["items"].clone();
    let item = items["data"].get_mut(0)?;
    let price = state.get("price", item["price"]["id"].as_str()?)?.clone();
    let (start, quantity) = (item["current_period_end"].as_i64()?, item["quantity"].as_u64().unwrap_or(1));
    item["current_period_start"] = json!(start);
    item["current_period_end"] = json!(start + period(&price));
    let status = if is_paid { "active" } else { "past_due" };
    let changed = state.set("subscription", id, &json!({ "status": status, "items": items }));
    let made = invoice(state, id, &price, amount(&price, quantity), "subscription_cycle", is_paid);
    happened(state, "customer.subscription.updated", &changed);
    Some(made)
}

fn charge_of(state: &State, intent: &str) -> Option<Value> {
    state.all("charge").iter().find(|charge| charge["payment_intent"] == intent).cloned()
}

fn disputed(state: &mut State, intent: &str) -> Option<Value> {
    let charge = charge_of(state, intent)?;
    let id = state.id("dp");
    let object = json!({ "object": "dispute", "amount": charge["amount"], "charge": charge["id"],
        "currency": charge["currency"], "metadata": {}, "payment_intent": intent, "reason": "fraudulent",
        "status": "needs_response" });
    let dispute = state.add("dispute", &id, object);
    state.set("charge", charge["id"].as_str()?, &json!({ "disputed": true }));
    happened(state, "charge.dispute.created", &dispute);
    Some(dispute)
}

fn closed(state: &mut State, intent: &str, status: &str) -> Option<Value> {
    let dispute = state.all("dispute").iter().find(|dispute| dispute["payment_intent"] == intent)?;
    let id = dispute["id"].as_str()?.to_owned();
    let status = if status == "won" { "won" } else { "lost" };
    let dispute = state.set("dispute", &id, &json!({ "status": status }));
    happened(state, "charge.dispute.closed", &dispute);
    Some(dispute)
}

/// The bank says whether the money of an asynchronous payment came in.
fn settled(state: &mut State, session: &str, is_paid: bool) -> Option<Value> {
    let kept = state.get("checkout.session", session)?;
    let intent = kept["payment_intent"].as_str()?.to_owned();
    let (status, event) = if is_paid {
        settle(state, &intent);
        ("paid", "checkout.session.async_payment_succeeded")
    } else {
        state.set("payment_intent", &intent, &json!({ "status": "requires_payment_method" }));
        ("unpaid", "checkout.session.async_payment_failed")
    };
    let done = state.set("checkout.session", session, &json!({ "payment_status": status }));
    let done = shown(&done, &Value::Null, "");
    happened(state, event, &done);
    Some(done)
}
