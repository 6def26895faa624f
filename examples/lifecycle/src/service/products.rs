//! The products that are published: their names, their pages, and the interest in those that are not built yet.

use ae_core::Deliverable;
use ae_harness::SiteId;
use bytes::Bytes;
use http::{StatusCode, header};

use super::Sale;
use crate::{engine, error::Result, glue::address};

/// The path at which a release says which one it is.
const RELEASE_PATH: &str = "/.well-known/ae-release";

/// A published product.
#[derive(Debug, Clone)]
pub struct Published {
    /// Its site.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// Whether there is more of it than a page.
    pub is_built: bool,
}

impl Sale {
    /// The products that are live.
    pub async fn products(&self) -> Result<Vec<Published>> {
        let mut products = Vec::new();
        for site in self.releases.sites()? {
            products.push(self.product(site).await?);
        }
        Ok(products)
    }

    /// A live product. Its spec is fixed by the time that it is published, so it is read once.
    async fn product(&self, site: SiteId) -> Result<Published> {
        if let Some(known) = self.published.lock().await.get(&site) {
            return Ok(known.clone());
        }
        let spec = match self.installation.runs.by_site(site.as_str()).await? {
            Some(row) => {
                engine::state(&self.installation, row.run_id).await?.offered.map(|offered| offered.spec)
            }
            None => None,
        };
        let is_built = spec.as_ref().is_none_or(|spec| spec.deliverable != Deliverable::PreOrder);
        let name = spec.map_or_else(|| site.to_string(), |spec| spec.product_name);
        let product = Published { site: site.clone(), name, is_built };
        self.published.lock().await.insert(site, product.clone());
        Ok(product)
    }

    /// Counts an interest in `site`; `false` where there is nothing to be interested in, because it is not live or is
    /// built already.
    pub async fn count_interest(&self, site: &SiteId) -> Result<bool> {
        let is_live = self.releases.respond(site, RELEASE_PATH, None).status() == StatusCode::OK;
        if !is_live || self.product(site.clone()).await?.is_built {
            return Ok(false);
        }
        self.installation.runs.add_interest(site.as_str()).await?;
        Ok(true)
    }

    /// The page of `site` at `path`, to be shown at `address`. A release names the address that its run was started with;
    /// served at another one, its pages name that one instead.
    pub async fn page(
        &self,
        site: &SiteId,
        path: &str,
        known: Option<&str>,
        shown_at: &str,
    ) -> http::Response<Bytes> {
        let page = self.releases.respond(site, path, known);
        let kind = page.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        // Scripts and data name no address.
        let names_address = |kind: &str| {
            ["text/html", "text/plain", "application/xml"].iter().any(|named| kind.starts_with(named))
        };
        if !kind.is_some_and(names_address) {
            return page;
        }
        let Ok(Some(row)) = self.installation.runs.by_site(site.as_str()).await else { return page };
        let approved = address::product(&row.settings.base_url, site.as_str());
        if approved == shown_at {
            return page;
        }
        page.map(|body| match std::str::from_utf8(&body) {
            Ok(text) => text.replace(&approved, shown_at).into_bytes().into(),
            Err(_) => body,
        })
    }
}
