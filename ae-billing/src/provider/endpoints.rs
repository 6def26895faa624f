//! Webhook endpoints: where a provider sends its events.

use ae_core::Secret;
use serde::{Deserialize, Serialize};

use crate::EndpointId;

/// Asks for a webhook endpoint. There is one of each URL, whatever run asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewEndpoint {
    /// Where events are sent, an `https` URL, or `http` on the loopback interface.
    pub url: String,
    /// The provider's names of the events that are wanted; empty for those that the provider's verifier understands.
    pub events: Vec<String>,
}

impl NewEndpoint {
    /// An endpoint at `url` for the events that are understood.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), events: Vec::new() }
    }
}

ae_core::setters! { NewEndpoint {
    /// Sets which events are wanted.
    fn with_events(events: Vec<String>);
} }

/// A webhook endpoint at a provider.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Where events are sent.
    pub url: String,
    /// The secret that signs them: given when the endpoint is made, and by some providers never again.
    pub secret: Option<Secret<String>>,
}

impl Endpoint {
    /// The endpoint `id` at `url`, without its secret.
    pub fn new(id: EndpointId, url: impl Into<String>) -> Self {
        Self { id, url: url.into(), secret: None }
    }
}

ae_core::setters! { Endpoint {
    /// Sets the secret.
    fn with_secret(secret: some Secret<String>);
} }
