//! A deployer's account of itself.

use ae_core::{BackendError, ErrorKind, Mode, Provider};
use serde::{Deserialize, Serialize};

use super::{Bundle, DeployPlan, DeploySpec, DeployTarget};

/// A deployer's account of itself and its abilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeployerInfo {
    /// Its name, for example `local`, and whether it acts on the world.
    pub provider: Provider,
    /// Whether an older release can be activated again.
    pub rollback: bool,
    /// The number of releases of a site that are kept.
    pub releases_kept: usize,
    /// Whether it can list the releases of a site.
    pub listing: bool,
    /// Whether it can take a site down.
    pub removal: bool,
    /// Whether it remembers the keys of its switches and removals, so that a repeat changes nothing. Without it, a repeat
    /// switches or removes again.
    pub keys: bool,
    /// Whether publishing may cost money.
    pub metered: bool,
    /// The host's account (team) in which it acts.
    pub account: Option<String>,
    /// Whether it publishes only what has an `index.html` at its root.
    pub needs_index: bool,
    /// Whether it can attach domains.
    pub domains: bool,
    /// Whether it takes care of certificates.
    pub tls: bool,
    /// Whether it runs the functions of a bundle.
    pub functions: bool,
    /// Whether it keeps environment variables.
    pub env: bool,
    /// Whether it has previews.
    pub previews: bool,
    /// Whether what takes payments may be published there.
    pub commercial: CommercialUse,
}

impl DeployerInfo {
    /// A free deployer that publishes and has no other ability.
    pub fn new(name: impl Into<String>, mode: Mode) -> Self {
        Self {
            provider: Provider::new(name, mode),
            rollback: false,
            releases_kept: 1,
            listing: false,
            removal: false,
            keys: false,
            metered: false,
            account: None,
            needs_index: false,
            domains: false,
            tls: false,
            functions: false,
            env: false,
            previews: false,
            commercial: CommercialUse::Allowed,
        }
    }

    /// Announces [`activate`](super::Deployer::activate) over the last `releases_kept` releases.
    #[must_use]
    pub const fn with_rollback(mut self, releases_kept: usize) -> Self {
        self.rollback = true;
        self.releases_kept = releases_kept;
        self
    }

    /// The plan to publish `bundle` as `spec` says, for implementations of [`Deployer`](super::Deployer): that of
    /// [`Bundle::plan`], held to the abilities that are announced.
    ///
    /// # Errors
    ///
    /// Those of both.
    pub fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        let plan = bundle.plan(spec)?;
        self.check_plan(&plan, bundle)?;
        Ok(plan)
    }

    /// Refuses a plan that needs an ability which is not announced: clause C16 of [`Deployer`](super::Deployer), for its
    /// implementations.
    ///
    /// # Errors
    ///
    /// `Unsupported` naming the ability; `InvalidInput` for a missing `index.html`.
    pub fn check_plan(&self, plan: &DeployPlan, bundle: &Bundle) -> Result<(), BackendError> {
        let refused = |kind, why: &str| {
            let message = format!("{} {why}", self.provider.name);
            Err(BackendError::new(kind, self.provider.name.clone(), "plan", message))
        };
        if let (Some(function), false) = (plan.functions.first(), self.functions) {
            let why = format!(
                "runs no functions: leave {} out, or publish at a host that runs them",
                function.path
            );
            return refused(ErrorKind::Unsupported, &why);
        }
        if let (Some(name), false) = (plan.env.first(), self.env) {
            let why = format!("keeps no variables: leave {name} out, or publish at a host that keeps them");
            return refused(ErrorKind::Unsupported, &why);
        }
        if plan.target == DeployTarget::Preview && !self.previews {
            return refused(ErrorKind::Unsupported, "has no previews: publish to production");
        }
        if self.needs_index && !bundle.has_index() {
            return refused(ErrorKind::InvalidInput, "needs an index.html at the root of the site: add one");
        }
        Ok(())
    }
}

ae_core::setters! { DeployerInfo {
    /// Announces [`list`](super::Deployer::list).
    fn with_listing(listing = true);
    /// Announces [`remove`](super::Deployer::remove).
    fn with_removal(removal = true);
    /// Announces that it remembers the keys of its switches and removals.
    fn with_keys(keys = true);
    /// Sets whether publishing may cost money.
    fn with_metered(metered: bool);
    /// Sets the account in which it acts.
    fn with_account(account: some into String);
    /// Announces that it publishes only what has an `index.html` at its root.
    fn with_needs_index(needs_index = true);
    /// Announces that it can attach domains.
    fn with_domains(domains = true);
    /// Announces that it takes care of certificates.
    fn with_tls(tls = true);
    /// Announces that it runs the functions of a bundle.
    fn with_functions(functions = true);
    /// Announces that it keeps environment variables.
    fn with_env(env = true);
    /// Announces that it has previews.
    fn with_previews(previews = true);
    /// Sets whether what takes payments may be published there.
    fn with_commercial(commercial: CommercialUse);
} }

ae_core::wire_enum! {
    /// Whether what takes payments may be published at a host.
    #[non_exhaustive]
    pub enum CommercialUse {
        /// It may.
        Allowed = "allowed",
        /// The plan of the account excludes it.
        Forbidden = "forbidden",
        /// The plan of the account is not known: a person has to say.
        Unknown = "unknown",
    }
}
