//! A simulator of Paddle Billing: a merchant of record without idempotency keys and without links.
//!
//! It keeps products, prices, transactions, adjustments, customers, subscriptions and notification settings, refuses fields
//! that Paddle does not know, goes through lists by cursors, and makes another object for every POST. Refunds are approved
//! at once, or wait until they are decided.

#![allow(clippy::indexing_slicing, reason = "a name that JSON does not have is null")]

mod forms;
mod state;

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::server::{Handler, Reply, Seen, Server};
use state::State;

/// The API key that is accepted.
pub const KEY: &str = "pdl_sdbx_apikey_simulator";

/// A running simulator.
#[derive(Debug)]
pub struct PaddleDouble {
    state: Arc<Mutex<State>>,
    server: Server,
}

impl PaddleDouble {
    /// Serves on a free port of the loopback interface.
    pub fn start() -> io::Result<Self> {
        let state = Arc::<Mutex<State>>::default();
        let server = Server::start(Answers(Arc::clone(&state)))?;
        Ok(Self { state, server })
    }

    /// The address of the API.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The server: what it has seen, and its plan of faults.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// The objects of a kind as they are: `products`, `prices`, `transactions`, `adjustments`, `customers`,
    /// `subscriptions` or `notification-settings`.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.lock().all(kind)
    }

    /// Makes refunds wait for approval.
    pub fn hold_refunds(&self) {
        self.lock().holds_refunds = true;
    }

    /// Decides a refund that waits: `approved` or `rejected`.
    pub fn decide(&self, adjustment: &str, status: &str) {
        self.lock().decide(adjustment, status);
    }

    /// A customer pays for a price on a page with Paddle's checkout: the transaction. `None` where it is not on sale.
    pub fn pay(&self, price: &str, reference: &str) -> Option<Value> {
        self.lock().pay(price, reference)
    }

    /// A customer pays a transaction: as it is then. `None` where it can't be paid.
    pub fn finish(&self, transaction: &str, reference: &str) -> Option<Value> {
        self.lock().finish(transaction, reference)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Answers(Arc<Mutex<State>>);

#[async_trait]
impl Handler for Answers {
    async fn answer(&self, request: &Seen) -> Reply {
        if request.bearer() != KEY {
            return refusal(403, "invalid_token", "the key is not valid");
        }
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answer(&mut state, request).unwrap_or_else(|refused| refused)
    }
}

/// An answer, or a refusal.
type Answered = Result<Reply, Reply>;

fn answer(state: &mut State, request: &Seen) -> Answered {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let body = request.json();
    match (request.method.as_str(), &*path) {
        ("GET", [kind]) => list(state, kind, request),
        ("GET", [kind, id]) => state.get(kind, id).map(|one| data(200, &one)).ok_or_else(not_found),
        ("POST", ["products"]) => Ok(data(201, &state.product(forms::product(&body)?))),
        ("POST", ["prices"]) => state.price(forms::price(&body)?, "standard").map(made),
        ("PATCH", ["products", id]) => state.change("products", id, &forms::change(&body)?),
        ("PATCH", ["prices", id]) => state.change("prices", id, &forms::change(&body)?),
        ("POST", ["transactions"]) => state.transaction(&forms::transaction(&body)?).map(made),
        ("POST", ["adjustments"]) => state.adjust(forms::adjustment(&body)?).map(made),
        ("POST", ["customers", id, "portal-sessions"]) => {
            forms::session(&body)?;
            state.get("customers", id).ok_or_else(not_found)?;
            let url = "https://sandbox-customer-portal.paddle.example/cpl_1?token=secret";
            Ok(made(
                json!({ "id": "cpls_1", "urls": { "general": { "overview": url }, "subscriptions": [] } }),
            ))
        }
        ("POST", ["subscriptions", id, "cancel"]) => state.cancel(id, &forms::cancel(&body)?),
        ("PATCH", ["subscriptions", id]) => state.change("subscriptions", id, &forms::unschedule(&body)?),
        ("POST", ["notification-settings"]) => Ok(made(state.endpoint(forms::endpoint(&body)?))),
        ("PATCH", ["notification-settings", id]) => {
            let change = state::events(forms::endpoint_change(&body)?);
            state.change("notification-settings", id, &change)
        }
        _ => Err(not_found()),
    }
}

fn made(object: Value) -> Reply {
    data(201, &object)
}

fn data(status: u16, object: &Value) -> Reply {
    Reply::json(status, &json!({ "data": object, "meta": { "request_id": "simulated" } }))
}

/// A page of a list: those after a cursor.
fn list(state: &State, kind: &str, request: &Seen) -> Answered {
    let all = state.filtered(kind, &request.pairs()).ok_or_else(not_found)?;
    let most = if kind == "transactions" { 30 } else { 200 };
    let limit = request.param("per_page").and_then(|text| text.parse().ok()).unwrap_or(30_usize);
    if !(1..=most).contains(&limit) {
        return Err(invalid("per_page", "out of range"));
    }
    let after = request.param("after");
    let begin = match after.as_deref() {
        None => 0,
        Some(after) => {
            let place = all.iter().position(|one| one["id"] == *after);
            place.ok_or_else(|| invalid("after", "no such object"))? + 1
        }
    };
    let page: Vec<Value> = all.iter().skip(begin).take(limit).cloned().collect();
    let has_more = begin + page.len() < all.len();
    let pagination = json!({ "per_page": limit, "has_more": has_more, "estimated_total": all.len(),
        "next": format!("https://api.paddle.example/{kind}") });
    let meta = json!({ "request_id": "simulated", "pagination": pagination });
    Ok(Reply::json(200, &json!({ "data": page, "meta": meta })))
}

fn refusal(status: u16, code: &str, detail: &str) -> Reply {
    let error = json!({ "type": "request_error", "code": code, "detail": detail });
    Reply::json(status, &json!({ "error": error, "meta": { "request_id": "simulated" } }))
}

fn not_found() -> Reply {
    refusal(404, "not_found", "there is none")
}

/// A field that is not as it must be.
fn invalid(place: &str, message: &str) -> Reply {
    let error = json!({ "type": "request_error", "code": "bad_request", "detail": "Invalid request",
        "errors": [{ "field": place, "message": message }] });
    Reply::json(400, &json!({ "error": error }))
}
