//! The port of deployers.

use std::fmt::Debug;

use ae_core::{BackendError, ErrorKind, IdempotencyKey};
use async_trait::async_trait;

use super::{
    Bundle, DeployPlan, DeploySpec, DeployerInfo, Deployment, DeploymentId, DeploymentStatus, SiteId,
};

/// Publishes a folder of files as a site.
///
/// # Contract
///
/// - C1. [`plan`](Deployer::plan) changes nothing. The same files give the same [`DeploymentId`].
/// - C2. [`deploy`](Deployer::deploy) publishes exactly the files of the plan, or refuses: a bundle that the plan was not
///   made for, or whose files changed since it was scanned, is a `Conflict` and nothing changed.
/// - C3. Deploying makes the release active. The same plan again, under the same key or a new one, is the same
///   deployment: a second release is not made, and its creation time stays.
/// - C4. A key that was used for another plan is a `Conflict`. A key that is done is never done again: repeated after a
///   switch to another release, it changes nothing.
/// - C5. A release goes live only after it was checked; when the check fails, the release before stays live, the error
///   is `Unavailable`, and the failed release is not active.
/// - C6. A release keeps its address: the same files of a site planned for another one are a `Conflict`, and nothing
///   changed.
/// - C7. [`activate`](Deployer::activate) switches to a release that is there, forward or back; any other is `NotFound`
///   and nothing changed.
/// - C8. A key of `activate` is done once: repeated after another switch it changes nothing, and for another release it
///   is a `Conflict`.
/// - C9. [`list`](Deployer::list) names every release of one site that can be activated, newest first, exactly one of
///   them active once something is live; an unknown site has none.
/// - C10. [`remove`](Deployer::remove) takes a site down with all its releases; a repeat changes nothing.
/// - C11. Sites do not touch each other.
/// - C12. [`status`](Deployer::status) of a release that is published is `Ready`; of one that never was, `NotFound`.
///
/// # Notes
///
/// `activate`, `list` and `remove` are optional: [`info`](Deployer::info) announces those that a deployer has, and the
/// others return `Unsupported`.
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
/// use ae_harness::{Bundle, DeploySpec, Deployer, DeploymentStatus, MemoryDeployer, SiteId};
/// # use ae_core::{Digest, IdempotencyKey, RunId, Runtime};
/// # async fn publish(folder: &std::path::Path) -> Result<(), ae_core::BackendError> {
/// # let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "deploy", "deploy", 0);
/// let deployer = MemoryDeployer::new(Runtime::system());
/// let spec = DeploySpec::new("csv-tidy".parse::<SiteId>()?, "http://127.0.0.1:8787/p/csv-tidy/");
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

    /// The effect of publishing `bundle`, without publishing it.
    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError>;

    /// Publishes `bundle`, for which `plan` was made, checks it and switches to it.
    async fn deploy(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError>;

    /// The state of a release, over all sites: the first site that has it answers.
    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError>;

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
}

fn unsupported(info: &DeployerInfo, operation: &'static str) -> BackendError {
    let message = format!("this deployer can't {operation}: its info says what it can do");
    BackendError::new(ErrorKind::Unsupported, info.provider.name.clone(), operation, message)
}

ae_core::forward! { Deployer {
    fn info(&self) -> DeployerInfo;
    async fn check(&self) -> Result<(), BackendError>;
    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError>;
    async fn deploy(&self, key: &IdempotencyKey, plan: &DeployPlan, bundle: &Bundle) -> Result<Deployment, BackendError>;
    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError>;
    async fn activate(&self, key: &IdempotencyKey, site: &SiteId, id: &DeploymentId) -> Result<(), BackendError>;
    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError>;
    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError>;
} }
