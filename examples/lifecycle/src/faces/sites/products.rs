//! Published sites, and the way from a site's checkout button to its payment link.

use ae_billing::NewPrice;
use ae_harness::SiteId;
use axum::{
    body::Body,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use maud::html;

use super::{
    Shared,
    answers::{Selected, failure, message, not_found, page as small_page},
};
use crate::service::Checkout;

/// `GET /`: what is published here.
pub(super) async fn index(State(sale): State<Shared>) -> Response {
    let sites = match sale.sites() {
        Ok(sites) => sites,
        Err(error) => return failure(&error),
    };
    let body = html! {
        h1 { "Products" }
        @if sites.is_empty() {
            p { "Nothing is published yet." }
        } @else {
            ul { @for site in &sites { li { a href=(format!("/p/{site}/")) { (site) } } } }
        }
    };
    small_page(StatusCode::OK, "Products", &body)
}

/// `GET /p/{site}`: relative links need the slash.
pub(super) async fn to_root(Path(site): Path<String>) -> Response {
    match site.parse::<SiteId>() {
        Ok(site) => Redirect::permanent(&format!("/p/{site}/")).into_response(),
        Err(_) => not_found().await,
    }
}

/// `GET /p/{site}/`
pub(super) async fn root(
    State(sale): State<Shared>,
    Path(site): Path<String>,
    headers: HeaderMap,
) -> Response {
    respond(&sale, &site, "/", &headers).await
}

/// `GET /p/{site}/…`
pub(super) async fn page(
    State(sale): State<Shared>,
    Path((site, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    respond(&sale, &site, &format!("/{path}"), &headers).await
}

async fn respond(sale: &Shared, site: &str, path: &str, headers: &HeaderMap) -> Response {
    let Ok(site) = site.parse::<SiteId>() else {
        return not_found().await;
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    sale.page(&site, path, known).await.map(Body::from)
}

/// `GET /p/{site}/checkout`: the release was fixed before the payment link existed, so the button leads here and the
/// ledger says, at this moment, where the product is bought.
pub(super) async fn checkout(
    State(sale): State<Shared>,
    Path(site): Path<String>,
    Query(query): Query<Selected>,
) -> Response {
    match sale.checkout(&site).await {
        Ok(Checkout::Link(link)) => {
            let tier = query.tier.filter(|tier| NewPrice::is_tier(tier));
            let query = tier.map(|tier| format!("?tier={tier}")).unwrap_or_default();
            Redirect::to(&format!("/pay/{}{query}", link.id)).into_response()
        }
        Ok(Checkout::NotYet) => {
            message(StatusCode::SERVICE_UNAVAILABLE, "Not on sale yet", "Please come back in a moment.")
        }
        Ok(Checkout::Unknown) => not_found().await,
        Err(error) => failure(&error),
    }
}
