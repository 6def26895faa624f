//! The answer to a request: who asks, and for what.

use std::sync::Arc;

use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{
        ALLOW, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderName, HeaderValue, ORIGIN,
        RETRY_AFTER,
    },
};
use serde_json::{Value, json};

use super::{
    Proxy,
    body::Sent,
    call,
    errors::Failure,
    keys::{self, Access},
    wire::{AUTO, Form},
};

/// Answers a request of any kind.
pub(crate) async fn answer(proxy: Arc<Proxy>, request: Request<Incoming>) -> Response<Sent> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let form = match path {
        "/v1/chat/completions" => Some((Form::Chat, "chat")),
        "/v1/responses" => Some((Form::Responses, "responses")),
        _ => None,
    };
    let method = if form.is_some() { Method::POST } else { Method::GET };
    let known =
        form.is_some() || matches!(path, "/healthz" | "/metrics" | "/v1/models") || model(path).is_some();
    if !known {
        return failed(&Failure::no_page(parts.method.as_str(), path));
    }
    if parts.method != method {
        let mut answer = failed(&Failure::invalid(405, format!("use {method} for {path:.80}")));
        set(answer.headers_mut(), ALLOW, method.as_str());
        return answer;
    }
    if path == "/healthz" {
        return text("ok\n".to_owned());
    }
    let access = match access(&proxy, &parts.headers) {
        Ok(access) => access,
        Err(failure) => return failed(&failure),
    };
    match (form, model(path)) {
        (Some((form, name)), _) => {
            let began = proxy.runtime.clock.monotonic();
            proxy.metrics.begin();
            let mut ending = Ending {
                proxy: Arc::clone(&proxy),
                key: access.name.clone(),
                form: name,
                began,
                status: 499,
            };
            let asked = match proxy.room.read(&parts.headers, body).await {
                Err(failure) => Err(failure),
                Ok(_) if parts.headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") => {
                    Err(Failure::invalid(415, "a compressed request can't be read: send it as it is"))
                }
                Ok((body, room)) => call::read(&proxy, access, form, &body).map(|asked| (asked, room)),
            };
            match asked {
                Ok((asked, room)) => call::run(&proxy, access, asked, room, ending).await,
                Err(failure) => {
                    ending.status = failure.status;
                    failed(&failure)
                }
            }
        }
        (None, Some(id)) => {
            match listed(&proxy, access).into_iter().find(|entry| entry.get("id") == Some(&json!(id))) {
                Some(entry) => sent(StatusCode::OK, &entry),
                None => failed(&Failure::no_model(&id)),
            }
        }
        (None, None) if path == "/metrics" && access.metrics => text(proxy.metrics.text(&proxy.accesses)),
        (None, None) if path == "/metrics" => failed(&Failure::forbidden("the key may not read the metrics")),
        (None, None) => sent(StatusCode::OK, &json!({ "object": "list", "data": listed(&proxy, access) })),
    }
}

/// Counts a request when it ends, also one whose client went before.
#[derive(Debug)]
pub(crate) struct Ending {
    proxy: Arc<Proxy>,
    key: String,
    form: &'static str,
    began: std::time::Duration,
    pub(crate) status: u16,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let took = self.proxy.runtime.clock.monotonic().saturating_sub(self.began);
        self.proxy.metrics.end(&self.key, self.form, self.status, took);
    }
}

/// The caller.
fn access<'a>(proxy: &'a Proxy, headers: &HeaderMap) -> Result<&'a Arc<Access>, Failure> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| {
        let (scheme, key) = value.as_bytes().split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then_some(key)
    });
    let access = keys::find(&proxy.accesses, bearer).ok_or_else(Failure::no_key)?;
    if !access.has_key() {
        // Without keys, a page in this machine's browser must not spend the money.
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        if headers.contains_key(ORIGIN) || !matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
            return Err(Failure::forbidden(
                "without keys only programs of this machine may call: set --keys",
            ));
        }
    }
    Ok(access)
}

/// The model of `/v1/models/ID`.
fn model(path: &str) -> Option<String> {
    let id = path.strip_prefix("/v1/models/").filter(|id| !id.is_empty())?;
    let mut bytes = Vec::new();
    let mut rest = id.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%');
        let decoded = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(bytes).ok()
}

/// The models that a caller may name, and `auto`.
fn listed(proxy: &Proxy, access: &Access) -> Vec<Value> {
    let created = proxy.vendors.prices.as_of().as_second();
    let entry =
        |id: &str, owner: &str| json!({ "id": id, "object": "model", "created": created, "owned_by": owner });
    let all = proxy.vendors.list(proxy.runtime.now());
    let named = all.into_iter().filter(|(id, _)| access.may_name(id)).map(|(id, owner)| entry(id, owner));
    std::iter::once(entry(AUTO, "ae-router")).chain(named).collect()
}

pub(crate) fn sent(status: StatusCode, body: &Value) -> Response<Sent> {
    let mut answer = Response::new(Sent::from(body.to_string()));
    *answer.status_mut() = status;
    set(answer.headers_mut(), CONTENT_TYPE, "application/json");
    answer
}

pub(crate) fn failed(failure: &Failure) -> Response<Sent> {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = sent(status, &failure.body());
    let headers = answer.headers_mut();
    set(headers, HeaderName::from_static("x-should-retry"), if failure.again { "true" } else { "false" });
    if let Some(after) = failure.after {
        let whole = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
        set(headers, RETRY_AFTER, &whole.to_string());
    }
    answer
}

fn text(text: String) -> Response<Sent> {
    let mut answer = Response::new(Sent::from(text));
    set(answer.headers_mut(), CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    answer
}

/// Sets a header; other characters than printable ones of ASCII become `?`.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let plain = |character: char| if matches!(character, ' '..='~') { character } else { '?' };
    let text: String = value.chars().take(1_024).map(plain).collect();
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_may_have_a_slash() {
        assert_eq!(model("/v1/models/gpt-5.2").as_deref(), Some("gpt-5.2"));
        assert_eq!(model("/v1/models/meta%2Fllama").as_deref(), Some("meta/llama"));
        assert_eq!(model("/v1/models/a%").as_deref(), Some("a%"));
        assert_eq!(model("/v1/models/%ff"), None);
        assert_eq!(model("/v1/models/"), None);
    }
}
