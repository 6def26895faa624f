//! The port of deployers.

use std::{fmt::Debug, sync::Arc};

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use super::{
    Bundle, DeployPlan, DeploySpec, DeployerInfo, Deployment, DeploymentId, DeploymentStatus, SiteId,
};

/// Publishes a folder of files as a site.
///
/// # Contract
///
/// - C1. [`plan`](Deployer::plan) changes nothing. The same files give the same [`DeploymentId`].
/// - C2. [`deploy`](Deployer::deploy) publishes exactly the files of the plan, or refuses: a tree that no longer
///   matches the plan's manifest is a `Conflict` and nothing changed.
/// - C3. Deploying makes the release active. The same plan again, under the same key or a new one, is the same
///   deployment: there is no second release, and its creation time stays.
/// - C4. A key that was used for another plan is a `Conflict`. A key that is done is never done again: repeated after
///   somebody switched to another release, it changes nothing.
/// - C5. A release goes live only after it was checked; when the check fails, the release before stays live, the error
///   is `Unavailable`, and the failed release is not active.
/// - C6. [`activate`](Deployer::activate) switches to a release that is there, forward or back; any other is `NotFound`
///   and nothing changed.
/// - C7. [`list`](Deployer::list) names every release of one site that can be activated, exactly one of them active once
///   something is live; an unknown site has none.
/// - C8. [`remove`](Deployer::remove) takes a site down with all its releases; a repeat changes nothing.
/// - C9. Sites do not touch each other.
///
/// # Errors
///
/// `InvalidInput` for a bundle or plan that can't be published, `Conflict` and `NotFound` as above, `QuotaExceeded` for
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
/// let spec = DeploySpec { site: SiteId::parse("csv-tidy")?, base_url: "http://127.0.0.1:8787/p/csv-tidy/".to_owned() };
/// let plan = deployer.plan(&Bundle::scan(folder)?, &spec).await?;
/// let deployment = deployer.deploy(&key, &plan).await?;
/// assert_eq!((deployment.state, deployment.active), (DeploymentStatus::Ready, true));
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Deployer: Debug + Send + Sync + 'static {
    /// Who it is and what it can do.
    fn info(&self) -> DeployerInfo;

    /// Whether it could publish now.
    async fn check(&self) -> Result<(), BackendError>;

    /// What publishing `bundle` would do.
    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError>;

    /// Publishes, checks and switches.
    async fn deploy(&self, key: &IdempotencyKey, plan: &DeployPlan) -> Result<Deployment, BackendError>;

    /// How a release is doing, over all sites: the first site that has it answers.
    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError>;

    /// Switches a site to a release that is there.
    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError>;

    /// The releases of a site, newest first.
    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError>;

    /// Takes a site down with all its releases.
    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: Deployer + ?Sized> Deployer for $pointer<T> {
            fn info(&self) -> DeployerInfo {
                (**self).info()
            }

            async fn check(&self) -> Result<(), BackendError> {
                (**self).check().await
            }

            async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
                (**self).plan(bundle, spec).await
            }

            async fn deploy(
                &self,
                key: &IdempotencyKey,
                plan: &DeployPlan,
            ) -> Result<Deployment, BackendError> {
                (**self).deploy(key, plan).await
            }

            async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError> {
                (**self).status(id).await
            }

            async fn activate(
                &self,
                key: &IdempotencyKey,
                site: &SiteId,
                id: &DeploymentId,
            ) -> Result<(), BackendError> {
                (**self).activate(key, site, id).await
            }

            async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
                (**self).list(site).await
            }

            async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
                (**self).remove(key, site).await
            }
        }
    };
}
forward!(Arc);
forward!(Box);
