//! A simulator of Porkbun.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::server::{Handler, Reply, Seen};

/// The credit of the account, in cents.
const CREDIT: i64 = 100_000;

#[derive(Debug, Default)]
struct State {
    keys: (String, String),
    /// The price of a year in cents, and that of each year after.
    price: (i64, i64),
    credit: i64,
    /// The names of the account, and whether they renew.
    owned: BTreeMap<String, bool>,
    taken: Vec<String>,
    orders: Vec<String>,
    /// The requests with a key, with their answers.
    done: BTreeMap<String, (String, Value)>,
    records: Vec<(String, Value)>,
    next_record: u64,
}

/// A simulator of Porkbun; clones share its state. Every name costs the same, and a new one renews by itself.
#[derive(Debug, Clone)]
pub struct Porkbun(Arc<Mutex<State>>);

impl Porkbun {
    /// An account of two keys. A name costs $9.73 a year.
    pub fn new(api_key: &str, secret_api_key: &str) -> Self {
        let keys = (api_key.to_owned(), secret_api_key.to_owned());
        let state = State { keys, price: (973, 973), credit: CREDIT, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Changes the prices, in cents.
    pub fn set_price(&self, price: i64, renewal: i64) {
        self.locked().price = (price, renewal);
    }

    /// Changes the account's credit, in cents.
    pub fn set_credit(&self, credit: i64) {
        self.locked().credit = credit;
    }

    /// Makes a name someone else's.
    pub fn take(&self, domain: &str) {
        self.locked().taken.push(domain.to_owned());
    }

    /// Gives a name the record with which new names are parked.
    pub fn park(&self, domain: &str) {
        let record = json!({ "id": "p1", "name": domain, "type": "ALIAS", "content": "pixie.porkbun.com", "ttl": "600" });
        self.locked().records.push((domain.to_owned(), record));
    }

    /// Forgets all keys, as after a day.
    pub fn forget_keys(&self) {
        self.locked().done.clear();
    }

    /// The names of all orders, oldest first.
    pub fn orders(&self) -> Vec<String> {
        self.locked().orders.clone()
    }

    /// Whether a name of the account renews by itself.
    pub fn renews(&self, domain: &str) -> Option<bool> {
        self.locked().owned.get(domain).copied()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(status: u16, code: &str) -> Reply {
    Reply::json(status, &json!({ "status": "ERROR", "code": code, "message": code }))
}

fn dollars(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl State {
    fn is_taken(&self, domain: &str) -> bool {
        self.owned.contains_key(domain) || self.taken.iter().any(|taken| taken == domain)
    }

    fn check(&self, domain: &str) -> Value {
        let price = |kind: &str, cents: i64| json!({ "type": kind, "price": dollars(cents), "regularPrice": dollars(cents) });
        let (registration, renewal) = self.price;
        json!({ "status": "SUCCESS", "response": {
            "avail": if self.is_taken(domain) { "no" } else { "yes" }, "type": "registration",
            "price": dollars(registration), "firstYearPromo": "no", "regularPrice": dollars(registration),
            "premium": "no", "minDuration": 1,
            "additional": { "renewal": price("renewal", renewal), "transfer": price("transfer", registration) },
        } })
    }

    fn create(&mut self, domain: &str, body: &Value) -> Result<Value, Reply> {
        if body["agreeToTerms"] != "yes" {
            return Err(refused(400, "TERMS_NOT_AGREED"));
        }
        if self.is_taken(domain) {
            return Err(refused(400, "DOMAIN_NOT_AVAILABLE"));
        }
        let (cost, _) = self.price;
        if body["cost"] != cost {
            return Err(refused(400, "COST_MISMATCH"));
        }
        let funds = self.credit >= cost;
        if body["dryRun"] == true {
            return Ok(json!({
                "status": "SUCCESS", "dryRun": true, "wouldSucceed": funds, "operation": "registration",
                "domain": domain, "cost": cost, "balance": self.credit, "sufficientFunds": funds,
            }));
        }
        if !funds {
            return Err(refused(400, "INSUFFICIENT_FUNDS"));
        }
        self.credit -= cost;
        self.orders.push(domain.to_owned());
        self.owned.insert(domain.to_owned(), true);
        Ok(json!({
            "status": "SUCCESS", "domain": domain, "cost": cost, "orderId": self.orders.len(), "balance": self.credit,
        }))
    }

    fn renew(&mut self, domain: &str, body: &Value) -> Result<Value, Reply> {
        let renews = self.owned.get_mut(domain).ok_or_else(|| refused(400, "INVALID_DOMAIN"))?;
        *renews = match body["status"].as_str() {
            Some("on") => true,
            Some("off") => false,
            _ => return Err(refused(400, "INVALID_STATUS")),
        };
        Ok(json!({ "status": "SUCCESS", "results": { domain: { "status": "SUCCESS" } } }))
    }

    fn list(&self) -> Value {
        let domains: Vec<Value> = self
            .owned
            .iter()
            .map(|(domain, renews)| json!({ "domain": domain, "status": "ACTIVE", "autoRenew": i32::from(*renews) }))
            .collect();
        json!({ "status": "SUCCESS", "domains": domains })
    }

    fn records(&self, domain: &str) -> Value {
        let records: Vec<&Value> =
            self.records.iter().filter(|(owner, _)| owner == domain).map(|(_, record)| record).collect();
        json!({ "status": "SUCCESS", "records": records })
    }

    fn create_record(&mut self, domain: &str, body: &Value) -> Result<Value, Reply> {
        if !self.owned.contains_key(domain) {
            return Err(refused(400, "INVALID_DOMAIN"));
        }
        let name = body["name"].as_str().unwrap_or_default();
        let whole = if name.is_empty() { domain.to_owned() } else { format!("{name}.{domain}") };
        self.next_record += 1;
        let id = self.next_record.to_string();
        let record = json!({
            "id": id, "name": whole, "type": body["type"], "content": body["content"], "ttl": body["ttl"],
        });
        self.records.push((domain.to_owned(), record));
        Ok(json!({ "status": "SUCCESS", "id": id }))
    }

    fn delete_record(&mut self, domain: &str, id: &str) -> Result<Value, Reply> {
        let before = self.records.len();
        self.records.retain(|(owner, record)| owner != domain || record["id"] != id);
        if self.records.len() == before {
            return Err(refused(400, "INVALID_RECORD_ID"));
        }
        Ok(json!({ "status": "SUCCESS" }))
    }

    fn act(&mut self, request: &Seen) -> Result<Value, Reply> {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let body = request.json();
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["ping"]) => {
                Ok(json!({ "status": "SUCCESS", "yourIp": "127.0.0.1", "credentialsValid": true }))
            }
            ("POST", ["domain", "checkDomain", domain]) => Ok(self.check(domain)),
            ("POST", ["domain", "create", domain]) => self.create(domain, &body),
            ("POST", ["domain", "updateAutoRenew", domain]) => self.renew(domain, &body),
            ("GET", ["domain", "listAll"]) => Ok(self.list()),
            ("GET", ["dns", "retrieve", domain]) => Ok(self.records(domain)),
            ("POST", ["dns", "create", domain]) => self.create_record(domain, &body),
            ("POST", ["dns", "delete", domain, id]) => self.delete_record(domain, id),
            _ => Err(refused(404, "NOT_FOUND")),
        }
    }
}

#[async_trait]
impl Handler for Porkbun {
    async fn answer(&self, request: &Seen) -> Reply {
        let mut state = self.locked();
        let given = (request.header("x-api-key"), request.header("x-secret-api-key"));
        if given != (state.keys.0.as_str(), state.keys.1.as_str()) {
            return refused(400, "INVALID_API_KEYS_001");
        }
        let key = request.header("idempotency-key").to_owned();
        let what = format!("{} {}", request.path, String::from_utf8_lossy(&request.body));
        if let Some((before, answer)) = state.done.get(&key).filter(|_| !key.is_empty()) {
            if *before != what {
                return refused(409, "IDEMPOTENCY_KEY_MISMATCH");
            }
            return Reply::json(200, answer).with_header("idempotent-replayed", "true");
        }
        match state.act(request) {
            Ok(answer) => {
                if !key.is_empty() {
                    state.done.insert(key, (what, answer.clone()));
                }
                Reply::json(200, &answer)
            }
            Err(reply) => reply,
        }
    }
}
