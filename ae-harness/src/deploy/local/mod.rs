//! Releases on this machine's disk.

mod calls;
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
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentReport,
    NewSite, ReleaseId, Releases, Site, SiteId,
    address::Addresses,
    release::{Current, Record, write_json},
    store::{RELEASE_PATH, respond_from},
};
use crate::{
    atomic::{self, create_dirs, io_error},
    parallel::try_map,
};

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
#[derive(Clone)]
pub struct LocalDeployer {
    root: PathBuf,
    runtime: Runtime,
    addresses: Addresses,
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
        Ok(Self { root, runtime, addresses: Addresses::default(), checks: Vec::new() })
    }

    /// Sets the rule by which sites get their addresses, which are those of the server: absolute, with a slash at the end.
    /// Without it, a site is at `http://<site>.localhost/`.
    #[must_use]
    pub fn with_address(mut self, address: impl Fn(&SiteId) -> String + Send + Sync + 'static) -> Self {
        self.addresses = Addresses::new(address);
        self
    }

    /// Adds a check that a new release must pass, after the built-in one and before it goes live.
    #[must_use]
    pub fn with_check(mut self, check: ReleaseCheck) -> Self {
        self.checks.push(check);
        self
    }

    /// Does work on files apart from the runtime's own threads. A call that is dropped is done to its end.
    async fn apart<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Self) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let this = self.clone();
        let working = tokio::task::spawn_blocking(move || work(&this));
        working.await.map_err(|error| {
            BackendError::new(ErrorKind::Cancelled, NAME, operation, "the runtime is shutting down")
                .with_source(error)
        })?
    }

    /// Takes the lock of a site, which may wait: its holder ends after a bounded check.
    fn lock(&self, site: &SiteId, operation: &'static str) -> Result<Locked, BackendError> {
        let folder = self.root.join(site.as_str());
        let failed = |error| io_error(NAME, operation, "lock", &folder, error);
        create_dirs(&folder.join("releases")).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(folder.join("lock"));
        let file = file.map_err(failed)?;
        fs4::FileExt::lock(&file).map_err(failed)?;
        Ok(Locked { folder, _lock: file })
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
    fn publish(&self, site: &Locked, plan: &DeployPlan, bundle: &Bundle) -> Result<(), BackendError> {
        let (release, manifest) = (plan.release.clone(), plan.manifest);
        let record = Record { release, manifest, files: bundle.files().to_vec() };
        let there = Record::read(&site.folder, plan.release.as_str());
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

/// Asks the release in `files` for all that a visitor can ask for: every file answers 200 with exactly the bytes of the
/// record, `/` too where there is a front page, a missing page answers 404, and the release says its own id.
fn visit(files: &Path, record: &Record) -> Result<(), String> {
    let get = |path: &str, wanted: StatusCode| {
        let answer = respond_from(files, record, path, None);
        let status = answer.status();
        if status == wanted { Ok(answer.into_body()) } else { Err(format!("{path} answers {status}")) }
    };
    if get(RELEASE_PATH, StatusCode::OK)? != format!("{}\n", record.release) {
        return Err(format!("{RELEASE_PATH} does not name the new release"));
    }
    if record.file("index.html").is_some() {
        get("/", StatusCode::OK)?;
    }
    get("/no-such-page-of-this-release", StatusCode::NOT_FOUND)?;
    let visited = try_map(&record.files, |file| {
        let body = get(&format!("/{}", file.url_path()), StatusCode::OK)?;
        if Digest::from_bytes(Sha256::digest(&body).into()) == file.sha256 {
            return Ok(());
        }
        Err(format!("/{} answers other bytes than were planned", file.path))
    });
    visited.map(drop)
}

impl fmt::Debug for LocalDeployer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalDeployer").field("root", &self.root).finish_non_exhaustive()
    }
}

/// The locked folder of one site.
#[derive(Debug)]
struct Locked {
    folder: PathBuf,
    _lock: File,
}

impl Locked {
    fn releases(&self) -> PathBuf {
        self.folder.join("releases")
    }

    /// The releases and the keys that are done.
    fn state(&self) -> Result<Releases, BackendError> {
        Releases::read(&self.folder.join(STATE), NAME)
    }

    /// Replaces `current.json`: the one moment at which a release goes live.
    fn switch(&self, release: &ReleaseId, manifest: Digest) -> Result<(), BackendError> {
        let current = Current { release: release.clone(), sha256: manifest };
        write_json(&self.folder.join("current.json"), &current)
    }
}

#[async_trait]
impl Deployer for LocalDeployer {
    fn info(&self) -> DeployerInfo {
        DeployerInfo::new(NAME, Mode::Offline)
            .with_rollback(RELEASES_KEPT)
            .with_listing()
            .with_removal()
            .with_keys()
    }

    async fn check(&self) -> Result<(), BackendError> {
        let probe = self.root.join(format!(".probe-{}", self.runtime.ids.new_uuid()));
        let written = atomic::write(&probe, b"").and_then(|()| fs::remove_file(&probe));
        written.map_err(|error| io_error(NAME, "check", "write into", &self.root, error))
    }

    async fn ensure_site(&self, _: &IdempotencyKey, site: &NewSite) -> Result<Site, BackendError> {
        self.addresses.site(NAME, &site.site)
    }

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        self.info().plan(bundle, spec)
    }

    async fn deploy(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        self.info().check_plan(plan, bundle)?;
        let (key, plan, bundle) = (key.clone(), plan.clone(), bundle.clone());
        self.apart("deploy", move |this| this.deploy_now(&key, &plan, &bundle)).await
    }

    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        let (site, id) = (site.clone(), id.clone());
        self.apart("status", move |this| this.status_now(&site, &id)).await
    }

    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        let (key, site, id) = (key.clone(), site.clone(), id.clone());
        self.apart("activate", move |this| this.activate_now(&key, &site, &id)).await
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let state = self.root.join(site.as_str()).join(STATE);
        Ok(Releases::read(&state, NAME)?.list(site))
    }

    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let (key, site) = (key.clone(), site.clone());
        self.apart("remove", move |this| this.remove_now(&key, &site)).await
    }
}
