//! Answers that several routes share.

use ae_core::ErrorKind;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

use crate::{
    error::{Error, chain},
    setup::eprint_line,
};

/// The headers of every page made here: no scripts, no frames, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The look of every page made here, in the reader's choice of dark and light.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}\
label{display:block;margin:.5rem 0}\
input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem}\
pre{white-space:pre-wrap;overflow-wrap:anywhere}\
button{font:inherit;padding:.6rem 1.2rem;margin-top:1rem;min-height:2.75rem}\
:focus-visible{outline:.2rem solid;outline-offset:.15rem}";

/// The tier that a button stands for.
#[derive(Debug, Deserialize)]
pub(super) struct Selected {
    pub(super) tier: Option<String>,
}

/// `GET /health`
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// Everything that is nowhere.
pub(super) async fn not_found() -> Response {
    message(StatusCode::NOT_FOUND, "Not found", "There is nothing at this address.")
}

/// A page with a title and a sentence.
pub(super) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let body = html! { h1 { (title) } p { (text) } };
    page(status, title, &body)
}

/// A page that says why nothing was done.
pub(super) fn refused(status: StatusCode, text: &str) -> Response {
    message(status, "Refused", text)
}

/// A browser says where a form was sent from; anything but the origin that it is sent to is refused. Another product, or
/// another part of this server, is another origin.
pub(super) fn from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let same = text("sec-fetch-site").map(|site| site == "same-origin");
    let origin_fits = match (text("origin"), text("host")) {
        // A page whose address is not to be passed on; a browser that sends this says the rest itself.
        (Some("null"), _) => same == Some(true),
        (Some(origin), Some(host)) => {
            origin == format!("http://{host}") || origin == format!("https://{host}")
        }
        (Some(_), None) => false,
        (None, _) => true,
    };
    same == Some(false) || !origin_fits
}

/// A small page.
pub(super) fn page(status: StatusCode, title: &str, body: &Markup) -> Response {
    html_page(status, whole(title, body))
}

/// A small page as HTML text.
pub(super) fn whole(title: &str, body: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    markup.into_string()
}

/// A complete HTML text as an answer.
pub(super) fn html_page(status: StatusCode, text: String) -> Response {
    let mut response = (status, text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Under `no-referrer` a browser sends the origin "null" with the page's own forms.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An error as a page; what is inside stays inside, and is in the operator's log.
pub(super) fn failure(error: &Error) -> Response {
    let status = logged(error);
    let message_of = error.to_string();
    let text = match status {
        _ if status.is_client_error() => message_of.as_str(),
        StatusCode::INSUFFICIENT_STORAGE => "The server's disk is full; nothing more was recorded.",
        _ => "Something broke; the operator's log says what.",
    };
    message(status, "That did not work", text)
}

/// The status that answers `error`; one that is the server's fault goes to the operator's log.
pub(super) fn logged(error: &Error) -> StatusCode {
    let status = status_of(error.kind());
    if status.is_server_error() {
        eprint_line(&format!("error: {}", chain(error)));
    }
    status
}

/// The HTTP status of an error kind, mapped once.
pub(super) fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::InvalidInput => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorKind::QuotaExceeded => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Unsupported => StatusCode::NOT_IMPLEMENTED,
        ErrorKind::Protocol => StatusCode::BAD_GATEWAY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
