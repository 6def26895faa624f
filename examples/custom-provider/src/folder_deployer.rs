//! A [`Deployer`] that copies releases into a folder, for a web server that reads it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Runtime};
use ae_harness::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentReport,
    NewSite, Site, SiteId, host::Releases,
};
use async_trait::async_trait;

const NAME: &str = "folder";

/// Publishes into `{root}/{site}/{release}/` and keeps `{root}/releases.json`, which says which release of a site
/// answers. One process writes at a time; a web server reads, and has each site below one address.
#[derive(Debug)]
pub struct FolderDeployer {
    root: PathBuf,
    address: String,
    runtime: Runtime,
    writing: Mutex<()>,
}

impl FolderDeployer {
    /// Publishes below `root`, which is made when it is needed and which a web server has at `address`, for example
    /// `http://127.0.0.1/`.
    pub fn new(root: impl Into<PathBuf>, address: impl Into<String>, runtime: Runtime) -> Self {
        Self { root: root.into(), address: address.into(), runtime, writing: Mutex::new(()) }
    }

    /// The releases, with the right to change them.
    fn locked(&self) -> Result<(MutexGuard<'_, ()>, Releases), BackendError> {
        Ok((self.writing.lock().unwrap_or_else(PoisonError::into_inner), self.read()?))
    }

    fn state(&self) -> PathBuf {
        self.root.join("releases.json")
    }

    fn read(&self) -> Result<Releases, BackendError> {
        Releases::read(&self.state(), NAME)
    }

    /// Copies the files, unless an earlier call did so. Other files in their place are removed.
    fn copy(&self, plan: &DeployPlan, bundle: &Bundle) -> Result<(), BackendError> {
        let target = self.root.join(plan.site.as_str()).join(plan.release.as_str());
        if !target.exists() {
            return bundle.copy_to(&target);
        }
        if Bundle::scan(&target).is_ok_and(|copy| copy.manifest() == plan.manifest) {
            return Ok(());
        }
        fs::remove_dir_all(&target).map_err(|cause| failed("deploy", &target, cause))?;
        let message = format!("{} held other files and is removed: repeat the call", target.display());
        Err(BackendError::new(ErrorKind::Unavailable, NAME, "deploy", message))
    }
}

#[async_trait]
impl Deployer for FolderDeployer {
    fn info(&self) -> DeployerInfo {
        let info = DeployerInfo::new(NAME, Mode::Offline).with_rollback(usize::MAX);
        info.with_listing().with_removal().with_keys()
    }

    async fn check(&self) -> Result<(), BackendError> {
        fs::create_dir_all(&self.root).map_err(|cause| failed("check", &self.root, cause))
    }

    async fn ensure_site(&self, _: &IdempotencyKey, site: &NewSite) -> Result<Site, BackendError> {
        Ok(Site::new(site.site.clone(), format!("{}{}/", self.address, site.site)))
    }

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        self.info().plan(bundle, spec)
    }

    async fn deploy(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        self.info().check_plan(plan, bundle)?;
        let (_writing, mut releases) = self.locked()?;
        if let Some(done) = releases.begin(key, plan, bundle)? {
            return Ok(done);
        }
        self.copy(plan, bundle)?;
        let deployment = releases.finish(key, plan, self.runtime.now())?;
        releases.write(&self.state())?;
        Ok(deployment)
    }

    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        self.read()?.status(site, id)
    }

    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        let (_writing, mut releases) = self.locked()?;
        releases.activate(key, site, id)?;
        releases.write(&self.state())
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        Ok(self.read()?.list(site))
    }

    /// The state goes first: without it nothing is live.
    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let (_writing, mut releases) = self.locked()?;
        let removed = releases.remove(key, site)?;
        releases.write(&self.state())?;
        let files = self.root.join(site.as_str());
        if removed && files.exists() {
            fs::remove_dir_all(&files).map_err(|cause| failed("remove", &files, cause))?;
        }
        Ok(())
    }
}

/// An I/O failure; repeating the call with the same key is safe.
fn failed(operation: &'static str, path: &Path, cause: io::Error) -> BackendError {
    let message = format!("{} can't be used: see the cause, then repeat", path.display());
    BackendError::new(ErrorKind::Unavailable, NAME, operation, message).with_source(cause)
}
