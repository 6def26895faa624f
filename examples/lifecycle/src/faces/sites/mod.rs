//! The server behind the printed addresses: published sites, payment pages, webhooks.

mod answers;
mod connections;
mod hosts;
mod pay;
mod products;
mod webhooks;

use std::{future::Future, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use tokio::net::TcpListener;

use self::connections::Limits;
pub use self::hosts::Hosts;
use crate::{service::Sale, setup::eprint_line};

/// The largest request body, in bytes.
const BODY_MAX: usize = 64 * 1024;

/// The sale that the handlers share.
pub type Shared = Arc<Sale>;

/// The routes, for a server or a test without a socket; requests for a name that is not in `hosts` are refused.
pub fn app(sale: Shared, hosts: Hosts) -> Router {
    Router::new()
        .route("/", get(products::index))
        .route("/health", get(answers::health))
        .route("/p/{site}", get(products::to_root))
        .route("/p/{site}/", get(products::root))
        .route("/p/{site}/checkout", get(products::checkout))
        .route("/p/{site}/{*path}", get(products::page))
        .route("/pay/{link}", get(pay::page))
        .route("/pay/{link}/paid", post(pay::paid))
        .route("/api/v1/billing/webhooks/offline", post(webhooks::receive))
        .fallback(answers::not_found)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(Arc::new(hosts), hosts::check))
        .with_state(sale)
}

/// Delivers the events that a crash left undelivered, then serves until `stop` completes, within the limits on
/// connections. What can't be delivered now stays in the outbox.
pub async fn serve(listener: TcpListener, sale: Shared, hosts: Hosts, stop: impl Future<Output = ()>) {
    if let Err(error) = sale.deliver_pending().await {
        eprint_line(&format!("warning: an event of the ledger can't be delivered now: {error}"));
    }
    let sleeper = Arc::clone(&sale.installation().runtime.sleeper);
    connections::serve(listener, app(sale, hosts), Limits::default(), sleeper, stop).await;
}
