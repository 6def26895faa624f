//! Published products, each at an origin of its own, and what the server answers beside their releases.

use ae_billing::NewPrice;
use ae_harness::SiteId;
use axum::{
    Extension,
    body::Body,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use maud::html;

use super::{
    Shared,
    answers::{Selected, failure, from_elsewhere, message, not_found, page as small_page, refused},
    hosts::Place,
};
use crate::service::{Checkout, Visit};

/// `GET /`: the products that are published here.
pub(super) async fn index(State(sale): State<Shared>, Extension(place): Extension<Place>) -> Response {
    let products = match sale.products().await {
        Ok(products) => products,
        Err(error) => return failure(&error),
    };
    let body = html! {
        h1 { "Products" }
        @if products.is_empty() {
            p { "Nothing is published yet." }
        } @else {
            ul {
                @for product in &products {
                    li {
                        a href=(place.product(product.site.as_str())) { (product.name) }
                        @if !product.is_built { " (not built yet)" }
                    }
                }
            }
        }
    };
    small_page(StatusCode::OK, "Products", &body)
}

/// `GET /` of a product
pub(super) async fn root(
    State(sale): State<Shared>,
    Extension(site): Extension<SiteId>,
    Extension(place): Extension<Place>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    respond(&sale, &site, &place, "/", &method, &headers).await
}

/// `GET /…` of a product
pub(super) async fn page(
    State(sale): State<Shared>,
    Extension(site): Extension<SiteId>,
    Extension(place): Extension<Place>,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
) -> Response {
    respond(&sale, &site, &place, uri.path(), &method, &headers).await
}

async fn respond(
    sale: &Shared,
    site: &SiteId,
    place: &Place,
    path: &str,
    method: &Method,
    headers: &HeaderMap,
) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let address = place.product(site.as_str());
    let mut answer = sale.page(site, path, known, &address).await.map(Body::from);
    // Under `no-referrer` a browser sends the origin "null" with the page's own forms.
    let policy = HeaderValue::from_static("same-origin");
    if is_view(method, headers, &answer) {
        sale.count(site, Visit::View);
    }
    answer.headers_mut().insert(header::REFERRER_POLICY, policy);
    answer
}

/// Whether a person sees the answer: a page, asked for by a browser that shows it, or by a program that does not say.
/// Nothing about who asked is looked at.
fn is_view(method: &Method, headers: &HeaderMap, answer: &Response) -> bool {
    let is_there = matches!(answer.status(), StatusCode::OK | StatusCode::NOT_MODIFIED);
    let kind = answer.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_page = kind.is_some_and(|kind| kind.starts_with(b"text/html"));
    is_there && is_page && is_person(method, headers)
}

/// Whether a person asks: `HEAD`, a browser that loads ahead, and what a page loads for itself are not people.
fn is_person(method: &Method, headers: &HeaderMap) -> bool {
    let is_shown = headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
    *method == Method::GET && is_shown && !headers.contains_key("sec-purpose")
}

/// `GET /checkout` of a product: the release was fixed before the payment link existed, so the button leads here and the
/// ledger says, at this moment, where the product is bought.
pub(super) async fn checkout(
    State(sale): State<Shared>,
    Extension(site): Extension<SiteId>,
    Extension(place): Extension<Place>,
    Query(query): Query<Selected>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let tier = query.tier.filter(|tier| NewPrice::is_tier(tier));
    match sale.checkout(site.as_str(), tier.as_deref()).await {
        Ok(Checkout::Elsewhere(url)) => {
            if is_person(&method, &headers) {
                sale.count(&site, Visit::Click);
            }
            Redirect::to(&url).into_response()
        }
        Ok(Checkout::Link(link)) => {
            if is_person(&method, &headers) {
                sale.count(&site, Visit::Click);
            }
            let query = tier.map(|tier| format!("?tier={tier}")).unwrap_or_default();
            Redirect::to(&place.shop(&format!("/pay/{}{query}", link.id))).into_response()
        }
        Ok(Checkout::NotYet) => {
            message(StatusCode::SERVICE_UNAVAILABLE, "Not on sale yet", "Please come back in a moment.")
        }
        Ok(Checkout::Unknown) => not_found().await,
        Err(error) => failure(&error),
    }
}

/// `POST /interest` of a product that is not built yet: counts it, and keeps nothing about who sent it.
pub(super) async fn interest(
    State(sale): State<Shared>,
    Extension(site): Extension<SiteId>,
    headers: HeaderMap,
) -> Response {
    if from_elsewhere(&headers) {
        return refused(StatusCode::FORBIDDEN, "This form may only be sent from its own page.");
    }
    match sale.count_interest(&site).await {
        Ok(true) => {
            let body = html! {
                h1 { "Thank you" }
                p { "Your interest was counted. It is only a number: nothing about you was kept." }
                p { a href="/" { "Back to the page" } }
            };
            small_page(StatusCode::OK, "Thank you", &body)
        }
        Ok(false) => not_found().await,
        Err(error) => failure(&error),
    }
}

/// `GET /ended.json` of a product: the signed list of its orders that were refunded or ended. It stands beside the
/// release, whose files are those that were approved.
pub(super) async fn ended(State(sale): State<Shared>, Extension(site): Extension<SiteId>) -> Response {
    match sale.ended(&site).await {
        Ok(Some(list)) => {
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "no-cache"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
            ];
            (headers, list).into_response()
        }
        Ok(None) => not_found().await,
        Err(error) => failure(&error),
    }
}
