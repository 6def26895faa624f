//! The state of the simulator.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{invalid, not_found, refusal};
use crate::server::Reply;

/// The objects by kind, oldest first.
#[derive(Debug, Default)]
pub(super) struct State {
    objects: BTreeMap<&'static str, Vec<Value>>,
    count: u64,
}

const KINDS: [&str; 8] = [
    "products",
    "checkout-links",
    "orders",
    "refunds",
    "customers",
    "checkouts",
    "subscriptions",
    "endpoints",
];

type Made = Result<Value, Reply>;

impl State {
    fn of(&mut self, kind: &str) -> Option<&mut Vec<Value>> {
        let kind = KINDS.into_iter().find(|known| *known == kind)?;
        Some(self.objects.entry(kind).or_default())
    }

    pub(super) fn all(&self, kind: &str) -> Vec<Value> {
        self.objects.get(kind).cloned().unwrap_or_default()
    }

    pub(super) fn get(&self, kind: &str, id: &str) -> Option<Value> {
        self.objects.get(kind)?.iter().find(|one| one["id"] == id).cloned()
    }

    /// The objects that a query asks for; `sorting` with a minus turns the order.
    pub(super) fn filtered(&self, kind: &str, pairs: &[(String, String)]) -> Vec<Value> {
        let mut all = self.all(kind);
        let wanted = |name: &str| -> Vec<&str> {
            pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
        };
        for name in ["product_id", "order_id", "checkout_id", "customer_id"] {
            let values = wanted(name);
            all.retain(|one| {
                let products = one["products"].as_array().map(Vec::as_slice).unwrap_or_default();
                let has = |value: &&str| {
                    one[name] == **value
                        || (name == "product_id" && products.iter().any(|of| of["id"] == **value))
                };
                values.is_empty() || values.iter().any(has)
            });
        }
        for (key, value) in pairs {
            let name = key.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']'));
            if let Some(name) = name {
                all.retain(|one| one["metadata"][name] == **value);
            }
        }
        if wanted("sorting").iter().any(|sorting| sorting.starts_with('-')) {
            all.reverse();
        }
        all
    }

    /// A new object: each has its own id and its own time.
    fn add(&mut self, kind: &'static str, mut object: Value) -> Value {
        self.count += 1;
        let number = self.count;
        object["id"] = json!(format!("00000000-0000-4000-8000-{number:012x}"));
        let (minutes, seconds) = (number / 60 % 60, number % 60);
        let hours = number / 3600;
        object["created_at"] =
            json!(format!("2027-01-15T{:02}:{minutes:02}:{seconds:02}.000001Z", 8 + hours));
        object["modified_at"] = Value::Null;
        if object["metadata"].is_null() {
            object["metadata"] = json!({});
        }
        if let Some(all) = self.of(kind) {
            all.push(object.clone());
        }
        object
    }

    pub(super) fn change(&mut self, kind: &str, id: &str, change: Value) -> Result<Reply, Reply> {
        let known = self.of(kind).and_then(|all| all.iter_mut().find(|one| one["id"] == id));
        let known = known.ok_or_else(not_found)?;
        for (name, value) in change.as_object().into_iter().flatten() {
            known[name] = value.clone();
        }
        Ok(Reply::json(200, known))
    }

    pub(super) fn delete(&mut self, kind: &str, id: &str) -> Result<Reply, Reply> {
        let all = self.of(kind).ok_or_else(not_found)?;
        let before = all.len();
        all.retain(|one| one["id"] != id);
        if all.len() < before { Ok(Reply::new(204, "application/json", "")) } else { Err(not_found()) }
    }

    pub(super) fn product(&mut self, mut body: Value) -> Value {
        body["is_archived"] = json!(false);
        body["is_recurring"] = json!(!body["recurring_interval"].is_null());
        for name in ["description", "recurring_interval", "recurring_interval_count"] {
            let value = body[name].take();
            body[name] = value;
        }
        self.add("products", body)
    }

    /// The products that a link or a checkout sells.
    fn sold(&self, body: &Value) -> Result<Vec<Value>, Reply> {
        let ids = body["products"].as_array().map(Vec::as_slice).unwrap_or_default();
        let products = ids.iter().map(|id| id.as_str().and_then(|id| self.get("products", id)));
        let products: Option<Vec<Value>> = products.collect();
        let products = products.filter(|all| !all.is_empty());
        let products = products.ok_or_else(|| invalid("products", "no such product"))?;
        if products.iter().any(|product| product["is_archived"] == true) {
            return Err(invalid("products", "it is archived"));
        }
        Ok(products)
    }

    pub(super) fn link(&mut self, mut body: Value) -> Made {
        body["products"] = json!(self.sold(&body)?);
        let secret = format!("polar_cl_{:040}", self.count + 1);
        body["url"] = json!(format!("https://sandbox.polar.example/{secret}"));
        body["client_secret"] = json!(secret);
        Ok(self.add("checkout-links", body))
    }

    pub(super) fn checkout(&mut self, mut body: Value) -> Made {
        let products = self.sold(&body)?;
        body["product_id"] = products[0]["id"].clone();
        let price = &products[0]["prices"][0];
        (body["total_amount"], body["currency"]) =
            (price["price_amount"].clone(), price["price_currency"].clone());
        body["status"] = json!("open");
        body["url"] = json!("https://sandbox.polar.example/checkout");
        for name in ["customer_id", "subscription_id"] {
            let value = body[name].take();
            body[name] = value;
        }
        body["products"] = json!(products);
        Ok(self.add("checkouts", body))
    }

    pub(super) fn customer(&mut self, body: Value) -> Made {
        let is_same = |one: &Value| {
            one["email"] == body["email"]
                || (!body["external_id"].is_null() && one["external_id"] == body["external_id"])
        };
        if self.all("customers").iter().any(is_same) {
            return Err(invalid("external_id", "it exists"));
        }
        Ok(self.add("customers", body))
    }

    pub(super) fn session(&mut self, body: Value) -> Made {
        let customer = body["customer_id"].as_str().and_then(|id| self.get("customers", id));
        customer.ok_or_else(not_found)?;
        Ok(json!({ "customer_portal_url": "https://sandbox.polar.example/portal?token=secret" }))
    }

    pub(super) fn endpoint(&mut self, mut body: Value) -> Value {
        body["secret"] = json!(format!("polar_whs_{:032}", self.count));
        body["enabled"] = json!(true);
        self.add("endpoints", body)
    }

    pub(super) fn refund(&mut self, mut body: Value) -> Made {
        let id = body["order_id"].as_str().unwrap_or_default().to_owned();
        let amount = body["amount"].as_i64().filter(|amount| *amount > 0);
        let amount = amount.ok_or_else(|| invalid("amount", "at least 1"))?;
        let order = self.of("orders").and_then(|all| all.iter_mut().find(|one| one["id"] == *id));
        let order = order.ok_or_else(|| invalid("order_id", "no such order"))?;
        let number = |name: &str| order[name].as_i64().unwrap_or_default();
        let (net, gone) = (number("net_amount"), number("refunded_amount"));
        if amount > net - gone {
            return Err(refusal(403, "RefundAmountTooHigh", "more than is left"));
        }
        order["refunded_amount"] = json!(gone + amount);
        order["status"] = json!(if gone + amount == net { "refunded" } else { "partially_refunded" });
        body["currency"] = order["currency"].clone();
        body["status"] = json!("succeeded");
        Ok(self.add("refunds", body))
    }

    pub(super) fn cancel(&mut self, id: &str, at_end: bool) -> Result<Reply, Reply> {
        let known = self.get("subscriptions", id).ok_or_else(not_found)?;
        if known["status"] == "canceled" {
            return Err(refusal(403, "AlreadyCanceledSubscription", "it is canceled"));
        }
        let change =
            if at_end { json!({ "cancel_at_period_end": true }) } else { json!({ "status": "canceled" }) };
        self.change("subscriptions", id, change)
    }

    pub(super) fn pay(&mut self, link: &str, reference: &str) -> Option<Value> {
        let link = self.get("checkout-links", link)?;
        let product = link["products"][0]["id"].clone();
        let checkout = json!({ "products": [product], "metadata": link["metadata"] });
        let checkout = self.checkout(checkout).ok()?;
        self.finish(checkout["id"].as_str()?, reference)
    }

    pub(super) fn finish(&mut self, checkout: &str, reference: &str) -> Option<Value> {
        let checkout = self.get("checkouts", checkout).filter(|one| one["status"] == "open")?;
        let product = self.get("products", checkout["product_id"].as_str()?)?;
        if product["is_archived"] == true {
            return None;
        }
        let known = self.all("customers").into_iter().find(|one| one["external_id"] == *reference);
        let email = format!("{}@example.com", reference.to_ascii_lowercase());
        let customer = match known {
            Some(known) => known,
            None => self.customer(json!({ "external_id": reference, "email": email })).ok()?,
        };
        let price = &product["prices"][0];
        let mut order = json!({ "status": "paid", "paid": true, "net_amount": price["price_amount"],
            "total_amount": price["price_amount"], "refunded_amount": 0, "currency": price["price_currency"],
            "customer_id": customer["id"], "customer": customer, "product_id": product["id"], "product": product,
            "checkout_id": checkout["id"], "subscription_id": null, "subscription": null,
            "invoice_number": format!("SIM-{}", self.count), "metadata": checkout["metadata"] });
        if product["is_recurring"] == true {
            let subscription = json!({ "status": "active", "amount": price["price_amount"],
                "currency": price["price_currency"], "recurring_interval": product["recurring_interval"],
                "current_period_start": "2027-01-15T08:00:00Z", "current_period_end": "2027-02-15T08:00:00Z",
                "cancel_at_period_end": false, "customer_id": customer["id"], "product_id": product["id"],
                "checkout_id": checkout["id"], "metadata": checkout["metadata"] });
            let subscription = self.add("subscriptions", subscription);
            order["subscription_id"] = subscription["id"].clone();
            order["subscription"] = subscription;
        }
        let change = json!({ "status": "succeeded", "customer_id": customer["id"], "subscription_id": order["subscription_id"] });
        self.change("checkouts", checkout["id"].as_str()?, change).ok()?;
        Some(self.add("orders", order))
    }
}
