//! A simulator of Polar: a merchant of record without idempotency keys.
//!
//! It keeps products, checkout links, checkouts, customers, orders, refunds, subscriptions and webhook endpoints, refuses
//! fields that Polar does not know, deletes links, and makes another object for every POST.

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

/// The access token that is accepted.
pub const TOKEN: &str = "polar_oat_simulator";

/// A running simulator.
#[derive(Debug)]
pub struct PolarDouble {
    state: Arc<Mutex<State>>,
    server: Server,
}

impl PolarDouble {
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

    /// The objects of a kind as they are: `products`, `checkout-links`, `orders`, `refunds`, `customers`, `checkouts`,
    /// `subscriptions` or `endpoints`.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.lock().all(kind)
    }

    /// A customer named `reference` pays at a link, as on its page: the order. `None` where nothing can be bought there.
    pub fn pay(&self, link: &str, reference: &str) -> Option<Value> {
        self.lock().pay(link, reference)
    }

    /// A customer finishes a checkout: the order. `None` where it can't be paid.
    pub fn finish(&self, checkout: &str, reference: &str) -> Option<Value> {
        self.lock().finish(checkout, reference)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Answers(Arc<Mutex<State>>);

#[async_trait]
impl Handler for Answers {
    async fn answer(&self, request: &Seen) -> Reply {
        if request.bearer() != TOKEN {
            return refusal(401, "Unauthorized", "the token is not valid");
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
    let has_slash = request.path.ends_with('/');
    let body = request.json();
    let method = request.method.as_str();
    match (method, &*path) {
        ("GET", ["v1", "webhooks", "endpoints"]) => Ok(list(state.all("endpoints"), request)),
        ("POST", ["v1", "webhooks", "endpoints"]) => {
            forms::endpoint(&body).map(|body| made(state.endpoint(body)))
        }
        ("PATCH", ["v1", "webhooks", "endpoints", id]) => {
            state.change("endpoints", id, forms::endpoint_change(&body)?)
        }
        ("GET", ["v1", "customers", "external", reference]) => {
            let known = state.all("customers").into_iter().find(|one| one["external_id"] == *reference);
            known.map(|one| Reply::json(200, &one)).ok_or_else(not_found)
        }
        // Polar redirects collections without a slash at their end.
        ("GET" | "POST", ["v1", _]) if !has_slash => Err(Reply::see_other(&format!("{}/", request.path))),
        ("GET", ["v1", kind]) => Ok(list(state.filtered(kind, &request.pairs()), request)),
        ("GET", ["v1", kind, id]) => {
            state.get(kind, id).map(|one| Reply::json(200, &one)).ok_or_else(not_found)
        }
        ("POST", ["v1", "products"]) => forms::product(&body).map(|body| made(state.product(body))),
        ("PATCH", ["v1", "products", id]) => state.change("products", id, forms::product_change(&body)?),
        ("POST", ["v1", "checkout-links"]) => state.link(forms::link(&body)?).map(made),
        ("DELETE", ["v1", "checkout-links", id]) => state.delete("checkout-links", id),
        ("POST", ["v1", "checkouts"]) => state.checkout(forms::checkout(&body)?).map(made),
        ("POST", ["v1", "customers"]) => state.customer(forms::customer(&body)?).map(made),
        ("POST", ["v1", "customer-sessions"]) => state.session(forms::session(&body)?).map(made),
        ("POST", ["v1", "refunds"]) => state.refund(forms::refund(&body)?).map(made),
        ("PATCH", ["v1", "subscriptions", id]) => state.cancel(id, true),
        ("DELETE", ["v1", "subscriptions", id]) => state.cancel(id, false),
        _ => Err(refusal(404, "ResourceNotFound", "no such path")),
    }
}

fn made(object: Value) -> Reply {
    Reply::json(201, &object)
}

/// A page of a list.
fn list(all: Vec<Value>, request: &Seen) -> Reply {
    let number =
        |name: &str, usual: usize| request.param(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (page, limit) = (number("page", 1).max(1), number("limit", 10).clamp(1, 100));
    let pages = all.len().div_ceil(limit).max(1);
    let total = all.len();
    let items: Vec<Value> = all.into_iter().skip((page - 1) * limit).take(limit).collect();
    Reply::json(200, &json!({ "items": items, "pagination": { "total_count": total, "max_page": pages } }))
}

fn refusal(status: u16, error: &str, detail: &str) -> Reply {
    Reply::json(status, &json!({ "error": error, "detail": detail }))
}

fn not_found() -> Reply {
    refusal(404, "ResourceNotFound", "Not found")
}

/// A field that is not as it must be.
fn invalid(place: &str, message: &str) -> Reply {
    let detail = json!([{ "loc": ["body", place], "msg": message, "type": "value_error" }]);
    Reply::json(422, &json!({ "error": "RequestValidationError", "detail": detail }))
}
