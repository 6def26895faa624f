//! Licences: issued from the books, which know only what a webhook has confirmed.

use ae_billing::{EndedList, LicenceTerms, OrderView};
use ae_harness::SiteId;

use super::Sale;
use crate::error::Result;

impl Sale {
    /// The licence of an order, the same whenever it is asked for during a paid period; `None` before its payment is
    /// confirmed, and once it was given back or is over.
    pub async fn licence(&self, view: &OrderView) -> Result<Option<String>> {
        let Some(entitlement) = &view.entitlement else { return Ok(None) };
        let project = self.installation.runs.get(view.order.run).await?.project_id;
        let now = self.installation.runtime.now();
        let claims = LicenceTerms::default().claims(entitlement, project, now);
        Ok(claims.map(|claims| claims.issue(&self.licence_key)))
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
