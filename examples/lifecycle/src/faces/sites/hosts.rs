//! The names that the server answers to, and which of its parts answers there. A page of another origin that points its
//! own name at this address (DNS rebinding) gets nothing.

use std::net::SocketAddr;

use ae_harness::SiteId;
use axum::{extract::Request, response::Response};
use http::{StatusCode, header};

use super::answers::message;
use crate::glue::address::{names_below, split};

/// The names that requests may be for.
#[derive(Debug, Clone)]
pub struct Hosts {
    bound: SocketAddr,
    /// The address and the names of this machine, with their port and without.
    own: Vec<String>,
    /// The names that were given.
    given: Vec<String>,
}

/// Where a request was sent to, as links to other parts of the server need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// `http`, or `https` where a proxy in front says so.
    scheme: &'static str,
    /// The host and port of the payment pages.
    shop: String,
    /// The host and port below which the products have their names.
    products: String,
}

/// The part of the server that a name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Payment pages and the index.
    Shop(Place),
    /// A product, alone at its origin.
    Product(SiteId, Place),
}

impl Place {
    const fn new(shop: String, products: String) -> Self {
        Self { scheme: "http", shop, products }
    }

    /// The address of a payment page.
    pub(super) fn shop(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.shop)
    }

    /// The address of a product.
    pub(super) fn product(&self, site: &str) -> String {
        format!("{}://{site}.{}/", self.scheme, self.products)
    }
}

impl Hosts {
    /// The bound address, the names of this machine's loopback, and `names`.
    pub fn new(bound: SocketAddr, names: &[String]) -> Self {
        let ip = if bound.is_ipv6() { format!("[{}]", bound.ip()) } else { bound.ip().to_string() };
        let own = [ip, "localhost".into(), "127.0.0.1".into()];
        let own = own.iter().flat_map(|name| [name.clone(), format!("{name}:{}", bound.port())]).collect();
        Self { bound, own, given: names.iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// The part of the server that `request` is for, or `None` where it has no business here.
    pub(super) fn asked(&self, request: &Request) -> Option<Asked> {
        let host = host(request)?;
        // A proxy answers to names that were given; nothing stands before the names of this machine.
        let is_tls = request.headers().get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
        let mut asked = self.named(&host)?;
        let (Asked::Shop(place) | Asked::Product(_, place)) = &mut asked;
        if is_tls && self.is_given(&place.shop) {
            place.scheme = "https";
        }
        Some(asked)
    }

    /// Whether `request` is for the server itself, not for a product.
    pub(super) fn is_own(&self, request: &Request) -> bool {
        matches!(self.asked(request), Some(Asked::Shop(_)))
    }

    fn named(&self, host: &str) -> Option<Asked> {
        if self.own.iter().any(|own| own == host) || self.is_given(host) {
            return Some(Asked::Shop(Place::new(host.to_owned(), names_below(host))));
        }
        let (label, below) = host.split_once('.')?;
        let site = label.parse().ok()?;
        let (name, port) = split(below);
        let products = below.to_owned();
        if name == "localhost" && port.is_none_or(|port| port == self.bound.port()) {
            let own = if self.bound.ip().is_unspecified() { [127, 0, 0, 1].into() } else { self.bound.ip() };
            let shop = SocketAddr::new(own, self.bound.port()).to_string();
            return Some(Asked::Product(site, Place::new(shop, products)));
        }
        // A number has no names below it.
        let has_names = self.is_given(below) && names_below(below) == below;
        has_names.then(|| Asked::Product(site, Place::new(products.clone(), products)))
    }

    /// A name that was given without a port is answered at every port, for a proxy in front may have another.
    fn is_given(&self, host: &str) -> bool {
        let (name, _) = split(host);
        self.given.iter().any(|given| given == host || given == name)
    }
}

/// The host that `request` is for, in lower case; a request that names two is for none.
fn host(request: &Request) -> Option<String> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let (first, second) = (named.next(), named.next());
    let host = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => first.filter(|_| second.is_none())?.to_str().ok()?,
    };
    Some(host.to_ascii_lowercase())
}

