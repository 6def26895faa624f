//! A [`Deployer`] that copies releases into a folder, for a web server that reads it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Runtime};
use ae_harness::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentStatus,
    SiteId, host::Releases,
};
use async_trait::async_trait;

const NAME: &str = "folder";

/// Publishes into `{root}/{site}/{release}/` and keeps `{root}/releases.json`, which says which release of a site
/// answers. One process writes at a time; a web server reads.
#[derive(Debug)]
pub struct FolderDeployer {
    root: PathBuf,
    runtime: Runtime,
    writing: Mutex<()>,
}

impl FolderDeployer {
    /// Publishes below `root`, which is made when it is needed.
    pub fn new(root: impl Into<PathBuf>, runtime: Runtime) -> Self {
        Self { root: root.into(), runtime, writing: Mutex::new(()) }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> PathBuf {
        self.root.join("releases.json")
    }

    fn read(&self) -> Result<Releases, BackendError> {
        Releases::read(&self.state(), NAME)
    }

    /// Copies the files, unless a call that was killed did so before. Other files in their place are removed.
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
        DeployerInfo::new(NAME, Mode::Offline).with_rollback(usize::MAX).with_listing().with_removal()
    }

    async fn check(&self) -> Result<(), BackendError> {
        fs::create_dir_all(&self.root).map_err(|cause| failed("check", &self.root, cause))
    }

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        bundle.plan(spec)
    }

    async fn deploy(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        let _writing = self.lock();
        let mut releases = self.read()?;
        if let Some(done) = releases.begin(key, plan, bundle)? {
            return Ok(done);
        }
        if !releases.has(plan) {
            self.copy(plan, bundle)?;
        }
        let deployment = releases.finish(key, plan, self.runtime.now())?;
        releases.write(&self.state())?;
        Ok(deployment)
    }

    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError> {
        self.read()?.status(id)
    }

    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        let _writing = self.lock();
        let mut releases = self.read()?;
        releases.activate(key, site, id)?;
        releases.write(&self.state())
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        Ok(self.read()?.list(site))
    }

    /// The state goes first: without it nothing is live.
    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let _writing = self.lock();
        let mut releases = self.read()?;
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
