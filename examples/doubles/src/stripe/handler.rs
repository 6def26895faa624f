//! Who may ask, repeats, and the way to each operation.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::server::{Handler, Reply, Seen};

use super::{
    catalog, control, create, events, pay, read, refunds, schema,
    state::{State, Stored, VERSION},
};

/// A day: as long as Stripe keeps idempotency keys.
const KEY_SECONDS: i64 = 24 * 3600;

#[derive(Debug)]
pub(super) struct Stripe(pub(super) Arc<Mutex<State>>);

/// The outcome of an operation: an object, or status, type, code and parameter of a refusal.
pub(super) type Outcome = Result<Value, Refusal>;

#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) code: &'static str,
    pub(super) param: String,
}

pub(super) fn refuse(status: u16, code: &'static str, param: &str) -> Refusal {
    let kind = match status {
        402 => "card_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    Refusal { status, kind, code, param: param.to_owned() }
}

pub(super) fn missing(param: &str) -> Refusal {
    refuse(400, "resource_missing", param)
}

#[async_trait]
impl Handler for Stripe {
    async fn answer(&self, request: &Seen) -> Reply {
        let reply = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            answer(&mut state, request)
        };
        tokio::spawn(events::deliver(Arc::clone(&self.0)));
        reply
    }
}

fn answer(state: &mut State, request: &Seen) -> Reply {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["pay", id] if request.method == "GET" => pay::page(state, id, request),
        ["pay", id] => pay::submitted(state, id, request),
        // A browser asks for it by itself, and reports what is missing.
        ["favicon.ico"] => Reply::html(204, ""),
        ["portal", _] => Reply::html(200, "<h1>SIMULATOR: customer portal</h1>"),
        ["_control", "flush"] => Reply::json(200, &Value::Null),
        ["_control", action] => match control::control(state, action, &request.form()) {
            Some(done) => Reply::json(200, &done),
            None => Reply::json(404, &Value::Null),
        },
        ["v1", rest @ ..] => api(state, request, rest),
        _ => Reply::json(404, &Value::Null),
    }
}

fn api(state: &mut State, request: &Seen, path: &[&str]) -> Reply {
    let request_id = state.id("req");
    let replied = allowed(state, request).and_then(|()| {
        let key = request.header("idempotency-key");
        if request.method != "POST" || key.is_empty() {
            return Ok(once(state, request, path));
        }
        let body = String::from_utf8_lossy(&request.body);
        let asked = format!("{} {body}", request.path);
        let now = state.now();
        if let Some(stored) = state.keys.get(key).filter(|stored| now - stored.at < KEY_SECONDS) {
            if stored.request == asked {
                return Ok(stored.reply.clone().with_header("idempotent-replayed", "true"));
            }
            return Err(Refusal { kind: "idempotency_error", ..refuse(400, "", "") });
        }
        let reply = once(state, request, path);
        // Refusals of a check are not stored, because nothing was done.
        if matches!(reply.status, 200 | 402 | 500..) {
            state.keys.insert(key.to_owned(), Stored { request: asked, reply: reply.clone(), at: now });
        }
        Ok(reply)
    });
    replied.unwrap_or_else(|refusal| refused(&refusal)).with_header("request-id", &request_id)
}

fn allowed(state: &State, request: &Seen) -> Result<(), Refusal> {
    let key = request.bearer();
    let mode = if state.livemode { "live" } else { "test" };
    let is_key = ["sk", "rk"].iter().any(|kind| key.starts_with(&format!("{kind}_{mode}_")));
    if !is_key || key.contains("expired") {
        return Err(refuse(401, "", ""));
    }
    if key.contains("readonly") && request.method != "GET" {
        return Err(refuse(403, "", ""));
    }
    match request.header("stripe-version") {
        "" | VERSION => Ok(()),
        _ => Err(refuse(400, "invalid_api_version", "")),
    }
}

fn once(state: &mut State, request: &Seen, path: &[&str]) -> Reply {
    let poison = if request.method == "POST" { state.poison.take() } else { None };
    if poison == Some(false) {
        return refused(&refuse(500, "", ""));
    }
    let outcome = operate(state, request, path);
    match outcome {
        _ if poison.is_some() => refused(&refuse(500, "", "")),
        Ok(object) => Reply::json(200, &object),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Reply {
    let mut error = json!({ "type": refusal.kind, "message": "SIMULATOR: see type, code and param" });
    if !refusal.code.is_empty() {
        error["code"] = json!(refusal.code);
    }
    if !refusal.param.is_empty() {
        error["param"] = json!(refusal.param);
    }
    Reply::json(refusal.status, &json!({ "error": error }))
}

fn operate(state: &mut State, request: &Seen, path: &[&str]) -> Outcome {
    let method = request.method.as_str();
    let pairs = if method == "POST" { request.form() } else { request.pairs() };
    let form =
        schema::read(method, &request.path, &pairs).map_err(|wrong| refuse(400, wrong.code, &wrong.param))?;
    match (method, path) {
        ("POST", ["products"]) => catalog::product(state, form),
        ("POST", ["prices"]) => catalog::price(state, form),
        ("POST", ["payment_links"]) => catalog::link(state, form),
        ("POST", ["customers"]) => create::customer(state, form),
        ("POST", ["checkout", "sessions"]) => create::session(state, form),
        ("POST", ["refunds"]) => refunds::refund(state, form),
        ("POST", ["billing", "meters"]) => create::meter(state, form),
        ("POST", ["billing", "meter_events"]) => create::meter_event(state, form),
        ("POST", ["billing_portal", "configurations"]) => create::portal_configuration(state, form),
        ("POST", ["billing_portal", "sessions"]) => create::portal(state, form),
        ("POST", ["webhook_endpoints"]) => create::endpoint(state, form),
        ("POST", ["subscriptions", id]) => control::changed(state, id, &form),
        ("DELETE", ["subscriptions", id]) => control::ended(state, id),
        ("POST", ["checkout", "sessions", id, "expire"]) => create::expired(state, id),
        ("POST", [kind, id]) => catalog::updated(state, kind, id, &form),
        ("DELETE", [kind, id]) => catalog::deleted(state, kind, id),
        ("GET", ["balance"]) => {
            Ok(json!({ "object": "balance", "livemode": state.livemode, "available": [] }))
        }
        ("GET", ["account"]) => Ok(json!({ "object": "account", "id": "acct_simulator" })),
        ("GET", path) => read::read(state, path, &form),
        _ => Err(refuse(404, "", "")),
    }
}
