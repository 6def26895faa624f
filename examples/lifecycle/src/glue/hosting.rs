//! Joins host and payment provider to a run: the two parties that a launch acts through, and the rules between them.

use std::collections::BTreeMap;

use ae_core::{Action, ActionKind, BackendError, Deliverable, Mode, Provider, Spend};
use ae_harness::{CommercialUse, DeployerInfo, NewSite, SecretHandle, SiteId};
use ae_safety::request_digest;
use serde::{Deserialize, Serialize};

use super::Owner;

/// Host and payment provider of a run, as they were when it began. A run goes on with the same ones or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parties {
    /// The provider that publishes.
    pub publisher: Provider,
    /// The host's account (team) in which it acts.
    pub account: Option<String>,
    /// Whether the host may charge the account for what is published.
    #[serde(default)]
    pub metered: bool,
    /// Whether the host runs functions: then the product unlocks there, without this machine.
    pub functions: bool,
    /// Whether what takes payments may be published there.
    pub commercial: CommercialUse,
    /// The provider that sells.
    pub seller: Provider,
}

impl Parties {
    /// The parties by the host's own account of itself.
    pub fn new(host: &DeployerInfo, seller: Provider) -> Self {
        Self {
            publisher: host.provider.clone(),
            account: host.account.clone(),
            metered: host.metered,
            functions: host.functions,
            commercial: host.commercial,
            seller,
        }
    }

    /// Whether `other` are the same providers in the same modes and account, which can do the same.
    pub fn acts_as(&self, other: &Self) -> bool {
        // Whether payments may be taken is often known only once the host was asked.
        let alike = Self { commercial: other.commercial, ..self.clone() };
        alike == *other
    }

    /// The host in words.
    pub fn host(&self) -> String {
        let account = self.account.as_ref().map(|account| format!(", account {account}")).unwrap_or_default();
        format!("{} ({}{account})", self.publisher.name, self.publisher.mode)
    }

    /// The reason why a product of this kind can't be launched through them and the remedy, or `None`.
    pub fn refusal(&self, deliverable: Deliverable) -> Option<String> {
        let host = &self.publisher.name;
        let here = self.publisher.mode == Mode::Offline;
        if deliverable == Deliverable::PreOrder {
            return (!here).then(|| {
                format!(
                    "the page of a pre-order counts who is interested, which only this machine's server does, not \
                     {host}: start a new run with --deploy local"
                )
            });
        }
        if self.commercial == CommercialUse::Forbidden {
            return Some(format!(
                "the plan of this account at {host} excludes what takes payments: change the plan at {host}, or start a \
                 new run with another --deploy"
            ));
        }
        if !here && !self.functions {
            return Some(format!(
                "no functions run at {host} for this program, so that the buttons of a product lead to no payment link: \
                 start a new run with --deploy vercel, cloudflare or local"
            ));
        }
        if !here && self.seller.mode == Mode::Offline {
            return Some(format!(
                "{} has its pay page on this machine, where no visitor of {host} can pay: start a new run with --pay \
                 stripe, or with --deploy local",
                self.seller.name
            ));
        }
        None
    }
}

/// The request for the site of a run, as an action: it makes a name and an address, and publishes nothing.
pub fn site_action(owner: Owner, site: &NewSite, publisher: &Provider) -> Result<Action, BackendError> {
    let account = site.account.as_ref().map(|account| format!(" of account {account}")).unwrap_or_default();
    let summary = format!("make the site {} at {}{account}; nothing is published", site.site, publisher.name);
    Ok(Action::new(ActionKind::Deploy, "ensure_site", site.site.as_str(), request_digest(site)?)
        .with_owner(owner.project, owner.run)
        .with_provider(publisher.clone())
        .with_spend(Spend::Free)
        .with_summary(summary))
}

/// The request for a site, from the parties as they were when the run began.
pub fn new_site(site: SiteId, host: &DeployerInfo, parties: &Parties) -> NewSite {
    let mut new = NewSite::new(site, host);
    new.account.clone_from(&parties.account);
    new
}

/// Where the value of an environment variable comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvFrom {
    /// This text.
    Plain(String),
    /// A secret, by its name.
    Secret(SecretHandle),
    /// The payment links by tier, once they are made.
    Links,
    /// The prices with their tiers, once they are made.
    Prices,
}

/// The environment that a site's functions get: what an approval says yes to. Values that are made by the launch itself
/// follow from it, and secrets are named, not held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteEnv {
    /// The site.
    pub site: SiteId,
    /// The variables by name.
    pub variables: BTreeMap<String, EnvFrom>,
}
