//! Events: kept, signed, sent.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ae_core_http::{Client, Limits, Request};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::state::{State, VERSION};

/// Keeps the event that `object` is now as it is, for every endpoint that asked for its kind.
pub(super) fn happened(state: &mut State, kind: &str, object: &Value) {
    let id = state.id("evt");
    let event = json!({ "object": "event", "api_version": VERSION, "data": { "object": object }, "pending_webhooks": 0,
        "request": { "id": null, "idempotency_key": null }, "type": kind });
    state.add("event", &id, event);
    send(state, &id, kind);
}

fn send(state: &mut State, event: &str, kind: &str) {
    let wants = |endpoint: &&Value| {
        let events = endpoint["enabled_events"].as_array();
        endpoint["status"] == "enabled"
            && events.is_some_and(|events| events.iter().any(|name| name == kind || name == "*"))
    };
    let endpoints: Vec<String> = state
        .all("webhook_endpoint")
        .iter()
        .filter(wants)
        .filter_map(|one| Some(one["id"].as_str()?.to_owned()))
        .collect();
    state.outbox.extend(endpoints.into_iter().map(|endpoint| (endpoint, event.to_owned())));
}

/// Puts every event on its way again; the number of events.
pub(super) fn redeliver(state: &mut State) -> usize {
    let events: Vec<(String, String)> = state
        .all("event")
        .iter()
        .filter_map(|event| Some((event["id"].as_str()?.to_owned(), event["type"].as_str()?.to_owned())))
        .collect();
    for (id, kind) in &events {
        send(state, id, kind);
    }
    events.len()
}

/// The header that signs `body` at a second of Unix time.
pub fn signature(secret: &str, seconds: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key may have any length");
    mac.update(format!("{seconds}.{body}").as_bytes());
    format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// Sends what is on its way, in order, each once.
pub(super) async fn deliver(state: Arc<Mutex<State>>) {
    loop {
        let next = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let Some((endpoint, event)) = state.outbox.pop_front() else { return };
            let url = state
                .get("webhook_endpoint", &endpoint)
                .and_then(|one| one["url"].as_str().map(str::to_owned));
            let body = state.get("event", &event).map(Value::to_string);
            let secret = state.secrets.get(&endpoint).cloned();
            url.zip(body).zip(secret).map(|((url, body), secret)| {
                let signed = signature(&secret, state.now(), &body);
                (url, body, signed)
            })
        };
        if let Some((url, body, signed)) = next {
            // A receiver that is away gets it again on request.
            let _ = post(&url, &body, &signed).await;
        }
    }
}

async fn post(url: &str, body: &str, signed: &str) -> Result<(), ae_core::BackendError> {
    let (origin, path) = url.split_at(url.find("://").map_or(0, |at| at + 3));
    let (host, path) = path.split_at(path.find('/').unwrap_or(path.len()));
    let limits = Limits::default().with_answer(Duration::from_secs(10));
    let client = Client::new("stripe-simulator", &format!("{origin}{host}"), limits)?;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut request = Request::post("deliver", path.split('/').filter(|part| !part.is_empty()))
        .with_body("application/json; charset=utf-8", body)?
        .with_header("stripe-signature", signed)?;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        request = request.with_query(name, value);
    }
    client.send(&request).await?.success().map(drop)
}
