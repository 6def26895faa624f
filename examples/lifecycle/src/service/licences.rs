//! Licences: issued from the books, which know only what a webhook has confirmed.

use ae_billing::{EndedList, Entitlement, LicenceTerms, OrderId, OrderView};
use ae_harness::SiteId;

use super::Sale;
use crate::{engine, error::Result};

/// The access that an order gives which was paid at a payment provider.
#[derive(Debug)]
pub struct Access {
    /// The access.
    pub entitlement: Entitlement,
    /// The name of the product.
    pub product: String,
    /// Its address.
    pub url: String,
    /// The licence, while it is paid.
    pub licence: Option<String>,
}

impl Sale {
    /// The licence of an order, the same whenever it is asked for during a paid period; `None` before its payment is
    /// confirmed, and once it was given back or is over.
    pub async fn licence(&self, view: &OrderView) -> Result<Option<String>> {
        match &view.entitlement {
            Some(entitlement) => self.licence_of(entitlement).await,
            None => Ok(None),
        }
    }

    /// The access that an order gives which was paid at a payment provider and not placed here; `None` before it was paid.
    pub async fn access(&self, order: &OrderId) -> Result<Option<Access>> {
        let Some(entitlement) = self.storefront.of_order(order).await? else { return Ok(None) };
        let offered = engine::state(&self.installation, entitlement.run).await?.offered;
        let Some(offered) = offered else { return Ok(None) };
        let licence = self.licence_of(&entitlement).await?;
        let (product, url) = (offered.spec.product_name, offered.context.base_url);
        Ok(Some(Access { entitlement, product, url, licence }))
    }

    /// A hosted site has a key of its own, and knows no other.
    async fn licence_of(&self, entitlement: &Entitlement) -> Result<Option<String>> {
        let row = self.installation.runs.get(entitlement.run).await?;
        let now = self.installation.runtime.now();
        let Some(claims) = LicenceTerms::default().claims(entitlement, row.project_id, now) else {
            return Ok(None);
        };
        let offered = engine::state(&self.installation, entitlement.run).await?.offered;
        let hosted = offered.filter(|offered| offered.context.licence_path.is_some());
        Ok(Some(match hosted {
            Some(offered) => claims.issue(&self.keys.site_key(offered.site.site.as_str()).await?),
            None => claims.issue(&self.licence_key),
        }))
    }

    /// The signed list of the orders of `site` that ended before their licences; `None` where no such site is known.
    pub async fn ended(&self, site: &SiteId) -> Result<Option<String>> {
        let Some(row) = self.installation.runs.by_site(site.as_str()).await? else { return Ok(None) };
        let now = self.installation.runtime.now();
        let books = self.storefront.revenue(row.run_id).await?;
        let ended = LicenceTerms::default().ended(&books.entitlements, now);
        Ok(Some(EndedList::new(row.project_id, now, ended).sign(&self.licence_key)))
    }
}
