//! One question for each name.

use std::time::Duration;

use ae_core::{BackendError, Mode};
use ae_core_http::{Answer, Client, Limits, Request};
use async_trait::async_trait;
use serde::Deserialize;

use super::{NAME, RdapBootstrap};
use crate::registrar::{Availability, Domain, Registrar, RegistrarInfo, order::check_names};

const NAMES_MAX: usize = 50;
/// A registry that takes longer counts as one that did not answer.
const ANSWER: Duration = Duration::from_secs(10);
/// A base address for a client whose real one comes with each name.
const NOWHERE: &str = "https://rdap.invalid/";

/// Asks the registries whether names are taken: one GET a name, without an account and without buying.
///
/// The registry's record is `Taken`, a 404 is `MaybeFree` (reserved, premium and blocked names answer that too), and
/// everything else is `Unknown`: no answer in time, 429, an ending that the bootstrap file lacks. It needs a Tokio runtime.
#[derive(Debug)]
pub struct RdapRegistrar {
    bootstrap: RdapBootstrap,
    client: Client,
    base_url: Option<String>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "objectClassName")]
    class: String,
}

impl RdapRegistrar {
    /// Asks the servers of `bootstrap`.
    ///
    /// # Errors
    ///
    /// `Internal` when TLS can't be set up.
    pub fn new(bootstrap: RdapBootstrap) -> Result<Self, BackendError> {
        Ok(Self { bootstrap, client: client(NOWHERE, ANSWER)?, base_url: None })
    }

    /// Asks one server about the names of every ending in the bootstrap file: a mirror, a proxy, a test server.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when `base_url` is not an `http` or `https` address.
    pub fn with_base_url(mut self, base_url: &str) -> Result<Self, BackendError> {
        self.client = self.client.with_base_url(base_url)?;
        self.base_url = Some(base_url.to_owned());
        Ok(self)
    }

    /// Sets how long a registry may take, 10 s by default.
    ///
    /// # Errors
    ///
    /// `Internal` when TLS can't be set up.
    pub fn with_answer_time(mut self, answer: Duration) -> Result<Self, BackendError> {
        let base_url = self.base_url.as_deref().unwrap_or(NOWHERE);
        self.client = client(base_url, answer)?;
        Ok(self)
    }

    async fn look(&self, domain: &Domain) -> Availability {
        let Some(server) = self.bootstrap.server(domain) else { return Availability::Unknown };
        let server = self.base_url.as_deref().unwrap_or(server);
        let Ok(client) = self.client.clone().with_base_url(server) else { return Availability::Unknown };
        let request = Request::get("search", ["domain", domain.as_str()])
            .with_header("accept", "application/rdap+json");
        match request {
            Ok(request) => {
                client.send(&request).await.map_or(Availability::Unknown, |answer| verdict(&answer))
            }
            Err(_) => Availability::Unknown,
        }
    }
}

fn client(base_url: &str, answer: Duration) -> Result<Client, BackendError> {
    Client::new(NAME, base_url, Limits::default().with_answer(answer).with_body_bytes_max(1 << 20))
}

fn verdict(answer: &Answer) -> Availability {
    match answer.status() {
        // A page of a proxy in between is not a record of a registry.
        200 if answer.json::<Record>().is_ok_and(|record| record.class == "domain") => Availability::Taken,
        404 => Availability::MaybeFree,
        _ => Availability::Unknown,
    }
}

#[async_trait]
impl Registrar for RdapRegistrar {
    fn info(&self) -> RegistrarInfo {
        RegistrarInfo::new(NAME, Mode::Live, NAMES_MAX)
    }

    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError> {
        check_names(&self.info(), domains)?;
        let mut found = Vec::with_capacity(domains.len());
        for domain in domains {
            found.push(self.look(domain).await);
        }
        Ok(found)
    }
}
