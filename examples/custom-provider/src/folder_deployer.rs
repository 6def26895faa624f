//! A [`Deployer`] that copies releases into a folder, for a web server that reads it.

mod files;
mod state;

use std::{
    fs,
    path::PathBuf,
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
        if !state.is_done(key, "deploy", Some(&plan.release))? {
            if !state.has(&plan.release) {
                files::copy(plan, &folder)?;
                state.add(plan, self.runtime.now());
            } else {
                Bundle::rescan(plan)?;
            }
            state.activate(&plan.release)?;
            state.record(key, "deploy", Some(&plan.release));
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
        if state.is_done(key, "activate", Some(id))? {
            return Ok(());
        }
        state.activate(id)?;
        state.record(key, "activate", Some(id));
        state.write(&self.site(site))
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        Ok(SiteState::read(&self.site(site))?.newest_first())
    }

    /// The state goes first: without it nothing is live, and a repeat sweeps up the rest.
    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let _writing = self.lock();
        let folder = self.site(site);
        let mut state = SiteState::read(&folder)?;
        if !state.is_done(key, "remove", None)? {
            state.clear();
            state.record(key, "remove", None);
            state.write(&folder)?;
        }
        files::sweep(&state, &folder)
    }
}
