//! Releases on this machine's disk.

mod health;
mod publish;
mod records;

use std::{
    fmt,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Runtime};
use async_trait::async_trait;

use super::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentStatus,
    SiteId,
    release::{Current, Record, write_json},
};
use crate::atomic::{self, create_dirs, io_error};

const NAME: &str = "local";
/// The number of releases of a site that are kept, the live one and the one before always among them.
const RELEASES_KEPT: usize = 5;

/// A check of a new release that the composition adds: it gets the folder of the release and returns the defect.
pub type ReleaseCheck = Arc<dyn Fn(&Path) -> Result<(), String> + Send + Sync>;

/// Publishes into a folder that [`ReleaseStore`](super::ReleaseStore) serves from.
///
/// A release is copied next to its place, synced and renamed into it; a server on a free loopback port then answers
/// from it, and every one of its files is fetched over HTTP and compared before `current.json` is replaced. A process
/// killed at any point leaves the site that was live, and the same call completes. One lock file per site excludes
/// other processes. The last five releases are kept; the live one and the one before are never pruned.
///
/// It needs a tokio runtime with I/O and time enabled.
pub struct LocalDeployer {
    root: PathBuf,
    runtime: Runtime,
    checks: Vec<ReleaseCheck>,
}

impl LocalDeployer {
    /// Opens `root`, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// When the folder can't be made.
    pub fn open(root: impl Into<PathBuf>, runtime: Runtime) -> Result<Self, BackendError> {
        let root = root.into();
        create_dirs(&root).map_err(|error| io_error(NAME, "open", "create", &root, error))?;
        Ok(Self { root, runtime, checks: Vec::new() })
    }

    /// Adds a check that a new release must pass, after the built-in one and before it goes live.
    #[must_use]
    pub fn with_check(mut self, check: ReleaseCheck) -> Self {
        self.checks.push(check);
        self
    }

    /// Takes the lock of a site, in a thread that may wait: its holder ends after a bounded check.
    async fn lock(&self, site: &SiteId, operation: &'static str) -> Result<Site, BackendError> {
        let folder = self.root.join(site.as_str());
        let locking = tokio::task::spawn_blocking(move || {
            let failed = |error| io_error(NAME, operation, "lock", &folder, error);
            create_dirs(&folder.join("releases")).map_err(failed)?;
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(folder.join("lock"))
                .map_err(failed)?;
            fs4::FileExt::lock(&file).map_err(failed)?;
            Ok(Site { folder, _lock: file })
        });
        locking.await.map_err(|error| {
            BackendError::new(ErrorKind::Cancelled, NAME, operation, "the runtime is shutting down")
                .with_source(error)
        })?
    }

    /// Checks the release in `files` as a visitor would.
    async fn examine(&self, files: &Path, record: &Arc<Record>) -> Result<(), BackendError> {
        let mut verdict = health::check(files, record).await;
        for check in &self.checks {
            verdict = verdict.and_then(|()| check(files));
        }
        verdict.map_err(|why| {
            let message = format!(
                "release {} failed its check and is not live: {why}; the release before stays",
                record.release
            );
            BackendError::new(ErrorKind::Unavailable, NAME, "deploy", message)
        })
    }

    /// Puts the release of `plan` into its place, unless it is there undamaged.
    async fn publish(
        &self,
        site: &Site,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Arc<Record>, BackendError> {
        let before = Record::read(&site.folder, &plan.release);
        if let Some(record) = &before {
            site.deployment(record, &plan.site)?.check_address(plan)?;
            if record.manifest == plan.manifest && record.damage(&site.folder).is_empty() {
                return Ok(Arc::new(record.clone()));
            }
        }
        let newest = records::all(&site.folder)?.first().map_or(0, |record| record.sequence);
        let (created_at, sequence) = before.map_or_else(
            || (self.runtime.now(), newest.saturating_add(1)),
            |record| (record.created_at, record.sequence),
        );
        let record = Arc::new(Record {
            release: plan.release.clone(),
            manifest: plan.manifest,
            base_url: plan.base_url.clone(),
            created_at,
            sequence,
            files: bundle.files().to_vec(),
        });
        let staged = publish::stage(&site.folder, bundle, plan)?;
        if let Err(error) = self.examine(&staged, &record).await {
            publish::sweep(&site.releases())?;
            return Err(error);
        }
        publish::place(&site.folder, &staged, &record)?;
        Ok(record)
    }
}

impl fmt::Debug for LocalDeployer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalDeployer")
            .field("root", &self.root)
            .field("checks", &self.checks.len())
            .finish_non_exhaustive()
    }
}

/// The locked folder of one site.
#[derive(Debug)]
struct Site {
    folder: PathBuf,
    _lock: File,
}

impl Site {
    fn releases(&self) -> PathBuf {
        self.folder.join("releases")
    }

