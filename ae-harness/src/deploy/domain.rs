//! Domains of a site, and what the DNS must say for them.

use serde::{Deserialize, Serialize};

use crate::Domain;

/// A DNS record that has to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DnsRecord {
    /// Its type, for example `A`, `CNAME` or `TXT`.
    pub kind: String,
    /// The whole name to which it belongs, for example `www.csv-tidy.example`.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl DnsRecord {
    /// The record of type `kind`.
    pub fn new(kind: impl Into<String>, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into(), value: value.into() }
    }
}

/// A domain of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DomainStatus {
    /// The domain.
    pub domain: Domain,
    /// Whether the host believes that it belongs to this account.
    pub verified: bool,
    /// Whether the DNS leads to the host.
    pub resolves: bool,
    /// Whether it answers with a good certificate; `None` where that was not asked.
    pub tls: Option<bool>,
    /// The records that are still missing: what a person has to enter where the DNS is kept.
    pub needed: Vec<DnsRecord>,
}

impl DomainStatus {
    /// A domain that is attached and not checked.
    pub const fn new(domain: Domain) -> Self {
        Self { domain, verified: false, resolves: false, tls: None, needed: Vec::new() }
    }
}

ae_core::setters! { DomainStatus {
    /// Sets whether the host believes that it belongs to this account.
    fn with_verified(verified: bool);
    /// Sets whether the DNS leads to the host.
    fn with_resolves(resolves: bool);
    /// Sets whether it answers with a good certificate.
    fn with_tls(tls: some bool);
    /// Sets the records that are missing.
    fn with_needed(needed: Vec<DnsRecord>);
} }
