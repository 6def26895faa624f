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
    names: Vec<String>,
    port: u16,
}

impl Hosts {
    /// The bound address, the names of this machine's loopback, and `names`.
    #[must_use]
    pub fn new(bound: SocketAddr, names: &[String]) -> Self {
        let known = [bound.ip().to_string(), "localhost".into(), "127.0.0.1".into()];
        let names = known.into_iter().chain(names.iter().map(|name| name.to_ascii_lowercase())).collect();
        Self { names, port: bound.port() }
    }

    /// Whether a request for `host`, the value of its header, is for this server. A name that was given without a port
    /// is answered at every port, for a proxy in front may have another.
    fn answers(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
                (name, Some(port))
            }
            _ => (host.as_str(), None),
        };
        let same_port = port.is_none_or(|port| port.parse() == Ok(self.port));
        let known = |own: &String| own == &host || (own == name && same_port);
        self.names.iter().take(3).any(known)
            || self.names.iter().skip(3).any(|own| own == &host || own == name)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_names_are_answered() {
        let hosts = Hosts::new("127.0.0.1:4180".parse().unwrap(), &["Shop.example".to_owned()]);
        for own in ["127.0.0.1:4180", "localhost:4180", "LOCALHOST", "shop.example", "shop.example:443"] {
            assert!(hosts.answers(own), "{own}");
        }
        for other in
            ["evil.example", "evil.example:4180", "localhost:80", "localhost.evil.example:4180", "", ":4180"]
        {
            assert!(!hosts.answers(other), "{other}");
        }
    }
}
