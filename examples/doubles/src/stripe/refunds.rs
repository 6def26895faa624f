//! Refunds.

use serde_json::{Value, json};

use super::{
    events::happened,
    handler::{Outcome, missing, refuse},
    state::State,
};

pub(super) fn refund(state: &mut State, form: Value) -> Outcome {
    let intent = form["payment_intent"].as_str().unwrap_or_default();
    let charge_of = |charge: &&Value| charge["payment_intent"] == intent || charge["id"] == form["charge"];
    let charge =
        state.all("charge").iter().find(charge_of).cloned().ok_or_else(|| missing("payment_intent"))?;
    let number = |name: &str| charge[name].as_i64().unwrap_or_default();
    let left = number("amount_captured") - number("amount_refunded");
    if left == 0 {
        return Err(refuse(400, "charge_already_refunded", ""));
    }
    let amount = form["amount"].as_i64().unwrap_or(left);
    if amount < 1 || amount > left {
        return Err(refuse(400, "amount_too_large", "amount"));
    }
    let refunded = number("amount_refunded") + amount;
    let charge_id = charge["id"].as_str().unwrap_or_default();
    let fields = json!({ "amount_refunded": refunded, "refunded": amount == left });
    let charge = state.set("charge", charge_id, &fields);
    let id = state.id("re");
    let object = json!({ "object": "refund", "amount": amount, "charge": charge_id, "currency": charge["currency"],
        "metadata": form.get("metadata").unwrap_or(&json!({})), "payment_intent": charge["payment_intent"],
        "reason": form["reason"], "status": "succeeded" });
    let made = super::read::shown(&state.add("refund", &id, object), &Value::Null, "");
    happened(state, "refund.created", &made);
    happened(state, "charge.refunded", &charge);
    Ok(made)
}
