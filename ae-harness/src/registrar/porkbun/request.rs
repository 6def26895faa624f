//! The requests to Porkbun (API v3.7).

use ae_core::{BackendError, ErrorKind, Secret};
use ae_core_http::Request;
use serde::Serialize;
use serde_json::json;

use super::NAME;
use crate::{
    DnsRecord,
    registrar::{Domain, Purchase},
};

/// The two keys of every request.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) api_key: Secret<String>,
    pub(super) secret_api_key: Secret<String>,
}

impl Access {
    fn with(&self, request: Request) -> Result<Request, BackendError> {
        request
            .with_header("x-api-key", self.api_key.expose())?
            .with_header("x-secret-api-key", self.secret_api_key.expose())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    /// Cents for the whole term; another price than that of now is refused.
    cost: i64,
    agree_to_terms: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

pub(super) fn ping(access: &Access) -> Result<Request, BackendError> {
    access.with(Request::get("check", ["ping"]))
}

pub(super) fn check(
    access: &Access,
    operation: &'static str,
    domain: &Domain,
) -> Result<Request, BackendError> {
    let path = ["domain", "checkDomain", domain.as_str()];
    access.with(Request::post(operation, path).with_json(&json!({}))?)
}

/// A purchase, or with `key` missing a rehearsal of it.
pub(super) fn create(
    access: &Access,
    key: Option<&str>,
    purchase: &Purchase,
) -> Result<Request, BackendError> {
    let quote = &purchase.quote;
    let operation = if key.is_some() { "buy" } else { "rehearse" };
    let cost = quote.price.to_minor(2).ok_or_else(|| {
        let message = format!("{} is not a whole number of cents: quote it again", quote.price);
        BackendError::new(ErrorKind::InvalidInput, NAME, operation, message)
    })?;
    let body = Create { cost, agree_to_terms: "yes", dry_run: key.is_none() };
    let request = Request::post(operation, ["domain", "create", quote.domain.as_str()]).with_json(&body)?;
    let request = match key {
        Some(key) => request.with_header("idempotency-key", key)?,
        None => request,
    };
    access.with(request)
}

/// The domains of the account from number `start` on.
pub(super) fn owned(access: &Access, start: usize) -> Result<Request, BackendError> {
    access.with(Request::get("buy", ["domain", "listAll"]).with_query("start", start.to_string()))
}

pub(super) fn auto_renew(access: &Access, domain: &Domain, on: bool) -> Result<Request, BackendError> {
    let body = json!({ "status": if on { "on" } else { "off" } });
    access.with(Request::post("buy", ["domain", "updateAutoRenew", domain.as_str()]).with_json(&body)?)
}

pub(super) fn records(access: &Access, domain: &Domain) -> Result<Request, BackendError> {
    access.with(Request::get("records", ["dns", "retrieve", domain.as_str()]))
}

/// A new DNS record; `name` is the part before the domain, empty for the domain itself.
pub(super) fn create_record(
    access: &Access,
    key: &str,
    domain: &Domain,
    name: &str,
    record: &DnsRecord,
) -> Result<Request, BackendError> {
    let body = json!({ "name": name, "type": record.kind, "content": record.value, "ttl": "600" });
    let request = Request::post("ensure_records", ["dns", "create", domain.as_str()]).with_json(&body)?;
    access.with(request.with_header("idempotency-key", key)?)
}

pub(super) fn delete_record(access: &Access, domain: &Domain, id: &str) -> Result<Request, BackendError> {
    let path = ["dns", "delete", domain.as_str(), id];
    access.with(Request::post("ensure_records", path).with_json(&json!({}))?)
}
