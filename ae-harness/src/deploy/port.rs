//! The port of deployers.

use std::fmt::Debug;

use ae_core::{BackendError, ErrorKind, IdempotencyKey};
use async_trait::async_trait;

use super::{
    Bundle, DeployPlan, DeploySpec, DeployerInfo, Deployment, DeploymentId, DeploymentReport, DomainStatus,
    EnvVar, NewSite, Site, SiteId,
};
use crate::Domain;

/// Publishes a folder of files as a site.
///
/// # Contract
///
/// - C1. [`plan`](Deployer::plan) changes nothing. The same files and settings give the same plan; another file, target,
///   name of a variable or function gives another [`ReleaseId`](super::ReleaseId).
/// - C2. [`deploy`](Deployer::deploy) publishes exactly the files and functions of the plan, or refuses: a bundle that the
///   plan was not made for, or whose files changed since it was scanned, is a `Conflict` and nothing changed.
/// - C3. Deploying to production makes the release active once it is ready. The same plan again, under the same key or a
///   new one, is the same deployment: a second one is not made, and its creation time stays.
/// - C4. A key that was used for another plan is a `Conflict`. A key that is done is never done again: repeated after a
///   switch to another release, it changes nothing.
/// - C5. What can't be published never goes live: the release before stays active. The call is `Unavailable`, or its
///   deployment ends as `Error` and [`status`](Deployer::status) says why; either way the same call tries again.
/// - C6. A release keeps its address: the same files of a site planned for another one are a `Conflict`, and nothing
///   changed.
/// - C7. [`activate`](Deployer::activate) switches to a release that is there, forward or back; any other, also one of
///   another site, is `NotFound` and nothing changed.
/// - C8. A key of `activate` is done once: repeated after another switch it changes nothing, and for another release it
///   is a `Conflict`.
/// - C9. [`list`](Deployer::list) names every release of one site that can be activated, newest first, exactly one of
///   them active once something is live; an unknown site has none.
/// - C10. [`remove`](Deployer::remove) takes a site down with all its releases; a repeat changes nothing. Where keys are
///   remembered, a repeat after the site was published again leaves it.
/// - C11. Sites do not touch each other.
/// - C12. [`status`](Deployer::status) of a release that is live is `Ready` and active, names the release, and has no
///   error; of one that never was, or of another site, it is `NotFound`.
/// - C13. [`ensure_site`](Deployer::ensure_site) gives a site the absolute address that its releases will have, and
///   publishes nothing. A repeat, under any key, gives the same; other sites have other addresses.
/// - C14. [`set_env`](Deployer::set_env) may be repeated and switches nothing; a variable that is refused is
///   `InvalidInput`, none of the call's is set then, and no error holds a value.
/// - C15. [`ensure_domain`](Deployer::ensure_domain) attaches a domain to one site: a repeat says the same while the DNS
///   does, for another site it is a `Conflict`. A domain that is not ready names the records that are missing.
/// - C16. What is not announced is refused by name: `plan` is `Unsupported` for functions, variables and previews, and
///   `InvalidInput` for a missing `index.html`.
/// - C17. A preview answers at an address of its own and is never active: what is live stays.
///
/// # Notes
///
/// `activate`, `list`, `remove`, `set_env` and `ensure_domain` are optional: [`info`](Deployer::info) announces those that
/// a deployer has, and the others return `Unsupported`. C8 holds where `info` says that keys are remembered.
///
/// # Errors
///
/// `InvalidInput` for a bundle or plan that can't be published, `Conflict` and `NotFound` as above, `StorageFull` for
/// a full disk, `PermissionDenied`, `Unavailable`. The effect is `NotApplied` unless the error says `Unknown`; either
/// way repeating the call with the same key is safe.
///
/// # Cancel safety
///
/// Dropping the future leaves the release before live or the new one, never a mixture; the same call again completes.
///
/// # Example
///
/// ```
/// use ae_harness::{Bundle, DeploySpec, Deployer, DeploymentStatus, MemoryDeployer, NewSite, SiteId};
/// # use ae_core::{Digest, IdempotencyKey, RunId, Runtime};
/// # async fn publish(folder: &std::path::Path) -> Result<(), ae_core::BackendError> {
/// # let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "deploy", "deploy", 0);
/// let deployer = MemoryDeployer::new(Runtime::system());
/// let site = NewSite::new("csv-tidy".parse::<SiteId>()?, &deployer.info());
/// let site = deployer.ensure_site(&key, &site).await?;
/// let spec = DeploySpec::new(site.id, site.url);
/// let bundle = Bundle::scan(folder)?;
/// let plan = deployer.plan(&bundle, &spec).await?;
/// let deployment = deployer.deploy(&key, &plan, &bundle).await?;
/// assert_eq!((deployment.state, deployment.active), (DeploymentStatus::Ready, true));
/// # Ok(()) }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Deployer: Debug + Send + Sync + 'static {
    /// Its account of itself and its abilities.
    fn info(&self) -> DeployerInfo;

    /// Whether it could publish now.
    async fn check(&self) -> Result<(), BackendError>;

    /// Makes sure that the site has a name and an address at the host. Nothing is published. A repeat gives the same.
    async fn ensure_site(&self, key: &IdempotencyKey, site: &NewSite) -> Result<Site, BackendError>;
    /// The effect of publishing `bundle`, without publishing it.
    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError>;

    /// Publishes `bundle`, for which `plan` was made. A host may take its time: the deployment is live once its
    /// [`status`](Self::status) says that it is ready and active.
    async fn deploy(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError>;

    /// The deployment as it is now, with the reason and the last lines of the log when it failed.
    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError>;

    /// Switches a site to a release that is there.
    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        let _ = (key, site, id);
        Err(unsupported(&self.info(), "activate"))
    }

    /// The releases of a site, newest first.
    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let _ = site;
        Err(unsupported(&self.info(), "list"))
    }

    /// Takes a site down with all its releases.
    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let _ = (key, site);
        Err(unsupported(&self.info(), "remove"))
    }

    /// Sets environment variables of a site; those that it has and that are not named stay.
    async fn set_env(&self, key: &IdempotencyKey, site: &SiteId, env: &[EnvVar]) -> Result<(), BackendError> {
        let _ = (key, site, env);
        Err(unsupported(&self.info(), "set_env"))
    }

    /// Makes sure that a domain belongs to a site, and says what the DNS must say for it. A repeat asks the host to look
    /// again.
    async fn ensure_domain(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        domain: &Domain,
    ) -> Result<DomainStatus, BackendError> {
        let _ = (key, site, domain);
        Err(unsupported(&self.info(), "ensure_domain"))
    }
}

fn unsupported(info: &DeployerInfo, operation: &'static str) -> BackendError {
    let message = format!("this deployer can't {operation}: its info says what it can do");
    BackendError::new(ErrorKind::Unsupported, info.provider.name.clone(), operation, message)
}

ae_core::forward! { Deployer {
    fn info(&self) -> DeployerInfo;
    async fn check(&self) -> Result<(), BackendError>;
    async fn ensure_site(&self, key: &IdempotencyKey, site: &NewSite) -> Result<Site, BackendError>;
    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError>;
    async fn deploy(&self, key: &IdempotencyKey, plan: &DeployPlan, bundle: &Bundle) -> Result<Deployment, BackendError>;
    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError>;
    async fn activate(&self, key: &IdempotencyKey, site: &SiteId, id: &DeploymentId) -> Result<(), BackendError>;
    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError>;
    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError>;
    async fn set_env(&self, key: &IdempotencyKey, site: &SiteId, env: &[EnvVar]) -> Result<(), BackendError>;
    async fn ensure_domain(&self, key: &IdempotencyKey, site: &SiteId, domain: &Domain)
        -> Result<DomainStatus, BackendError>;
} }
