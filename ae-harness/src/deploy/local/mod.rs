//! Releases on this machine's disk.

mod publish;

use std::{
    fmt,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, Mode, Runtime};
use async_trait::async_trait;
use http::StatusCode;
use sha2::{Digest as _, Sha256};

use super::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentStatus,
    Releases, SiteId,
    release::{Current, Record, write_json},
    store::{RELEASE_PATH, respond_from},
};
use crate::atomic::{self, create_dirs, io_error};

const NAME: &str = "local";
/// The file of a site's releases and of the keys that are done.
const STATE: &str = "releases.json";
/// The number of releases of a site that are kept, the live one always among them.
const RELEASES_KEPT: usize = 5;

/// A check of a new release that the composition adds: it gets the folder of the release and returns the defect.
pub type ReleaseCheck = Arc<dyn Fn(&Path) -> Result<(), String> + Send + Sync>;

/// Publishes into a folder that [`ReleaseStore`](super::ReleaseStore) serves from.
///
/// A release is copied next to its place, synced and renamed into it; it is then asked for every one of its files as a
/// visitor would, and each answer is compared before `current.json` is replaced. A process killed at any point leaves
/// the site that was live, and the same call completes. One lock file per site excludes other processes. The last five
/// releases are kept; the live one is never pruned.
///
/// It needs a tokio runtime.
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
    fn examine(&self, files: &Path, record: &Record) -> Result<(), BackendError> {
        let mut verdict = visit(files, record);
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
    fn publish(&self, site: &Site, plan: &DeployPlan, bundle: &Bundle) -> Result<(), BackendError> {
        let (release, manifest) = (plan.release.clone(), plan.manifest);
        let record = Record { release, manifest, files: bundle.files().to_vec() };
        let there = Record::read(&site.folder, &plan.release);
        if there.is_some_and(|there| there == record && there.damage(&site.folder).is_empty()) {
            return Ok(());
        }
        let staged = site.releases().join(format!(".tmp-{}", plan.release));
        bundle.copy_to(&staged)?;
        if let Err(error) = self.examine(&staged, &record) {
            publish::sweep(&site.releases())?;
            return Err(error);
        }
        publish::place(&site.folder, &staged, &record)
    }
}

/// Asks the release in `files` for all that a visitor can ask for: `/` and every file answer 200 with exactly the bytes of
/// the record, a missing page answers 404, and the release says its own id.
fn visit(files: &Path, record: &Record) -> Result<(), String> {
    let get = |path: &str, wanted: StatusCode| {
        let answer = respond_from(files, record, path, None);
        let status = answer.status();
        if status == wanted { Ok(answer.into_body()) } else { Err(format!("{path} answers {status}")) }
    };
    if get(RELEASE_PATH, StatusCode::OK)? != format!("{}\n", record.release) {
        return Err(format!("{RELEASE_PATH} does not name the new release"));
    }
    get("/", StatusCode::OK)?;
    get("/no-such-page-of-this-release", StatusCode::NOT_FOUND)?;
    for file in &record.files {
        let body = get(&format!("/{}", file.path), StatusCode::OK)?;
        if Digest::from_bytes(Sha256::digest(&body).into()) != file.sha256 {
            return Err(format!("/{} answers other bytes than were planned", file.path));
        }
    }
    Ok(())
}

impl fmt::Debug for LocalDeployer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalDeployer").field("root", &self.root).finish_non_exhaustive()
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

    /// The releases and the keys that are done.
    fn state(&self) -> Result<Releases, BackendError> {
        Releases::read(&self.folder.join(STATE), NAME)
    }

    /// Replaces `current.json`: the one moment at which a release goes live.
    fn switch(&self, release: &DeploymentId, manifest: Digest) -> Result<(), BackendError> {
        let current = Current { release: release.clone(), sha256: manifest };
        write_json(&self.folder.join("current.json"), &current)
    }
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
        let mut releases = locked.state()?;
        if !releases.activate(key, site, id)? {
            return Ok(());
        }
        let record = Record::read(&locked.folder, id).ok_or_else(missing)?;
        let damage = record.damage(&locked.folder);
        if !damage.is_empty() {
            let damage = damage.join(", ");
            let message = format!("release {id} of {site} is damaged on disk: {damage}; deploy it again");
            return Err(BackendError::new(ErrorKind::Protocol, NAME, "activate", message));
        }
        locked.switch(id, record.manifest)?;
        releases.write(&locked.folder.join(STATE))
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let state = self.root.join(site.as_str()).join(STATE);
        Ok(Releases::read(&state, NAME)?.list(site))
    }

    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let locked = self.lock(site, "remove").await?;
        let mut releases = locked.state()?;
        if !releases.remove(key, site)? {
            return Ok(());
        }
        let failed = |error| io_error(NAME, "remove", "clear", &locked.folder, error);
        // First the switch, so that no visitor meets half a site.
        match fs::remove_file(locked.folder.join("current.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        fs::remove_dir_all(locked.releases()).map_err(failed)?;
        releases.write(&locked.folder.join(STATE))
    }
}
