//! Joins deployment and billing to one approval: what goes live is decided as a whole, each part by its own digest.

use ae_billing::{NewEndpoint, NewLink, NewPrice};
use ae_core::{Action, ActionKind, BackendError, Digest, DigestWriter, Money, Provider, Spend};
use ae_harness::{DeployPlan, Domain, NewSite};
use ae_safety::request_digest;
use serde::{Deserialize, Serialize};

use super::{
    Owner,
    for_sale::ForSale,
    hosting::{Parties, SiteEnv, site_action},
};

/// Everything that a launch does, apart from the release that it publishes: known as soon as there is a spec.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Terms {
    /// The run that launches.
    pub owner: Owner,
    /// Host and payment provider.
    pub parties: Parties,
    /// The site.
    pub site: NewSite,
    /// The product, its prices and its payment links; `None` for a pre-order, of which nothing is sold.
    pub for_sale: Option<ForSale>,
    /// The environment of the site's functions; `None` where there are none.
    pub env: Option<SiteEnv>,
    /// Where the payment provider sends its events, where that was asked for.
    pub endpoint: Option<NewEndpoint>,
    /// The domain of the site, where one was named.
    pub domain: Option<Domain>,
}

impl Terms {
    /// The request for the site as an action. Like those that follow it never fails for terms made in code.
    pub fn site_action(&self) -> Result<Action, BackendError> {
        site_action(self.owner, &self.site, &self.parties.publisher)
    }

    /// Making the product as an action.
    pub(crate) fn product_action(&self, sale: &ForSale) -> Result<Action, BackendError> {
        let product = &sale.product;
        let summary = format!("create product {:?}", product.name);
        self.selling("ensure_product", &product.name, product, summary)
    }

    /// Making one price as an action.
    pub(crate) fn price_action(&self, sale: &ForSale, price: &NewPrice) -> Result<Action, BackendError> {
        let target = format!("{}/{}", sale.product.name, price.tier);
        let summary = format!("create price {} {}", price.charge, price.interval.words());
        self.selling("ensure_price", target, price, summary)
    }

    /// Making the payment link of one price as an action.
    pub(crate) fn link_action(
        &self,
        sale: &ForSale,
        price: &NewPrice,
        link: &NewLink,
    ) -> Result<Action, BackendError> {
        let target = format!("{}/{}", sale.product.name, price.tier);
        let summary = format!("create the payment link of {:?}", price.nickname);
        self.selling("ensure_payment_link", target, link, summary)
    }

    /// Asking for the provider's events as an action.
    pub(crate) fn endpoint_action(&self, endpoint: &NewEndpoint) -> Result<Action, BackendError> {
        let summary = format!("have events sent to {}", endpoint.url);
        self.selling("ensure_endpoint", &endpoint.url, endpoint, summary)
    }

    /// Setting the environment as an action.
    pub(crate) fn env_action(&self, env: &SiteEnv) -> Result<Action, BackendError> {
        let names: Vec<_> = env.variables.keys().map(String::as_str).collect();
        let summary = format!("set the environment of {}: {}", env.site, names.join(", "));
        self.publishing("set_env", env.site.as_str(), env, summary)
    }

    /// Attaching the domain as an action.
    pub(crate) fn domain_action(&self, domain: &Domain) -> Result<Action, BackendError> {
        let request = (&self.site, domain);
        let summary = format!("attach the domain {domain} to {}", self.site.site);
        self.publishing("ensure_domain", domain.as_str(), &request, summary)
    }

    /// Publishing a release as an action.
    pub(crate) fn deploy_action(&self, plan: &DeployPlan) -> Result<Action, BackendError> {
        let DeployPlan { site, release, files, .. } = plan;
        let summary = format!("publish release {release} ({files} files) as {site}");
        self.publishing("deploy", site.as_str(), plan, summary)
    }

    /// The actions before a release is published.
    pub(crate) fn before_release(&self) -> Result<Vec<Action>, BackendError> {
        let mut actions = Vec::new();
        if let Some(sale) = &self.for_sale {
            actions.push(self.product_action(sale)?);
            for (price, link) in sale.prices.iter().zip(&sale.links) {
                actions.push(self.price_action(sale, price)?);
                actions.push(self.link_action(sale, price, link)?);
            }
        }
        if let Some(endpoint) = &self.endpoint {
            actions.push(self.endpoint_action(endpoint)?);
        }
        if let Some(env) = &self.env {
            actions.push(self.env_action(env)?);
        }
        Ok(actions)
    }

    /// The actions once a release is published.
    pub(crate) fn after_release(&self) -> Result<Vec<Action>, BackendError> {
        self.domain.iter().map(|domain| self.domain_action(domain)).collect()
    }

    fn selling(
        &self,
        operation: &str,
        target: impl Into<String>,
        request: &impl Serialize,
        summary: impl Into<String>,
    ) -> Result<Action, BackendError> {
        let action = Action::new(ActionKind::CreateBilling, operation, target, request_digest(request)?);
        Ok(self.owned(action, &self.parties.seller, summary))
    }

    fn publishing(
        &self,
        operation: &str,
        target: impl Into<String>,
        request: &impl Serialize,
        summary: impl Into<String>,
    ) -> Result<Action, BackendError> {
        let action = Action::new(ActionKind::Deploy, operation, target, request_digest(request)?);
        Ok(self.owned(action, &self.parties.publisher, summary))
    }

    fn owned(&self, action: Action, provider: &Provider, summary: impl Into<String>) -> Action {
        action
            .with_owner(self.owner.project, self.owner.run)
            .with_provider(provider.clone())
            .with_spend(Spend::Free)
            .with_summary(summary)
    }
}

/// Everything that a launch does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LaunchPlan {
    /// All but the release.
    pub terms: Box<Terms>,
    /// The exact release.
    pub deploy: DeployPlan,
}

impl LaunchPlan {
    /// All actions, in the order in which they happen: what sells first, so that nothing public leads nowhere; of a
    /// pre-order the deployment alone.
    pub fn actions(&self) -> Result<Vec<Action>, BackendError> {
        let mut actions = self.terms.before_release()?;
        actions.push(self.terms.deploy_action(&self.deploy)?);
        actions.extend(self.terms.after_release()?);
        Ok(actions)
    }

    /// The subject of an approval: the digests of all actions together, each of which names its provider and mode, and
    /// the account in which the host acts.
    pub fn subject(&self) -> Result<Digest, BackendError> {
        let account = self.terms.site.account.as_deref().unwrap_or_default();
        let writer = DigestWriter::new("launch/2").field(account.as_bytes());
        let written = self.actions()?.iter().fold(writer, |w, action| w.field(action.digest().as_bytes()));
        Ok(written.finish())
    }
}

/// The subject of the first approval: the spec, the planned spend, the sealed checks and the request for the site.
pub fn spec_subject(spec: Digest, planned_spend: Money, seal: Digest, site: &Action) -> Digest {
    DigestWriter::new("spec-approval/2")
        .field(spec.as_bytes())
        .field(&planned_spend.pico().to_be_bytes())
        .field(planned_spend.currency().code().as_bytes())
        .field(seal.as_bytes())
        .field(site.digest().as_bytes())
        .finish()
}
