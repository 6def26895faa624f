//! The server behind the printed addresses: published sites, payment pages, webhooks.

mod answers;
mod connections;
mod pay;
mod products;
mod webhooks;

use std::{future::Future, net::SocketAddr, sync::Arc};

use ae_billing::{OfflineVerifier, SqliteBilling, WebhookIntake};
use ae_core::Secret;
use ae_harness::ReleaseStore;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use tokio::net::TcpListener;

use self::connections::Limits;
use crate::{
    error::{Error, Result},
    run::eprint_line,
    setup::Keys,
    wiring::Host,
};

/// The largest request body, in bytes.
const BODY_MAX: usize = 64 * 1024;

/// What the handlers share.
#[derive(Debug)]
pub struct Served {
    host: Host,
    releases: ReleaseStore,
    billing: Arc<SqliteBilling>,
    intake: WebhookIntake,
    webhook_secret: Secret<String>,
    operator_code: Secret<String>,
}

/// What the handlers share, cheap to clone.
pub type Shared = Arc<Served>;

/// Opens what is served.
///
/// # Errors
///
/// When a store or a key can't be used as it is.
pub async fn open(host: &Host, addr: SocketAddr) -> Result<Shared> {
    let billing = Arc::new(host.billing(&format!("http://{addr}"))?);
    let keys = Keys::new(host.dir.clone(), host.keeper.clone());
    let webhook_secret = keys.read("webhook").await?;
    let verifier = OfflineVerifier::new(webhook_secret.clone()).map_err(|error| {
        Error::new(ae_core::ErrorKind::Internal, "the webhook key can't be used").with_source(error)
    })?;
    Ok(Arc::new(Served {
        host: host.clone(),
        releases: ReleaseStore::open(host.dir.sites())?,
        intake: WebhookIntake::new(Arc::new(verifier), Arc::clone(&billing) as _),
        billing,
        webhook_secret,
        operator_code: keys.read("operator").await?,
    }))
}

/// The routes, for a server or a test without a socket.
pub fn app(shared: Shared) -> Router {
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
        .with_state(shared)
}

/// Delivers the events that a crash left undelivered. What can't be delivered now stays in the outbox.
pub async fn deliver(shared: &Shared) {
    if let Err(error) = webhooks::deliver_pending(shared).await {
        eprint_line(&format!("warning: an event of the ledger can't be delivered now: {error}"));
    }
}

/// Serves until `stop` completes, within the limits on connections.
pub async fn run(listener: TcpListener, shared: Shared, stop: impl Future<Output = ()>) {
    let sleeper = Arc::clone(&shared.host.runtime.sleeper);
    connections::serve(listener, app(shared), Limits::default(), sleeper, stop).await;
}
