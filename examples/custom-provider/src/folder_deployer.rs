//! A [`Deployer`] that copies releases into a folder, for a web server that reads it.

mod state;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Runtime};
use ae_harness::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentStatus,
    SiteId,
};
use async_trait::async_trait;

use self::state::{SiteState, failed};

const NAME: &str = "folder";

/// Publishes into `{root}/{site}/{release}/` and keeps beside it a `releases.json` that says which release answers. One
/// process writes at a time; the readers are whoever serves the files.
#[derive(Debug)]
pub struct FolderDeployer {
    root: PathBuf,
    runtime: Runtime,
    writing: Mutex<()>,
}

impl FolderDeployer {
    /// Publishes below `root`, which is made when it is needed.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>, runtime: Runtime) -> Self {
        Self { root: root.into(), runtime, writing: Mutex::new(()) }
    }

    fn site(&self, site: &SiteId) -> PathBuf {
        self.root.join(site.as_str())
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies the bundle and looks through the copy: what goes live is what was planned, byte for byte.
    fn copy(&self, plan: &DeployPlan) -> Result<(), BackendError> {
        let bundle = Bundle::rescan(plan)?;
        let target = self.site(&plan.site).join(plan.release.as_str());
        for file in bundle.files() {
            let (from, to) = (bundle.root().join(&file.path), target.join(&file.path));
            let copied = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(&from, &to));
            copied.map_err(|cause| failed("deploy", &to, cause))?;
        }
        if Bundle::scan(&target)?.manifest() == plan.manifest {
            return Ok(());
        }
        let message = format!("{} is not what was planned: the release before stays live", target.display());
        Err(BackendError::new(ErrorKind::Unavailable, NAME, "deploy", message))
    }
}

#[async_trait]
impl Deployer for FolderDeployer {
    fn info(&self) -> DeployerInfo {
        DeployerInfo { name: NAME.to_owned(), rollback: true, releases_kept: usize::MAX, metered: false }
    }

    async fn check(&self) -> Result<(), BackendError> {
        fs::create_dir_all(&self.root).map_err(|cause| failed("check", &self.root, cause))
    }

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        bundle.plan(spec)
    }

    async fn deploy(&self, key: &IdempotencyKey, plan: &DeployPlan) -> Result<Deployment, BackendError> {
        let _writing = self.lock();
        let folder = self.site(&plan.site);
        let mut state = SiteState::read(&folder)?;
        if !state.is_done(key, "deploy", &plan.release)? {
            if !state.has(&plan.release) {
                self.copy(plan)?;
                state.add(plan, self.runtime.now());
            } else {
                Bundle::rescan(plan)?;
            }
            state.activate(&plan.release)?;
            state.record(key, "deploy", &plan.release);
            state.write(&folder)?;
        }
        state.get(&plan.release)
    }

    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError> {
        let sites = fs::read_dir(&self.root).map_err(|cause| failed("status", &self.root, cause))?;
        for site in sites.flatten() {
            if let Ok(deployment) = SiteState::read(&site.path())?.get(id) {
                return Ok(deployment.state);
            }
        }
        Err(BackendError::new(ErrorKind::NotFound, NAME, "status", format!("there is no release {id}")))
    }

    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        let _writing = self.lock();
        let mut state = SiteState::read(&self.site(site))?;
        if state.is_done(key, "activate", id)? {
            return Ok(());
        }
        state.activate(id)?;
        state.record(key, "activate", id);
        state.write(&self.site(site))
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        Ok(SiteState::read(&self.site(site))?.newest_first())
    }

    async fn remove(&self, _key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let _writing = self.lock();
        remove_all(&self.site(site))
    }
}

/// The state goes first: without it nothing is live, and a repeat removes the rest.
fn remove_all(folder: &Path) -> Result<(), BackendError> {
    let removed = [fs::remove_file(folder.join(state::FILE)), fs::remove_dir_all(folder)];
    let cause = removed
        .into_iter()
        .filter_map(Result::err)
        .find(|error| error.kind() != std::io::ErrorKind::NotFound);
    cause.map_or(Ok(()), |cause| Err(failed("remove", folder, cause)))
}