/// The answer to a request for another name.
pub(super) fn misdirected() -> Response {
    let text = "This server does not answer to that name. Its operator can add it with --host NAME.";
    message(StatusCode::MISDIRECTED_REQUEST, "Misdirected", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(bound: &str) -> Hosts {
        Hosts::new(bound.parse().unwrap(), &["Shop.example".to_owned(), "10.0.0.5".to_owned()])
    }

    fn place(shop: &str, products: &str) -> Place {
        Place::new(shop.to_owned(), products.to_owned())
    }

    #[test]
    fn a_name_stands_for_one_part_of_the_server() {
        let hosts = hosts("127.0.0.1:4180");
        let shop = |shop, products| Some(Asked::Shop(place(shop, products)));
        let csv = |shop, products| Some(Asked::Product("csv".parse().unwrap(), place(shop, products)));
        for (host, asked) in [
            ("127.0.0.1:4180", shop("127.0.0.1:4180", "localhost:4180")),
            ("localhost:4180", shop("localhost:4180", "localhost:4180")),
            ("localhost", shop("localhost", "localhost")),
            ("csv.localhost:4180", csv("127.0.0.1:4180", "localhost:4180")),
            ("csv.localhost", csv("127.0.0.1:4180", "localhost")),
            ("shop.example:8443", shop("shop.example:8443", "shop.example:8443")),
            ("csv.shop.example", csv("shop.example", "shop.example")),
            ("10.0.0.5:80", shop("10.0.0.5:80", "localhost:80")),
        ] {
            assert_eq!(hosts.named(host), asked, "{host}");
        }
    }

    #[test]
    fn an_address_in_brackets_is_one() {
        let hosts = hosts("[::1]:4180");
        assert_eq!(hosts.named("[::1]:4180"), Some(Asked::Shop(place("[::1]:4180", "localhost:4180"))));
        assert_eq!(hosts.named("::1:4180"), None);
    }

    #[test]
    fn a_proxy_says_whether_it_speaks_tls() {
        let hosts = hosts("127.0.0.1:4180");
        for (host, address) in [
            ("csv.shop.example", "https://csv.shop.example/"),
            ("csv.localhost:4180", "http://csv.localhost:4180/"),
        ] {
            let request = http::Request::builder().header("host", host).header("x-forwarded-proto", "https");
            let request = request.body(axum::body::Body::empty()).unwrap();
            let Some(Asked::Product(_, place)) = hosts.asked(&request) else { panic!() };
            assert_eq!(place.product("csv"), address);
        }
    }

    #[test]
    fn names_of_others_stand_for_nothing() {
        let hosts = hosts("0.0.0.0:4180");
        for host in [
            "",
            ":4180",
            ".localhost:4180",
            "localhost:1",
            "localhost.:4180",
            "csv.localhost:1",
            "a.csv.localhost:4180",
            "-csv.localhost:4180",
            "csv_.localhost:4180",
            "csv.localhost.evil.example",
            "csv.localhost:4180:4180",
            "user@csv.localhost:4180",
            "csv.127.0.0.1:4180",
            "csv.10.0.0.5",
            "csv.evil.example",
            "a.csv.shop.example",
            "xshop.example",
        ] {
            assert_eq!(hosts.named(host), None, "{host:?}");
        }
        let long = format!("{}.localhost:4180", "a".repeat(64));
        assert_eq!(hosts.named(&long), None, "a label has 63 characters at most");
        let Some(Asked::Product(_, place)) = hosts.named("csv.localhost:4180") else { panic!() };
        assert_eq!(place.shop("/pay/x"), "http://127.0.0.1:4180/pay/x", "an address that can be opened");
    }
}