    /// Replaces `current.json`: the one moment at which a release goes live.
    fn switch(&self, record: &Record) -> Result<(), BackendError> {
        let before = Current::read(&self.folder)?;
        if before.as_ref().is_some_and(|current| current.release == record.release) {
            return Ok(());
        }
        let current = Current {
            release: record.release.clone(),
            previous: before.map(|current| current.release),
            sha256: record.manifest,
        };
        write_json(&self.folder.join("current.json"), &current)
    }

    fn deployment(&self, record: &Record, site: &SiteId) -> Result<Deployment, BackendError> {
        let active = Current::read(&self.folder)?.is_some_and(|current| current.release == record.release);
        Ok(deployment(record, site, active))
    }
}

fn deployment(record: &Record, site: &SiteId, active: bool) -> Deployment {
    Deployment::new(record.release.clone(), site.clone(), &record.base_url, record.created_at)
        .with_active(active)
}

#[async_trait]
impl Deployer for LocalDeployer {
    fn info(&self) -> DeployerInfo {
        DeployerInfo::new(NAME, Mode::Offline).with_rollback(RELEASES_KEPT).with_listing().with_removal()
    }

    async fn check(&self) -> Result<(), BackendError> {
        let probe = self.root.join(format!(".probe-{}", self.runtime.ids.new_uuid()));
        let written = atomic::write(&probe, b"").and_then(|()| fs::remove_file(&probe));
        written.map_err(|error| io_error(NAME, "check", "write into", &self.root, error))
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
        let site = self.lock(&plan.site, "deploy").await?;
        let mut done = records::keys(&site.folder)?;
        if done.repeat("deploy", key, plan)?.is_some() {
            let record = Record::read(&site.folder, &plan.release).ok_or_else(|| {
                let message = "this key is done, but its release was removed since: use a new key";
                BackendError::new(ErrorKind::NotFound, NAME, "deploy", message)
            })?;
            return site.deployment(&record, &plan.site);
        }
        bundle.check(plan)?;
        Current::read(&site.folder)?;
        publish::sweep(&site.releases())?;
        let record = self.publish(&site, plan, bundle).await?;
        site.switch(&record)?;
        done.keep("deploy", key, plan, ())?;
        records::write_keys(&site.folder, &done)?;
        let keep: Vec<_> = Current::read(&site.folder)?
            .into_iter()
            .flat_map(|current| [Some(current.release), current.previous])
            .flatten()
            .collect();
        publish::prune(&site.folder, &keep, RELEASES_KEPT)?;
        site.deployment(&record, &plan.site)
    }

    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError> {
        let failed = |error| io_error(NAME, "status", "read", &self.root, error);
        for entry in fs::read_dir(&self.root).map_err(failed)? {
            let folder = entry.map_err(failed)?.path();
            if let Some(record) = Record::read(&folder, id) {
                let intact = record.damage(&folder).is_empty();
                return Ok(if intact { DeploymentStatus::Ready } else { DeploymentStatus::Error });
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
        let missing = || {
            let message = format!("{site} has no release {id}: list its releases first");
            BackendError::new(ErrorKind::NotFound, NAME, "activate", message)
        };
        if !self.root.join(site.as_str()).is_dir() {
            return Err(missing());
        }
        let locked = self.lock(site, "activate").await?;
        let mut done = records::keys(&locked.folder)?;
        if done.repeat("activate", key, &(site, id))?.is_some() {
            return Ok(());
        }
        let record = Record::read(&locked.folder, id).ok_or_else(missing)?;
        let damage = record.damage(&locked.folder);
        if !damage.is_empty() {
            let damage = damage.join(", ");
            let message = format!("release {id} of {site} is damaged on disk: {damage}; deploy it again");
            return Err(BackendError::new(ErrorKind::Protocol, NAME, "activate", message));
        }
        locked.switch(&record)?;
        done.keep("activate", key, &(site, id), ())?;
        records::write_keys(&locked.folder, &done)
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let folder = self.root.join(site.as_str());
        let current = Current::read(&folder)?.map(|current| current.release);
        let records = records::all(&folder)?;
        Ok(records.iter().map(|r| deployment(r, site, current.as_ref() == Some(&r.release))).collect())
    }

    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let locked = self.lock(site, "remove").await?;
        let mut done = records::keys(&locked.folder)?;
        if done.repeat("remove", key, site)?.is_some() {
            return Ok(());
        }
        let failed = |error| io_error(NAME, "remove", "clear", &locked.folder, error);
        // First the switch, so that no visitor meets half a site.
        match fs::remove_file(locked.folder.join("current.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        fs::remove_dir_all(locked.releases()).map_err(failed)?;
        done.keep("remove", key, site, ())?;
        records::write_keys(&locked.folder, &done)
    }
}
