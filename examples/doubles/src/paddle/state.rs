//! The state of the simulator.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{data, invalid, not_found, refusal};
use crate::server::Reply;

/// The objects by kind, oldest first.
#[derive(Debug, Default)]
pub(super) struct State {
    objects: BTreeMap<&'static str, Vec<Value>>,
    count: u64,
    pub(super) holds_refunds: bool,
}

/// The kinds of objects, and how their ids begin.
const KINDS: [(&str, &str); 7] = [
    ("products", "pro"),
    ("prices", "pri"),
    ("transactions", "txn"),
    ("adjustments", "adj"),
    ("customers", "ctm"),
    ("subscriptions", "sub"),
    ("notification-settings", "ntfset"),
];

type Made = Result<Value, Reply>;

impl State {
    pub(super) fn all(&self, kind: &str) -> Vec<Value> {
        self.objects.get(kind).cloned().unwrap_or_default()
    }

    pub(super) fn get(&self, kind: &str, id: &str) -> Option<Value> {
        self.objects.get(kind)?.iter().find(|one| one["id"] == id).cloned()
    }

    /// The objects that a query asks for; `None` for a kind or a parameter that there is not.
    pub(super) fn filtered(&self, kind: &str, pairs: &[(String, String)]) -> Option<Vec<Value>> {
        KINDS.iter().find(|(known, _)| *known == kind)?;
        let mut all = self.all(kind);
        let mut newest_first = true;
        for (name, value) in pairs {
            let is_in = |text: &Value| value.split(',').any(|value| *text == value);
            match name.as_str() {
                "per_page" | "after" => {}
                "order_by" => newest_first = !value.ends_with("[ASC]"),
                "created_at[GTE]" if kind == "transactions" => {
                    all.retain(|one| one["created_at"].as_str() >= Some(value.as_str()));
                }
                "price_id" if kind == "subscriptions" => {
                    all.retain(|one| is_in(&one["items"][0]["price"]["id"]));
                }
                "status" | "type" | "product_id" | "transaction_id" | "customer_id" => {
                    all.retain(|one| is_in(&one[name.as_str()]));
                }
                _ => return None,
            }
        }
        if newest_first {
            all.reverse();
        }
        Some(all)
    }

    /// A new object: each has its own id and its own time.
    fn add(&mut self, kind: &'static str, mut object: Value) -> Value {
        self.count += 1;
        let number = self.count;
        let prefix = KINDS.iter().find(|(known, _)| *known == kind).map(|(_, prefix)| *prefix);
        object["id"] = json!(format!("{}_01{number:024}", prefix.unwrap_or_default()));
        let (hours, minutes, seconds) = (8 + number / 3600, number / 60 % 60, number % 60);
        object["created_at"] = json!(format!("2027-01-15T{hours:02}:{minutes:02}:{seconds:02}Z"));
        if object["status"].is_null() {
            object["status"] = json!("active");
        }
        self.objects.entry(kind).or_default().push(object.clone());
        object
    }

    pub(super) fn change(&mut self, kind: &str, id: &str, change: &Value) -> Result<Reply, Reply> {
        self.set(kind, id, change).map(|now| data(200, &now)).ok_or_else(not_found)
    }

    fn set(&mut self, kind: &str, id: &str, change: &Value) -> Option<Value> {
        let known = self.objects.get_mut(kind)?.iter_mut().find(|one| one["id"] == id)?;
        for (name, value) in change.as_object().into_iter().flatten() {
            known[name] = value.clone();
        }
        Some(known.clone())
    }

    pub(super) fn product(&mut self, mut body: Value) -> Value {
        body["type"] = json!("standard");
        self.add("products", body)
    }

    fn on_sale(&self, kind: &str, id: &Value) -> Option<Value> {
        self.get(kind, id.as_str()?).filter(|one| one["status"] == "active")
    }

    pub(super) fn price(&mut self, mut body: Value, kind: &str) -> Made {
        self.on_sale("products", &body["product_id"]).ok_or_else(|| invalid("product_id", "not on sale"))?;
        body["type"] = json!(kind);
        Ok(self.add("prices", body))
    }

    pub(super) fn transaction(&mut self, body: &Value) -> Made {
        let item = &body["items"][0];
        let price = if item["price_id"].is_null() {
            self.price(item["price"].clone(), "custom")?
        } else {
            self.on_sale("prices", &item["price_id"]).ok_or_else(|| invalid("items", "not on sale"))?
        };
        if item["quantity"] != 1 {
            return Err(invalid("quantity", "at most 1"));
        }
        let total =
            if price["trial_period"].is_null() { price["unit_price"]["amount"].clone() } else { json!("0") };
        let line = format!("txnitm_01{:024}", self.count + 1);
        let totals = json!({ "subtotal": total, "tax": "0", "discount": "0", "total": total });
        let transaction = json!({ "status": "draft", "origin": "api", "customer_id": body["customer_id"],
            "subscription_id": null, "invoice_number": null, "custom_data": body["custom_data"],
            "currency_code": price["unit_price"]["currency_code"],
            "items": [{ "price": price, "quantity": 1 }],
            "details": { "totals": totals, "line_items": [{ "id": line, "price_id": price["id"], "totals": totals }] },
            "billing_period": null, "checkout": null });
        let made = self.add("transactions", transaction);
        let id = made["id"].as_str().unwrap_or_default().to_owned();
        let url = format!("https://example.com/pay?_ptxn={id}");
        Ok(self.set("transactions", &id, &json!({ "checkout": { "url": url } })).unwrap_or(made))
    }

