//! The address of a site that is built, and what its pages have to know of their host.

use ae_core::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a site will answer, and what its pages have to know of the host there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SiteContext {
    /// The absolute `http` or `https` address of the site; ends with `/`.
    pub base_url: String,
    /// The path of the checkout below the address, for example `checkout`. The host answers it, not a file.
    pub checkout_path: String,
    /// The path below the address that counts an interest in a product that is not built yet: a form is posted there
    /// without fields. The host answers it.
    #[serde(default = "interest_path")]
    pub interest_path: String,
    /// The path below the address of the signed list of ended orders. The host answers it.
    #[serde(default = "ended_path")]
    pub ended_path: String,
    /// The path below the address of the function that exchanges a paid checkout for a licence; `None` where the host runs
    /// no functions. With it the site has a page to which a payment leads back, and no list of ended orders.
    #[serde(default)]
    pub licence_path: Option<String>,
    /// The date that the pages carry.
    pub generated_on: Timestamp,
    /// The project whose licences unlock the paid features.
    #[serde(default)]
    pub project: Option<ProjectId>,
    /// The public keys (JWK, RFC 7517) by which the page checks licences. They become a part of the release.
    #[serde(default)]
    pub licence_keys: Vec<Value>,
    /// The address for questions of visitors: an e-mail address, or an `http` or `https` address.
    #[serde(default)]
    pub contact: Option<String>,
}

impl SiteContext {
    /// A site at `base_url` whose checkout is at `checkout`, without licence keys and without a contact.
    pub fn new(base_url: impl Into<String>, generated_on: Timestamp) -> Self {
        Self {
            base_url: base_url.into(),
            checkout_path: "checkout".to_owned(),
            interest_path: interest_path(),
            ended_path: ended_path(),
            licence_path: None,
            generated_on,
            project: None,
            licence_keys: Vec::new(),
            contact: None,
        }
    }
}

fn interest_path() -> String {
    "interest".to_owned()
}

fn ended_path() -> String {
    "ended.json".to_owned()
}

ae_core::setters! { SiteContext {
    /// Sets the path of the checkout.
    fn with_checkout_path(checkout_path: into String);
    /// Sets the path that counts an interest.
    fn with_interest_path(interest_path: into String);
    /// Sets the path of the list of ended orders.
    fn with_ended_path(ended_path: into String);
    /// Sets the path of the function that exchanges a paid checkout for a licence.
    fn with_licence_path(licence_path: some into String);
    /// Sets the project whose licences count.
    fn with_project(project: some ProjectId);
    /// Sets the public keys of licences.
    fn with_licence_keys(licence_keys: Vec<Value>);
    /// Sets the address for questions of visitors.
    fn with_contact(contact: some into String);
} }
