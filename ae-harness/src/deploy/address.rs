//! The rule by which the deployers of this machine give sites their addresses.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, ErrorKind};

use super::{Site, SiteId};

/// The address of each site, as the composition has it.
#[derive(Clone)]
pub(super) struct Addresses(Arc<dyn Fn(&SiteId) -> String + Send + Sync>);

impl Addresses {
    pub(super) fn new(address: impl Fn(&SiteId) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(address))
    }

    /// The site `id` at its address.
    pub(super) fn site(&self, backend: &'static str, id: &SiteId) -> Result<Site, BackendError> {
        let url = (self.0)(id);
        if is_address(&url) {
            return Ok(Site::new(id.clone(), url));
        }
        let message =
            format!("the rule for addresses gives {url:?}: use http(s)://…/ with the slash at its end");
        Err(BackendError::new(ErrorKind::InvalidInput, backend, "ensure_site", message))
    }
}

impl Default for Addresses {
    /// `http://<site>.localhost/`
    fn default() -> Self {
        Self::new(|site| format!("http://{site}.localhost/"))
    }
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Addresses")
    }
}

/// Whether this is the address of a site: absolute, with a slash at its end.
pub(super) fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| rest.len() > 1 && !rest.starts_with('/')) && url.ends_with('/')
}
