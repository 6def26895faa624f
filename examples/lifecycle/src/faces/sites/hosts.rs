//! The names that the server answers to. A page of another origin that points its own name at this address (DNS
//! rebinding) gets nothing.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{StatusCode, header};

use super::answers::message;

/// The names that requests may be for.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// The address and the names of this machine, with their port.
    own: Vec<String>,
    /// The names that were given.
    given: Vec<String>,
}

impl Hosts {
    /// The bound address, the names of this machine's loopback, and `names`.
    pub fn new(bound: SocketAddr, names: &[String]) -> Self {
        let own = [bound.ip().to_string(), "localhost".into(), "127.0.0.1".into()];
        let own = own.iter().flat_map(|name| [name.clone(), format!("{name}:{}", bound.port())]).collect();
        Self { own, given: names.iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// Whether a request for `host`, the value of its header, is for this server. A name that was given without a port
    /// is answered at every port, for a proxy in front may have another.
    fn answers(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => name,
            _ => &host,
        };
        self.own.contains(&host) || self.given.iter().any(|given| *given == host || given == name)
    }
}

/// Refuses requests for other names.
pub(super) async fn check(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let named = match request.uri().host() {
        Some(_) => request.uri().authority().map(http::uri::Authority::as_str),
        None => request.headers().get(header::HOST).and_then(|host| host.to_str().ok()),
    };
    if named.is_some_and(|host| hosts.answers(host)) {
        return next.run(request).await;
    }
    let text = "This server does not answer to that name. Its operator can add it with --host NAME.";
    message(StatusCode::MISDIRECTED_REQUEST, "Misdirected", text)
}
