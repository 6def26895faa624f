//! A simulator of Vercel's registrar.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::server::{Handler, Reply, Seen};

/// The endings that are sold.
const SOLD: [&str; 4] = ["com", "dev", "app", "shop"];
const CONTACT: [&str; 9] =
    ["firstName", "lastName", "email", "phone", "address1", "city", "state", "zip", "country"];

#[derive(Debug)]
struct Order {
    id: String,
    domain: String,
    price: Value,
    auto_renew: bool,
    years: Value,
    /// How many looks it takes until the registry has answered.
    looks: u32,
    failed: bool,
}

#[derive(Debug)]
struct State {
    token: String,
    price: Value,
    renewal: Value,
    looks: u32,
    fails: bool,
    orders: Vec<Order>,
    taken: Vec<String>,
    external: Vec<String>,
}

/// A simulator of Vercel's registrar; clones share its state. Every name costs the same. An order is under way until the
/// account or the order was looked at some times.
#[derive(Debug, Clone)]
pub struct VercelDomains(Arc<Mutex<State>>);

impl VercelDomains {
    /// A registrar that knows one token. A name costs $11.25 a year.
    pub fn new(token: &str) -> Self {
        let state = State {
            token: token.to_owned(),
            price: json!(11.25),
            renewal: json!(11.25),
            looks: 1,
            fails: false,
            orders: Vec::new(),
            taken: Vec::new(),
            external: Vec::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Changes the prices of a year, both numbers of dollars.
    pub fn set_price(&self, price: Value, renewal: Value) {
        let mut state = self.locked();
        (state.price, state.renewal) = (price, renewal);
    }

    /// Sets how many looks an order takes from now on, and whether it fails in the end.
    pub fn set_orders(&self, looks: u32, fails: bool) {
        let mut state = self.locked();
        (state.looks, state.fails) = (looks, fails);
    }

    /// Makes a name someone else's.
    pub fn take(&self, domain: &str) {
        self.locked().taken.push(domain.to_owned());
    }

    /// Adds a name to the account that was bought elsewhere.
    pub fn add_external(&self, domain: &str) {
        self.locked().external.push(domain.to_owned());
    }

    /// The names of all orders, oldest first.
    pub fn orders(&self) -> Vec<String> {
        self.locked().orders.iter().map(|order| order.domain.clone()).collect()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error in the registrar's own form.
fn refused(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "status": status, "code": code, "message": message }))
}

/// An error in the form of the rest of the API.
fn refused_elsewhere(status: u16, code: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "message": code } }))
}

impl State {
    fn is_sold(domain: &str) -> bool {
        domain.rsplit('.').next().is_some_and(|ending| SOLD.contains(&ending))
    }

    fn is_taken(&self, domain: &str) -> bool {
        self.taken.iter().any(|taken| taken == domain)
            || self.orders.iter().any(|order| order.domain == domain && !order.failed)
    }

    fn search(&self, request: &Seen) -> Reply {
        let body = request.json();
        let Some(domains) = body["domains"].as_array().filter(|domains| (1..=200).contains(&domains.len()))
        else {
            return refused(400, "bad_request", "domains");
        };
        let results: Vec<Value> = domains
            .iter()
            .map(|domain| {
                let name = domain.as_str().unwrap_or_default();
                json!({ "domain": name, "available": Self::is_sold(name) && !self.is_taken(name) })
            })
            .collect();
        Reply::json(200, &json!({ "results": results }))
    }

    fn price(&self, domain: &str, request: &Seen) -> Reply {
        if !Self::is_sold(domain) {
            return refused(400, "tld_not_supported", "this ending is not sold");
        }
        let years: u32 = request.param("years").and_then(|years| years.parse().ok()).unwrap_or(1);
        let price = if self.is_taken(domain) || years != 1 { Value::Null } else { self.price.clone() };
        let body = json!({ "years": years, "purchasePrice": price, "renewalPrice": self.renewal, "transferPrice": null });
        Reply::json(200, &body)
    }

    fn buy(&mut self, domain: &str, request: &Seen) -> Reply {
        let body = request.json();
        let contact = &body["contactInformation"];
        if CONTACT.iter().any(|field| contact[field].as_str().is_none_or(str::is_empty)) {
            return refused(400, "bad_request", "contactInformation");
        }
        if !Self::is_sold(domain) {
            return refused(400, "tld_not_supported", "this ending is not sold");
        }
        if self.is_taken(domain) {
            return refused(400, "domain_not_available", "the name is taken");
        }
        if body["expectedPrice"] != self.price {
            return refused(400, "expected_price_mismatch", "the price is another one");
        }
        let id = format!("order_{}", self.orders.len() + 1);
        self.orders.push(Order {
            id: id.clone(),
            domain: domain.to_owned(),
            price: self.price.clone(),
            auto_renew: body["autoRenew"].as_bool().unwrap_or_default(),
            years: body["years"].clone(),
            looks: self.looks,
            failed: false,
        });
        Reply::json(200, &json!({ "orderId": id, "_links": {} }))
    }

    /// Time goes by for every order.
    fn look(&mut self) {
        let fails = self.fails;
        for order in &mut self.orders {
            if order.looks > 0 {
                order.looks -= 1;
                order.failed = order.looks == 0 && fails;
            }
        }
    }

    fn order(&mut self, id: &str) -> Reply {
        self.look();
        let Some(order) = self.orders.iter().find(|order| order.id == id) else {
            return refused(404, "not_found", "no such order");
        };
        let (status, item) = match (order.looks, order.failed) {
            (0, true) => ("failed", "failed"),
            (0, false) => ("completed", "completed"),
            _ => ("purchasing", "pending"),
        };
        let mut domain = json!({
            "purchaseType": "purchase", "autoRenew": order.auto_renew, "years": order.years,
            "domainName": order.domain, "status": item, "price": order.price,
        });
        if order.failed {
            domain["error"] = json!({ "code": "unavailable-legal" });
        }
        Reply::json(200, &json!({ "orderId": order.id, "domains": [domain], "status": status }))
    }

    fn owned(&mut self, domain: &str) -> Reply {
        self.look();
        let bought = self.orders.iter().find(|o| o.domain == domain && o.looks == 0 && !o.failed);
        let (bought_at, renew) = match bought {
            Some(order) => (json!(1_700_000_000_000_u64), order.auto_renew),
            None if self.external.iter().any(|external| external == domain) => (Value::Null, false),
            None => return refused_elsewhere(404, "not_found"),
        };
        Reply::json(200, &json!({ "domain": { "name": domain, "boughtAt": bought_at, "renew": renew } }))
    }
}

#[async_trait]
impl Handler for VercelDomains {
    async fn answer(&self, request: &Seen) -> Reply {
        let mut state = self.locked();
        if request.bearer() != state.token {
            return refused(403, "not_authorized_for_scope", "this token can't act on domains");
        }
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), path.as_slice()) {
            ("POST", ["v1", "registrar", "domains", "search"]) => state.search(request),
            ("GET", ["v1", "registrar", "tlds", "supported"]) => Reply::json(200, &json!(SOLD)),
            ("GET", ["v1", "registrar", "domains", domain, "price"]) => state.price(domain, request),
            ("POST", ["v1", "registrar", "domains", domain, "buy"]) => state.buy(domain, request),
            ("GET", ["v1", "registrar", "orders", id]) => state.order(id),
            ("GET", ["v5", "domains", domain]) => state.owned(domain),
            _ => refused_elsewhere(404, "not_found"),
        }
    }
}
