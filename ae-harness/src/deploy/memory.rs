//! A deployer that keeps everything in memory.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, Runtime};
use async_trait::async_trait;

use super::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentStatus,
    SiteId,
};

const NAME: &str = "memory";

/// A deterministic deployer for tests and demonstrations. It reads and checks the real files of a bundle, remembers
/// what would be published and switches between releases; it serves nothing.
#[derive(Debug)]
pub struct MemoryDeployer {
    runtime: Runtime,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Oldest release first.
    sites: BTreeMap<SiteId, Vec<Deployment>>,
    done: BTreeMap<IdempotencyKey, Digest>,
    failing_checks: u32,
}

impl MemoryDeployer {
    /// A deployer without sites.
    #[must_use]
    pub fn new(runtime: Runtime) -> Self {
        Self { runtime, state: Mutex::default() }
    }

    /// Makes the checks of the next `times` new releases fail.
    pub fn fail_checks(&self, times: u32) {
        self.locked().failing_checks = times;
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}

/// What a key stands for; the folder that files are read from does not count.
pub(super) fn request_of_plan(plan: &DeployPlan) -> Digest {
    ae_core::DigestWriter::new("deploy")
        .field(plan.site.as_str().as_bytes())
        .field(plan.manifest.as_bytes())
        .field(plan.base_url.as_bytes())
        .finish()
}

pub(super) fn request_of_switch(site: &SiteId, id: &DeploymentId) -> Digest {
    ae_core::DigestWriter::new("activate")
        .field(site.as_str().as_bytes())
        .field(id.as_str().as_bytes())
        .finish()
}

pub(super) fn request_of_removal(site: &SiteId) -> Digest {
    ae_core::DigestWriter::new("remove").field(site.as_str().as_bytes()).finish()
}

impl State {
    /// Whether the key is done; a key of another request is a conflict.
    fn is_done(
        &self,
        key: &IdempotencyKey,
        request: Digest,
        operation: &'static str,
    ) -> Result<bool, BackendError> {
        match self.done.get(key) {
            None => Ok(false),
            Some(before) if *before == request => Ok(true),
            Some(_) => Err(error(
                ErrorKind::Conflict,
                operation,
                "this key was used for another request: derive a new one",
            )),
        }
    }

    fn find(&self, site: &SiteId, id: &DeploymentId) -> Option<Deployment> {
        self.sites.get(site)?.iter().find(|release| release.id == *id).cloned()
    }

    fn switch(&mut self, site: &SiteId, id: &DeploymentId) {
        for release in self.sites.get_mut(site).into_iter().flatten() {
            release.active = release.id == *id;
        }
    }
}

#[async_trait]
impl Deployer for MemoryDeployer {
    fn info(&self) -> DeployerInfo {
        DeployerInfo { name: NAME.to_owned(), rollback: true, releases_kept: usize::MAX, metered: false }
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        bundle.plan(spec)
    }

    async fn deploy(&self, key: &IdempotencyKey, plan: &DeployPlan) -> Result<Deployment, BackendError> {
        let request = request_of_plan(plan);
        let now = self.runtime.now();
        let mut state = self.locked();
        if state.is_done(key, request, "deploy")? {
            let gone = || {
                error(ErrorKind::NotFound, "deploy", "this key is done, but its release was removed since")
            };
            return state.find(&plan.site, &plan.release).ok_or_else(gone);
        }
        if state.find(&plan.site, &plan.release).is_none() {
            Bundle::rescan(plan)?;
            if state.failing_checks > 0 {
                state.failing_checks -= 1;
                let message = format!("release {} failed its check and is not live", plan.release);
                return Err(error(ErrorKind::Unavailable, "deploy", message));
            }
            state.sites.entry(plan.site.clone()).or_default().push(Deployment {
                id: plan.release.clone(),
                site: plan.site.clone(),
                url: plan.base_url.clone(),
                state: DeploymentStatus::Ready,
                active: false,
                created_at: now,
            });
        }
        state.switch(&plan.site, &plan.release);
        state.done.insert(key.clone(), request);
        state
            .find(&plan.site, &plan.release)
            .ok_or_else(|| error(ErrorKind::Internal, "deploy", "the release just published is missing"))
    }

    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError> {
        let state = self.locked();
        let mut all = state.sites.values().flatten();
        all.find(|release| release.id == *id)
            .map(|release| release.state)
            .ok_or_else(|| error(ErrorKind::NotFound, "status", format!("there is no release {id}")))
    }

    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        let request = request_of_switch(site, id);
        let mut state = self.locked();
        if state.is_done(key, request, "activate")? {
            return Ok(());
        }
        if state.find(site, id).is_none() {
            let message = format!("{site} has no release {id}: list its releases first");
            return Err(error(ErrorKind::NotFound, "activate", message));
        }
        state.switch(site, id);
        state.done.insert(key.clone(), request);
        Ok(())
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let state = self.locked();
        Ok(state.sites.get(site).into_iter().flatten().rev().cloned().collect())
    }

    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let request = request_of_removal(site);
        let mut state = self.locked();
        if !state.is_done(key, request, "remove")? {
            state.sites.remove(site);
            state.done.insert(key.clone(), request);
        }
        Ok(())
    }
}
