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
use serde::Deserialize;

use super::{
    Shared,
    answers::{failure, message, page as small_page},
};

/// `GET /`: what is published here.
pub(super) async fn index(State(shared): State<Shared>) -> Response {
    let sites = match shared.releases.sites() {
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
    match SiteId::parse(&site) {
        Ok(site) => Redirect::permanent(&format!("/p/{site}/")).into_response(),
        Err(_) => super::answers::not_found().await,
    }
}

/// `GET /p/{site}/`
pub(super) async fn root(
    State(shared): State<Shared>,
    Path(site): Path<String>,
    headers: HeaderMap,
) -> Response {
    respond(&shared, &site, "/", &headers).await
}

/// `GET /p/{site}/…`
pub(super) async fn page(
    State(shared): State<Shared>,
    Path((site, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    respond(&shared, &site, &format!("/{path}"), &headers).await
}

async fn respond(shared: &Shared, site: &str, path: &str, headers: &HeaderMap) -> Response {
    let Ok(site) = SiteId::parse(site) else {
        return super::answers::not_found().await;
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    shared.releases.respond(&site, path, known).map(Body::from)
}

/// The tier that a button stands for.
#[derive(Debug, Deserialize)]
pub(super) struct Checkout {
    tier: Option<String>,
}

/// `GET /p/{site}/checkout`: the release was fixed before the payment link existed, so the button leads here and the
/// ledger says, at this moment, where the product is bought.
pub(super) async fn checkout(
    State(shared): State<Shared>,
    Path(site): Path<String>,
    Query(query): Query<Checkout>,
) -> Response {
    let run = match shared.host.runs.by_site(&site) {
        Ok(Some(row)) => row.run_id,
        Ok(None) => return super::answers::not_found().await,
        Err(_) => {
            return message(
                StatusCode::INTERNAL_SERVER_ERROR,
                "That did not work",
                "The list of runs can't be read.",
            );
        }
    };
    match shared.billing.current_link(run).await {
        Ok(Some(link)) => {
            let tier = query.tier.filter(|tier| NewPrice::is_tier(tier));
            let query = tier.map(|tier| format!("?tier={tier}")).unwrap_or_default();
            Redirect::to(&format!("/pay/{}{query}", link.id)).into_response()
        }
        Ok(None) => {
            message(StatusCode::SERVICE_UNAVAILABLE, "Not on sale yet", "Please come back in a moment.")
        }
        Err(error) => failure(&error),
    }
}
