//! Which server answers for a name (RFC 9224).

use std::collections::BTreeMap;

use ae_core::{BackendError, ErrorKind};
use serde::Deserialize;

use super::NAME;
use crate::Domain;

/// The file that ships: common top-level domains alone.
const SHIPPED: &str = include_str!("bootstrap.json");

/// The RDAP servers by the endings of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdapBootstrap {
    servers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct File {
    services: Vec<(Vec<String>, Vec<String>)>,
}

impl RdapBootstrap {
    /// The servers of about ninety common top-level domains, as IANA published them in July 2026. Names of others are
    /// unknown: read the whole file with [`from_json`](Self::from_json) for those.
    pub fn shipped() -> Self {
        Self::from_json(SHIPPED).expect("a unit test reads the shipped file")
    }

    /// Reads the bootstrap file that IANA publishes at `https://data.iana.org/rdap/dns.json`. Servers without `https` are
    /// left out.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the text is not such a file.
    pub fn from_json(text: &str) -> Result<Self, BackendError> {
        let file: File = serde_json::from_str(text).map_err(|error| {
            let message =
                "this is not a bootstrap file (RFC 9224): take it from https://data.iana.org/rdap/dns.json";
            BackendError::new(ErrorKind::InvalidInput, NAME, "bootstrap", message).with_source(error)
        })?;
        let mut servers = BTreeMap::new();
        for (endings, addresses) in file.services {
            let Some(server) = addresses.into_iter().find(|address| address.starts_with("https://")) else {
                continue;
            };
            servers.extend(endings.into_iter().map(|ending| (ending.to_ascii_lowercase(), server.clone())));
        }
        Ok(Self { servers })
    }

    /// The address of the server for a name: that of its longest ending in the file.
    pub fn server(&self, domain: &Domain) -> Option<&str> {
        let mut ending = domain.as_str();
        while let Some((_, rest)) = ending.split_once('.') {
            if let Some(server) = self.servers.get(rest) {
                return Some(server);
            }
            ending = rest;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Domain {
        text.parse().unwrap()
    }

    #[test]
    fn the_shipped_file_has_the_common_endings() {
        let shipped = RdapBootstrap::shipped();
        assert!(shipped.servers.len() >= 90, "{}", shipped.servers.len());
        assert_eq!(shipped.server(&name("csv-tidy.com")), Some("https://rdap.verisign.com/com/v1/"));
        assert_eq!(shipped.server(&name("a.b.app")), Some("https://pubapi.registry.google/rdap/"));
        assert_eq!(shipped.server(&name("csv-tidy.example")), None);
    }

    #[test]
    fn the_longest_ending_counts_and_plain_http_does_not() {
        let file = r#"{"version": "1.0", "services": [
            [["uk"], ["https://uk.example/"]], [["CO.uk"], ["http://plain.example/", "https://co.example/"]],
            [["kg"], ["http://plain.example/"]]]}"#;
        let file = RdapBootstrap::from_json(file).unwrap();
        assert_eq!(file.server(&name("a.co.uk")), Some("https://co.example/"));
        assert_eq!(file.server(&name("a.org.uk")), Some("https://uk.example/"));
        assert_eq!(file.server(&name("a.kg")), None);
        assert!(RdapBootstrap::from_json("{}").is_err() && RdapBootstrap::from_json("<html>").is_err());
    }
}
