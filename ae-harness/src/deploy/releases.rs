//! The bookkeeping of a deployer.

use std::{collections::BTreeMap, path::Path};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, SameKey, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Bundle, DeployPlan, Deployment, DeploymentId, DeploymentReport, SiteId,
    release::{read_json, write_json},
};

/// The releases of a deployer and its used keys, as the contract of [`Deployer`](super::Deployer) has them. A deployer
/// keeps it in memory or stores it with the files; it moves the files itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Releases {
    backend: String,
    /// Oldest release first.
    sites: BTreeMap<SiteId, Vec<Deployment>>,
    done: SameKey<()>,
}

impl Releases {
    /// No releases yet, of the deployer that errors name.
    pub fn new(backend: impl Into<String>) -> Self {
        let backend = backend.into();
        Self { done: SameKey::new(&*backend), backend, sites: BTreeMap::new() }
    }

    /// The releases written to `path`, or none yet when the file is missing.
    ///
    /// # Errors
    ///
    /// `Protocol` when the file is damaged, or the reason why it can't be read.
    pub fn read(path: &Path, backend: impl Into<String>) -> Result<Self, BackendError> {
        Ok(read_json(path)?.unwrap_or_else(|| Self::new(backend)))
    }

    /// Writes the releases to `path`: after a crash the file is the old one or the new one.
    ///
    /// # Errors
    ///
    /// The reason why it can't be written.
    pub fn write(&self, path: &Path) -> Result<(), BackendError> {
        write_json(path, self)
    }

    /// The deployment of a key that is done, or `None` when the files are to be published or are there:
    /// [`has`](Self::has) says which.
    ///
    /// # Errors
    ///
    /// `Conflict` for a used key, another bundle or another address; `NotFound` when the release was removed since.
    pub fn begin(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Option<Deployment>, BackendError> {
        if self.done.repeat("deploy", key, plan)?.is_some() {
            let message = "this key is done, but its release was removed since: use a new key";
            return match self.find_release(plan) {
                Some(release) => Ok(Some(release.clone())),
                None => Err(self.error(ErrorKind::NotFound, "deploy", message)),
            };
        }
        bundle.check(plan)?;
        self.find_release(plan).map_or(Ok(()), |release| release.check_address(plan))?;
        Ok(None)
    }

    /// Whether the release of `plan` is published.
    pub fn has(&self, plan: &DeployPlan) -> bool {
        self.find_release(plan).is_some()
    }

    /// Records the release of `plan`, whose files are in place, and makes it the active one.
    ///
    /// # Errors
    ///
    /// None for a plan that [`begin`](Self::begin) took.
    pub fn finish(
        &mut self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        now: Timestamp,
    ) -> Result<Deployment, BackendError> {
        let id = DeploymentId::from(&plan.release);
        self.finish_as(key, plan, id, now)
    }

    /// [`finish`](Self::finish), for a deployer whose host makes the ids. A release that is there keeps its own.
    ///
    /// # Errors
    ///
    /// None for a plan that [`begin`](Self::begin) took.
    pub fn finish_as(
        &mut self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        id: DeploymentId,
        now: Timestamp,
    ) -> Result<Deployment, BackendError> {
        let release = self.find_release(plan).cloned().unwrap_or_else(|| {
            let new = Deployment::new(id, plan.release.clone(), plan.site.clone(), &plan.base_url, now);
            self.sites.entry(plan.site.clone()).or_default().push(new.clone());
            new
        });
        self.switch(&plan.site, &release.id);
        self.done.keep("deploy", key, plan, ())?;
        Ok(release.with_active(true))
    }

    /// The deployment as it is recorded.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none.
    pub fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        let found = self.find(site, id).cloned();
        found.map(DeploymentReport::new).ok_or_else(|| self.missing("status", id))
    }

    /// Makes a release the active one, unless `key` did so before, and returns whether it did now.
    ///
    /// # Errors
    ///
    /// `NotFound` when it is not there, `Conflict` for a used key.
    pub fn activate(
        &mut self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<bool, BackendError> {
        if self.done.repeat("activate", key, &(site, id))?.is_some() {
            return Ok(false);
        }
        self.find(site, id).ok_or_else(|| self.missing("activate", id))?;
        self.switch(site, id);
        self.done.keep("activate", key, &(site, id), ())?;
        Ok(true)
    }

    /// The releases of a site, newest first.
    pub fn list(&self, site: &SiteId) -> Vec<Deployment> {
        self.sites.get(site).into_iter().flatten().rev().cloned().collect()
    }

    /// Forgets all releases of a site, unless `key` did so before, and returns whether it did now.
    ///
    /// # Errors
    ///
    /// `Conflict` for a used key.
    pub fn remove(&mut self, key: &IdempotencyKey, site: &SiteId) -> Result<bool, BackendError> {
        let new = self.done.repeat("remove", key, site)?.is_none();
        if new {
            self.sites.remove(site);
            self.done.keep("remove", key, site, ())?;
        }
        Ok(new)
    }

    /// Forgets the oldest releases of a site above `most`, never the active one, and returns them: their files can go.
    pub fn prune(&mut self, site: &SiteId, most: usize) -> Vec<DeploymentId> {
        let Some(releases) = self.sites.get_mut(site) else { return Vec::new() };
        let excess = releases.len().saturating_sub(most);
        let oldest = releases.iter().filter(|release| !release.active).take(excess);
        let pruned: Vec<DeploymentId> = oldest.map(|release| release.id.clone()).collect();
        releases.retain(|release| !pruned.contains(&release.id));
        pruned
    }

    fn find(&self, site: &SiteId, id: &DeploymentId) -> Option<&Deployment> {
        self.sites.get(site)?.iter().find(|release| release.id == *id)
    }

    fn find_release(&self, plan: &DeployPlan) -> Option<&Deployment> {
        self.sites.get(&plan.site)?.iter().find(|release| release.release == plan.release)
    }

    fn switch(&mut self, site: &SiteId, id: &DeploymentId) {
        for release in self.sites.get_mut(site).into_iter().flatten() {
            release.active = release.id == *id;
        }
    }

    fn missing(&self, operation: &'static str, id: &DeploymentId) -> BackendError {
        self.error(ErrorKind::NotFound, operation, format!("there is no release {id}: list those there are"))
    }

    fn error(&self, kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
        BackendError::new(kind, self.backend.clone(), operation, message)
    }
}
