//! Joins what a launch makes to the environment of the site's functions.

use std::collections::BTreeMap;

use ae_billing::{PaymentLink, Price, links_variable, tiers_variable};
use ae_core::{BackendError, ProjectId};
use ae_harness::{EnvValue, EnvVar, SecretHandle, SiteId};

use super::hosting::{EnvFrom, SiteEnv};

/// The name of the secret that signs the licences of `site`, as a private JWK.
///
/// # Errors
///
/// Never for a site that was checked.
pub fn site_key_handle(site: &SiteId) -> Result<SecretHandle, BackendError> {
    Ok(format!("site/{site}").parse()?)
}

impl SiteEnv {
    /// The environment of `site` for `project`; `seller` is what the payment provider's functions need in addition.
    ///
    /// # Errors
    ///
    /// Never for a site that was checked.
    pub fn new(
        site: SiteId,
        project: ProjectId,
        seller: &BTreeMap<String, EnvFrom>,
    ) -> Result<Self, BackendError> {
        let own = [
            ("AE_LINKS", EnvFrom::Links),
            ("AE_PROJECT", EnvFrom::Plain(project.to_string())),
            ("AE_SITE_KEY", EnvFrom::Secret(site_key_handle(&site)?)),
            ("AE_TIERS", EnvFrom::Prices),
        ];
        let own = own.into_iter().map(|(name, from)| (name.to_owned(), from));
        let variables = own.chain(seller.clone()).collect();
        Ok(Self { site, variables })
    }

    /// The variables with their values, once `prices` and their `links`, in the same order, are made.
    pub fn values(&self, prices: &[Price], links: &[PaymentLink]) -> Vec<EnvVar> {
        let value = |from: &EnvFrom| match from {
            EnvFrom::Plain(text) => EnvValue::Plain(text.clone()),
            EnvFrom::Secret(handle) => EnvValue::Secret(handle.clone()),
            EnvFrom::Links => {
                let links = prices.iter().zip(links);
                EnvValue::Plain(links_variable(links.map(|(price, link)| (&*price.tier, &*link.url))))
            }
            EnvFrom::Prices => EnvValue::Plain(tiers_variable(prices)),
        };
        self.variables.iter().map(|(name, from)| EnvVar::new(name, value(from))).collect()
    }
}

/// The addresses of `links` by the tiers of `prices`, in their order.
pub fn by_tier(prices: &[Price], links: &[PaymentLink]) -> Vec<(String, String)> {
    prices.iter().zip(links).map(|(price, link)| (price.tier.clone(), link.url.clone())).collect()
}
