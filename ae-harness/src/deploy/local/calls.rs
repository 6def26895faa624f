//! The work of each call on the disk.

use std::{fs, io};

use ae_core::{BackendError, ErrorKind, IdempotencyKey};

use super::{LocalDeployer, NAME, RELEASES_KEPT, STATE, publish};
use crate::{
    atomic::io_error,
    deploy::{
        Bundle, DeployPlan, Deployment, DeploymentId, DeploymentReport, DeploymentStatus, Releases, SiteId,
        release::{Current, Record},
    },
};

impl LocalDeployer {
    pub(super) fn deploy_now(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        let site = self.lock(&plan.site, "deploy")?;
        let mut releases = site.state()?;
        if let Some(done) = releases.begin(key, plan, bundle)? {
            return Ok(done);
        }
        Current::read(&site.folder)?;
        publish::sweep(&site.releases())?;
        self.publish(&site, plan, bundle)?;
        let deployment = releases.finish(key, plan, self.runtime.now())?;
        site.switch(&plan.release, plan.manifest)?;
        // Recorded last: a call that was killed before is not done yet, and its repeat completes it.
        publish::remove(&site.folder, &releases.prune(&plan.site, RELEASES_KEPT))?;
        releases.write(&site.folder.join(STATE))?;
        Ok(deployment)
    }

    pub(super) fn status_now(
        &self,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<DeploymentReport, BackendError> {
        let folder = self.root.join(site.as_str());
        let mut report = Releases::read(&folder.join(STATE), NAME)?.status(site, id)?;
        let intact =
            Record::read(&folder, id.as_str()).is_some_and(|record| record.damage(&folder).is_empty());
        if !intact {
            report.deployment.state = DeploymentStatus::Error;
            report.error = Some("its files are not those that were published".to_owned());
        }
        Ok(report)
    }

    pub(super) fn activate_now(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        let missing = || {
            let message = format!("{site} has no release {id}: list its releases first");
            BackendError::new(ErrorKind::NotFound, NAME, "activate", message)
        };
        if !self.root.join(site.as_str()).is_dir() {
            return Err(missing());
        }
        let locked = self.lock(site, "activate")?;
        let mut releases = locked.state()?;
        if !releases.activate(key, site, id)? {
            return Ok(());
        }
        let record = Record::read(&locked.folder, id.as_str()).ok_or_else(missing)?;
        let damage = record.damage(&locked.folder);
        if !damage.is_empty() {
            let damage = damage.join(", ");
            let message = format!("release {id} of {site} is damaged on disk: {damage}; deploy it again");
            return Err(BackendError::new(ErrorKind::Protocol, NAME, "activate", message));
        }
        locked.switch(&record.release, record.manifest)?;
        releases.write(&locked.folder.join(STATE))
    }

    pub(super) fn remove_now(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let locked = self.lock(site, "remove")?;
        let mut releases = locked.state()?;
        if !releases.remove(key, site)? {
            return Ok(());
        }
        let failed = |error| io_error(NAME, "remove", "clear", &locked.folder, error);
        // First the switch, so that no visitor meets half a site.
        match fs::remove_file(locked.folder.join("current.json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        fs::remove_dir_all(locked.releases()).map_err(failed)?;
        releases.write(&locked.folder.join(STATE))
    }
}
