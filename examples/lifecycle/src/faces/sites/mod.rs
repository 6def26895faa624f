//! The server behind the printed addresses: published products, payment pages, webhooks; and, at a port of its own, the
//! operator's page.

mod answers;
mod connections;
mod hosts;
mod operator;
mod pay;
mod products;
mod webhooks;

use std::{future::Future, sync::Arc};

use ae_billing::RAW_BYTES_MAX;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::{net::TcpListener, sync::watch};
use tower::ServiceExt;

pub use self::hosts::Hosts;
use self::{connections::Limits, hosts::Asked};
use crate::{service::Sale, setup::eprint_line};

/// The largest request body, in bytes.
const BODY_MAX: usize = 64 * 1024;

/// The sale that the handlers share.
pub type Shared = Arc<Sale>;

/// A listening socket, and the names that are answered there.
#[derive(Debug)]
pub struct Door {
    /// The socket.
    pub listener: TcpListener,
    /// The names.
    pub hosts: Hosts,
}

/// The parts of the server, each with the names that it has to itself.
#[derive(Debug)]
struct Parts {
    hosts: Hosts,
    shop: Router,
    product: Router,
}

/// The public routes, for a server or a test without a socket. A product's name answers with its release and nothing of
/// the shop, the shop's names with nothing of a product; a request for a name that is not in `hosts` is refused.
pub fn app(sale: Shared, hosts: Hosts) -> Router {
    let vendors = post(webhooks::receive_from).layer(DefaultBodyLimit::max(RAW_BYTES_MAX));
    let shop = Router::new()
        .route("/", get(products::index))
        .route("/health", get(answers::health))
        .route("/pay/{link}", get(pay::page))
        .route("/pay/{link}/order", post(pay::place_order))
        .route("/order/{order}", get(pay::order))
        .route("/api/v1/billing/webhooks/offline", post(webhooks::receive))
        .route("/api/v1/billing/webhooks/{vendor}", vendors)
        .fallback(answers::not_found)
        .with_state(Arc::clone(&sale));
    let product = Router::new()
        .route("/", get(products::root))
        .route("/checkout", get(products::checkout))
        .route("/interest", post(products::interest))
        .route("/ended.json", get(products::ended))
        .route("/{*path}", get(products::page))
        .with_state(sale);
    let parts = Arc::new(Parts { hosts, shop, product });
    Router::new().fallback(by_name).layer(DefaultBodyLimit::max(BODY_MAX)).with_state(parts)
}

/// Hands a request to the part of the server that its name stands for.
async fn by_name(State(parts): State<Arc<Parts>>, mut request: Request) -> Response {
    let part = match parts.hosts.asked(&request) {
        None => return hosts::misdirected(),
        Some(Asked::Shop(place)) => {
            request.extensions_mut().insert(place);
            &parts.shop
        }
        Some(Asked::Product(site, place)) => {
            request.extensions_mut().insert(place);
            request.extensions_mut().insert(site);
            &parts.product
        }
    };
    part.clone().oneshot(request).await.into_response()
}

/// The operator's routes, which are served nowhere else.
pub fn operator_app(sale: Shared, hosts: Hosts) -> Router {
    Router::new()
        .route("/", get(operator::door).post(operator::act))
        .route("/health", get(answers::health))
        .fallback(answers::not_found)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(Arc::new(hosts), for_operator))
        .with_state(sale)
}

async fn for_operator(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    if hosts.is_own(&request) { next.run(request).await } else { hosts::misdirected() }
}

/// Delivers the events that a crash left undelivered, then serves customers at `public` and the operator at `operator`
/// until `stop` completes, within the limits on connections. What can't be delivered now stays in the outbox.
pub async fn serve(public: Door, operator: Door, sale: Shared, stop: impl Future<Output = ()>) {
    if let Err(error) = sale.deliver_pending().await {
        eprint_line(&format!("warning: an event of the ledger can't be delivered now: {error}"));
    }
    let sleeper = Arc::clone(&sale.installation().runtime.sleeper);
    let (stopping, stopped) = watch::channel(false);
    let door = |listener, app| {
        let (sleeper, mut stopped) = (Arc::clone(&sleeper), stopped.clone());
        let stop = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
        connections::serve(listener, app, Limits::default(), sleeper, stop)
    };
    let customers = door(public.listener, app(Arc::clone(&sale), public.hosts));
    let operators = door(operator.listener, operator_app(Arc::clone(&sale), operator.hosts));
    let stop = async {
        stop.await;
        stopping.send_replace(true);
    };
    let serving = async { tokio::join!(customers, operators, stop) };
    tokio::select! {
        _ = serving => {}
        () = sale.keep_writing_visits() => {}
        () = sale.keep_telling() => {}
        () = sale.keep_catching_up() => {}
    }
    if let Err(error) = sale.write_visits().await {
        eprint_line(&format!("warning: the last page views can't be written: {error}"));
    }
}