    pub(super) fn pay(&mut self, price: &str, reference: &str) -> Option<Value> {
        let made = self.transaction(&json!({ "items": [{ "price_id": price, "quantity": 1 }] })).ok()?;
        let id = made["id"].as_str()?;
        self.set("transactions", id, &json!({ "origin": "web" }))?;
        self.finish(id, reference)
    }

    pub(super) fn finish(&mut self, transaction: &str, reference: &str) -> Option<Value> {
        let open = self.get("transactions", transaction).filter(|one| one["status"] == "draft")?;
        let email = format!("{}@example.com", reference.to_ascii_lowercase());
        let known = self.all("customers").into_iter().find(|one| one["email"] == *email);
        let customer = known.unwrap_or_else(|| self.add("customers", json!({ "email": email })));
        let price = &open["items"][0]["price"];
        let mut change = json!({ "status": "completed", "customer_id": customer["id"],
            "invoice_number": format!("SIM-{}", self.count) });
        if !price["billing_cycle"].is_null() {
            let period = json!({ "starts_at": "2027-01-15T08:00:00Z", "ends_at": "2027-02-15T08:00:00Z" });
            let is_trial = !price["trial_period"].is_null();
            let subscription = json!({ "status": if is_trial { "trialing" } else { "active" },
                "customer_id": customer["id"], "items": open["items"], "custom_data": open["custom_data"],
                "current_billing_period": period, "scheduled_change": null });
            change["subscription_id"] = self.add("subscriptions", subscription)["id"].clone();
            change["billing_period"] = period;
        }
        self.set("transactions", transaction, &change)
    }

    pub(super) fn adjust(&mut self, mut body: Value) -> Made {
        let id = body["transaction_id"].as_str().unwrap_or_default().to_owned();
        let paid = self.get("transactions", &id).filter(|one| one["status"] == "completed");
        let paid = paid.ok_or_else(|| invalid("transaction_id", "not completed"))?;
        let all = self.all("adjustments").into_iter().filter(|one| one["transaction_id"] == *id);
        let all: Vec<Value> = all.filter(|one| one["status"] != "rejected").collect();
        if all.iter().any(|one| one["status"] == "pending_approval") {
            return Err(refusal(400, "adjustment_pending_refund_request", "another one waits"));
        }
        let number =
            |value: &Value| value.as_str().and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
        let gone: i64 = all.iter().map(|one| number(&one["totals"]["subtotal"])).sum();
        let left = number(&paid["details"]["totals"]["total"]) - gone;
        let item = &body["items"][0];
        let amount = if body["type"] == "full" { left } else { number(&item["amount"]) };
        if amount < 1 || amount > left {
            return Err(refusal(400, "adjustment_total_amount_above_remaining_allowed", "more than is left"));
        }
        if body["type"] != "full" && item["item_id"] != paid["details"]["line_items"][0]["id"] {
            return Err(refusal(400, "adjustment_transaction_item_invalid", "no such item"));
        }
        body["currency_code"] = paid["currency_code"].clone();
        body["totals"] = json!({ "subtotal": amount.to_string(), "tax": "0", "total": amount.to_string() });
        body["status"] = json!(if self.holds_refunds { "pending_approval" } else { "approved" });
        Ok(self.add("adjustments", body))
    }

    pub(super) fn decide(&mut self, adjustment: &str, status: &str) {
        self.set("adjustments", adjustment, &json!({ "status": status }));
    }

    pub(super) fn cancel(&mut self, id: &str, body: &Value) -> Result<Reply, Reply> {
        let known = self.get("subscriptions", id).ok_or_else(not_found)?;
        if known["status"] == "canceled" {
            return Err(refusal(400, "subscription_is_canceled_action_invalid", "it is canceled"));
        }
        if !known["scheduled_change"].is_null() {
            return Err(refusal(400, "subscription_locked_pending_changes", "something is scheduled"));
        }
        let change = if body["effective_from"] == "immediately" {
            json!({ "status": "canceled" })
        } else {
            let end = &known["current_billing_period"]["ends_at"];
            json!({ "scheduled_change": { "action": "cancel", "effective_at": end, "resume_at": null } })
        };
        self.change("subscriptions", id, &change)
    }

    pub(super) fn endpoint(&mut self, body: Value) -> Value {
        let mut body = events(body);
        body["endpoint_secret_key"] = json!(format!("pdl_ntfset_{:032}", self.count));
        body["active"] = json!(true);
        self.add("notification-settings", body)
    }
}

/// Names of events go in, and the events themselves come out.
pub(super) fn events(mut body: Value) -> Value {
    if let Some(names) = body["subscribed_events"].as_array() {
        let events: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        body["subscribed_events"] = json!(events);
    }
    body
}
