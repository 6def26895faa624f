//! Joins the address of a server to the names of its products. Each product answers under a name of its own, so that its
//! scripts share an origin with nothing else.

use std::net::IpAddr;

/// The address of the product `site` of a server at `base_url`: `http://csv-tidy.localhost:4180/` for
/// `http://127.0.0.1:4180`.
pub fn product(base_url: &str, site: &str) -> String {
    let (scheme, rest) = base_url.split_once("://").unwrap_or(("http", base_url));
    let authority = rest.split('/').next().unwrap_or_default();
    format!("{scheme}://{site}.{}/", names_below(authority))
}

/// The authority below which the products of a server at `authority` have their names. A number has no names below it:
/// `localhost` stands for it, which browsers take for the machine that they run on.
pub fn names_below(authority: &str) -> String {
    let (host, port) = split(authority);
    let is_number = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let host = if is_number { "localhost" } else { host };
    port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The host of `authority`, and its port if it names one.
pub fn split(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.starts_with('+') => {
            port.parse().map_or((authority, None), |port| (host, Some(port)))
        }
        _ => (authority, None),
    }
}

/// Whether what is sent to `url` is private on its way: `https`, or `http` on this machine.
pub fn is_private(url: &str) -> bool {
    let authority = url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_near = |authority: &str| matches!(split(authority).0, "127.0.0.1" | "localhost" | "[::1]");
    url.starts_with("https://") || authority.is_some_and(is_near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_has_a_name_below_its_server() {
        for (base_url, address) in [
            ("http://127.0.0.1:4180", "http://csv.localhost:4180/"),
            ("http://localhost:4180/", "http://csv.localhost:4180/"),
            ("http://[::1]:4180", "http://csv.localhost:4180/"),
            ("http://[::1]", "http://csv.localhost/"),
            ("https://shop.example", "https://csv.shop.example/"),
            ("https://shop.example:8443/x", "https://csv.shop.example:8443/"),
        ] {
            assert_eq!(product(base_url, "csv"), address, "{base_url}");
        }
    }

    #[test]
    fn only_this_machine_is_private_without_encryption() {
        for url in ["https://a.example/x", "http://127.0.0.1:80/", "http://localhost", "http://[::1]:9/x"] {
            assert!(is_private(url), "{url}");
        }
        for url in [
            "http://a.example",
            "http://localhost.a.example/",
            "http://localhost@a.example",
            "ftp://localhost",
            "",
        ] {
            assert!(!is_private(url), "{url}");
        }
    }

    #[test]
    fn a_port_is_a_number() {
        assert_eq!(split("localhost:80"), ("localhost", Some(80)));
        for whole in ["localhost", "localhost:", "localhost:+80", "localhost:99999", "[::1]"] {
            assert_eq!(split(whole), (whole, None), "{whole}");
        }
    }
}
