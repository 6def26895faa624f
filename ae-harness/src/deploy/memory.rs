//! A deployer that keeps everything in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Runtime};
use async_trait::async_trait;

use super::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentStatus,
    Releases, SiteId,
};

const NAME: &str = "memory";

/// A deterministic deployer for tests and demonstrations. It reads and checks the real files of a bundle, remembers the
/// releases and switches between them; it serves nothing.
#[derive(Debug)]
pub struct MemoryDeployer {
    runtime: Runtime,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    releases: Releases,
    failing_checks: u32,
}

impl MemoryDeployer {
    /// A deployer without sites.
    pub fn new(runtime: Runtime) -> Self {
        let state = State { releases: Releases::new(NAME), failing_checks: 0 };
        Self { runtime, state: Mutex::new(state) }
    }

    /// Makes the checks of the next `times` new releases fail.
    pub fn fail_checks(&self, times: u32) {
        self.locked().failing_checks = times;
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Deployer for MemoryDeployer {
    fn info(&self) -> DeployerInfo {
        DeployerInfo::new(NAME, Mode::Offline).with_rollback(usize::MAX).with_listing().with_removal()
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
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
        let mut state = self.locked();
        if let Some(done) = state.releases.begin(key, plan, bundle)? {
            return Ok(done);
        }
        if !state.releases.has(plan) {
            bundle.files().iter().try_for_each(|file| bundle.read(file).map(drop))?;
            if state.failing_checks > 0 {
                state.failing_checks -= 1;
                let message = format!("release {} failed its check and is not live", plan.release);
                return Err(BackendError::new(ErrorKind::Unavailable, NAME, "deploy", message));
            }
        }
        state.releases.finish(key, plan, self.runtime.now())
    }

    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError> {
        self.locked().releases.status(id)
    }

    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        self.locked().releases.activate(key, site, id).map(drop)
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        Ok(self.locked().releases.list(site))
    }

    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        self.locked().releases.remove(key, site).map(drop)
    }
}
