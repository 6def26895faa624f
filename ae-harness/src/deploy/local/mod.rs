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

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Runtime};
use async_trait::async_trait;

use self::records::{Done, Record};
use super::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentStatus,
    SiteId,
    memory::{request_of_plan, request_of_removal, request_of_switch},
    store::{Current, read_current},
};
use crate::atomic::{self, io_error};

const NAME: &str = "local";
/// How many releases of a site are kept, the live one and the one before always among them.
const RELEASES_KEPT: usize = 5;

/// A check of a new release that the composition adds: it gets the folder of the release and says what is wrong.
pub type ReleaseCheck = Arc<dyn Fn(&Path) -> Result<(), String> + Send + Sync>;

/// Publishes into a folder that [`ReleaseStore`](super::ReleaseStore) serves from.
///
/// A release is copied beside its place, synced and renamed into it; a server on a free loopback port then answers
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
        fs::create_dir_all(&root).map_err(|error| io_error(NAME, "open", "create", &root, error))?;
        Ok(Self { root, runtime, checks: Vec::new() })
    }

    /// Adds a check that a new release must pass, after the built-in one and before it goes live.
    #[must_use]
    pub fn with_check(mut self, check: ReleaseCheck) -> Self {
        self.checks.push(check);
        self
    }

    /// Takes the lock of a site, in a thread that may wait: whoever holds it ends after a bounded check.
    async fn lock(&self, site: &SiteId, operation: &'static str) -> Result<Site, BackendError> {
        let folder = self.root.join(site.as_str());
        let locking = tokio::task::spawn_blocking(move || {
            let failed = |error| io_error(NAME, operation, "lock", &folder, error);
            fs::create_dir_all(folder.join("releases")).map_err(failed)?;
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
    async fn examine(&self, files: &Path, bundle: &Bundle, id: &DeploymentId) -> Result<(), BackendError> {
        let mut verdict = health::check(files, bundle, id).await;
        for check in &self.checks {
            verdict = verdict.and_then(|()| check(files));
        }
        verdict.map_err(|why| {
            let message =
                format!("release {id} failed its check and is not live: {why}; the release before stays");
            BackendError::new(ErrorKind::Unavailable, NAME, "deploy", message)
        })
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

    /// What is live. A damaged `current.json` is refused, never overwritten.
    fn current(&self, operation: &'static str) -> Result<Option<Current>, BackendError> {
        let path = self.folder.join("current.json");
        if !path.exists() {
            return Ok(None);
        }
        read_current(&self.folder).map(Some).ok_or_else(|| {
            let message = format!("{} is damaged: restore it, or remove it to publish anew", path.display());
            BackendError::new(ErrorKind::Protocol, NAME, operation, message)
        })
    }

    /// Replaces `current.json`: the one moment at which a release goes live.
    fn switch(&self, record: &Record, operation: &'static str) -> Result<(), BackendError> {
        let before = self.current(operation)?;
        if before.as_ref().is_some_and(|current| current.release == record.release) {
            return Ok(());
        }
        let current = Current {
            release: record.release.clone(),
            previous: before.map(|current| current.release),
            sha256: record.manifest,
        };
        records::write_json(&self.folder.join("current.json"), &current, operation)
    }

    fn deployment(
        &self,
        record: Record,
        site: &SiteId,
        operation: &'static str,
    ) -> Result<Deployment, BackendError> {
        let active = self.current(operation)?.is_some_and(|current| current.release == record.release);
        Ok(record.into_deployment(site.clone(), active))
    }
}

#[async_trait]
impl Deployer for LocalDeployer {
    fn info(&self) -> DeployerInfo {
        DeployerInfo { name: NAME.to_owned(), rollback: true, releases_kept: RELEASES_KEPT, metered: false }
    }

    async fn check(&self) -> Result<(), BackendError> {
        let probe = self.root.join(format!(".probe-{}", self.runtime.ids.new_uuid()));
        let written = atomic::write(&probe, b"").and_then(|()| fs::remove_file(&probe));
        written.map_err(|error| io_error(NAME, "check", "write into", &self.root, error))
    }

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        bundle.plan(spec)
    }

    async fn deploy(&self, key: &IdempotencyKey, plan: &DeployPlan) -> Result<Deployment, BackendError> {
        let site = self.lock(&plan.site, "deploy").await?;
        let request = request_of_plan(plan);
        let mut done = Done::read(&site.folder, "deploy")?;
        if done.contains(key, request, "deploy")? {
            let record = Record::read(&site.releases(), &plan.release).ok_or_else(|| {
                let message = "this key is done, but its release was removed since: use a new key";
                BackendError::new(ErrorKind::NotFound, NAME, "deploy", message)
            })?;
            return site.deployment(record, &plan.site, "deploy");
        }
        site.current("deploy")?;
        publish::sweep(&site.releases())?;
        let record = match publish::intact(&site.releases(), plan)? {
            Some(record) => record,
            None => {
                let bundle = Bundle::rescan(plan)?;
                let staged = publish::stage(&site.releases(), &bundle, plan)?;
                if let Err(error) = self.examine(&staged, &bundle, &plan.release).await {
                    publish::sweep(&site.releases())?;
                    return Err(error);
                }
                publish::place(&site.releases(), &staged, plan, self.runtime.now())?
            }
        };
        site.switch(&record, "deploy")?;
        done.add(key, request);
        done.write(&site.folder, "deploy")?;
        let keep: Vec<_> = site
            .current("deploy")?
            .into_iter()
            .flat_map(|c| [Some(c.release), c.previous])
            .flatten()
            .collect();
        publish::prune(&site.releases(), &keep, RELEASES_KEPT)?;
        site.deployment(record, &plan.site, "deploy")
    }

    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError> {
        let failed = |error| io_error(NAME, "status", "read", &self.root, error);
        for entry in fs::read_dir(&self.root).map_err(failed)? {
            let releases = entry.map_err(failed)?.path().join("releases");
            if Record::read(&releases, id).is_some() {
                return Ok(records::state_of(&releases, id));
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
        let request = request_of_switch(site, id);
        let mut done = Done::read(&locked.folder, "activate")?;
        if done.contains(key, request, "activate")? {
            return Ok(());
        }
        let record = Record::read(&locked.releases(), id).ok_or_else(missing)?;
        if !record.is_intact(&locked.releases()) {
            let message = format!("release {id} of {site} is damaged on disk: deploy it again");
            return Err(BackendError::new(ErrorKind::Protocol, NAME, "activate", message));
        }
        locked.switch(&record, "activate")?;
        done.add(key, request);
        done.write(&locked.folder, "activate")
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let folder = self.root.join(site.as_str());
        let current = read_current(&folder).map(|current| current.release);
        let mut records = Record::all(&folder.join("releases"))?;
        records.sort_by(|a, b| (b.created_at, &b.release).cmp(&(a.created_at, &a.release)));
        let deployment = |record: Record| {
            let active = current.as_ref() == Some(&record.release);
            record.into_deployment(site.clone(), active)
        };
        Ok(records.into_iter().map(deployment).collect())
    }

    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        if !self.root.join(site.as_str()).is_dir() {
            return Ok(());
        }
        let locked = self.lock(site, "remove").await?;
        let request = request_of_removal(site);
        let mut done = Done::read(&locked.folder, "remove")?;
        if done.contains(key, request, "remove")? {
            return Ok(());
        }
        let failed = |error| io_error(NAME, "remove", "clear", &locked.folder, error);
        // First the switch, so that no visitor meets half a site.
        match fs::remove_file(locked.folder.join("current.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        fs::remove_dir_all(locked.releases()).map_err(failed)?;
        done.add(key, request);
        done.write(&locked.folder, "remove")
    }
}
