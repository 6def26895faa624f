//! The address of a site that is built.

use ae_core::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a site will answer, which pages with absolute addresses have to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SiteContext {
    /// The absolute `http` or `https` address of the site; ends with `/`.
    pub base_url: String,
    /// The path of the checkout below the address, for example `checkout`. The host answers it, not a file.
    pub checkout_path: String,
    /// The date that the pages carry.
    pub generated_on: Timestamp,
}

impl SiteContext {
    /// A site at `base_url` whose checkout is at `checkout`.
    pub fn new(base_url: impl Into<String>, generated_on: Timestamp) -> Self {
        Self { base_url: base_url.into(), checkout_path: "checkout".to_owned(), generated_on }
    }
}

ae_core::setters! { SiteContext {
    /// Sets the path of the checkout.
    fn with_checkout_path(checkout_path: into String);
} }
