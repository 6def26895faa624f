//! Waiting until a deployment is live, and proving that it is: the same for every host.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use ae_core::{BackendError, Cancel, Digest, Effect, ErrorKind, IdempotencyKey, Retry, RetryPolicy, Runtime};
use ae_core_http::{Answer, Client, Limits, Request};

use super::{
    DeployPlan, DeployTarget, Deployer, Deployment, DeploymentReport, DeploymentStatus, ReleaseId,
    store::RELEASE_PATH,
};

const NAME: &str = "ready";
/// The time for all of it, where the caller does not say.
const WITHIN: Duration = Duration::from_secs(600);
/// The pause after the first look, and the longest one.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MOST: Duration = Duration::from_secs(10);
/// The time for one answer to a visitor, and the size of a page that is looked at.
const VISIT: Duration = Duration::from_secs(10);
const PAGE_BYTES_MAX: usize = 8 << 20;
/// The looks at a release that is ready and not live before it is activated: the host's own switch takes a moment.
const PATIENCE: u32 = 3;

type Progress = dyn Fn(&DeploymentReport) + Send + Sync;

/// Waits for deployments, with a deadline, growing pauses (1 to 10 s, with jitter) and a way to stop. It needs a Tokio
/// runtime.
///
/// ```
/// use ae_harness::{Bundle, DeploySpec, Deployer, MemoryDeployer, NewSite, ReadyWait, SiteId};
/// # use ae_core::{Cancel, Digest, IdempotencyKey, RunId, Runtime};
/// # async fn publish(folder: &std::path::Path) -> Result<(), ae_core::BackendError> {
/// # let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "deploy", "deploy", 0);
/// let runtime = Runtime::system();
/// let deployer = MemoryDeployer::new(runtime.clone());
/// let site = deployer.ensure_site(&key, &NewSite::new("csv-tidy".parse::<SiteId>()?, &deployer.info())).await?;
/// let bundle = Bundle::scan(folder)?;
/// let plan = deployer.plan(&bundle, &DeploySpec::new(site.id, site.url)).await?;
/// let deployment = deployer.deploy(&key, &plan, &bundle).await?;
///
/// let wait = ReadyWait::new(runtime, Cancel::new());
/// let report = wait.wait_ready(&deployer, &key, &plan, &deployment).await?;
/// assert!(report.deployment.active);
/// // With a host that serves: `wait.check_health(&report.deployment.url, &plan.release).await?`
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ReadyWait {
    runtime: Runtime,
    cancel: Cancel,
    within: Duration,
    progress: Option<Arc<Progress>>,
}

impl ReadyWait {
    /// Waits at most ten minutes for each of its steps, and stops when `cancel` asks for it.
    pub const fn new(runtime: Runtime, cancel: Cancel) -> Self {
        Self { runtime, cancel, within: WITHIN, progress: None }
    }

    /// Calls `progress` with every report, also with those that say nothing new.
    #[must_use]
    pub fn with_progress(mut self, progress: impl Fn(&DeploymentReport) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// Waits until `deployment` is ready and, as production, the one that answers at the address of the site. A release
    /// that the host holds back (as Vercel does after a roll-back) is activated under `key`, the one of the deployment.
    /// Looks that fail for a while are repeated.
    ///
    /// # Errors
    ///
    /// `Unavailable` with the host's reason when the deployment failed: the end of its log is the context `log`.
    /// `Timeout` and `Cancelled`, effect unknown, when it is still on its way: calling again goes on. The errors of
    /// [`status`](Deployer::status) and [`activate`](Deployer::activate).
    pub async fn wait_ready(
        &self,
        deployer: &dyn Deployer,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        deployment: &Deployment,
    ) -> Result<DeploymentReport, BackendError> {
        let must_answer = plan.target == DeployTarget::Production;
        let mut pace = self.pace("wait_ready");
        let mut idle: u32 = 0;
        loop {
            let report = match pace.unless_cancelled(deployer.status(&plan.site, &deployment.id)).await? {
                Ok(report) => report,
                Err(error) => {
                    pace.pause(error).await?;
                    continue;
                }
            };
            if let Some(progress) = &self.progress {
                progress(&report);
            }
            match report.deployment.state {
                DeploymentStatus::Error => return Err(failed(plan, &report)),
                DeploymentStatus::Ready if report.deployment.active || !must_answer => return Ok(report),
                DeploymentStatus::Ready => idle = idle.saturating_add(1),
                _ => {}
            }
            if idle == PATIENCE && deployer.info().rollback {
                let key = activation_key(key)?;
                pace.unless_cancelled(deployer.activate(&key, &plan.site, &deployment.id)).await??;
            }
            let state = report.deployment.state;
            pace.pause(not_yet("wait_ready", format!("the deployment {} is {state}", deployment.id))).await?;
        }
    }

    /// Asks the site at `url` as a visitor would, until it answers 200 and says that it is `release`. The certificate of
    /// an `https` address has to pass verification; `http` is accepted on this machine alone. Answers of another release
    /// or status are asked for again: the parts of a host do not switch at the same moment.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` when the host asks visitors to sign in, `InvalidInput` for an address that can't be checked,
    /// `Timeout` with what was answered last, `Cancelled`.
    pub async fn check_health(&self, url: &str, release: &ReleaseId) -> Result<(), BackendError> {
        let visitor = Visitor::new(url)?;
        let mut pace = self.pace("check_health");
        loop {
            match pace.unless_cancelled(visitor.look(release)).await? {
                Ok(()) => return Ok(()),
                Err(error) => pace.pause(error).await?,
            }
        }
    }

    fn pace(&self, operation: &'static str) -> Pace<'_> {
        let end = self.runtime.clock.monotonic().saturating_add(self.within);
        Pace { wait: self, operation, end, looks: 0 }
    }
}

ae_core::setters! { ReadyWait {
    /// Sets the time for each step.
    fn with_within(within: Duration);
} }

impl fmt::Debug for ReadyWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyWait").field("within", &self.within).finish_non_exhaustive()
    }
}

/// The looks of one wait.
struct Pace<'a> {
    wait: &'a ReadyWait,
    operation: &'static str,
    end: Duration,
    looks: u32,
}

impl Pace<'_> {
    /// Pauses after a look that ended in `seen`, unless that can't pass or the time is over.
    async fn pause(&mut self, seen: BackendError) -> Result<(), BackendError> {
        self.looks = self.looks.saturating_add(1);
        let policy = RetryPolicy::new(u32::MAX).with_pauses(PAUSE_FIRST, PAUSE_MOST);
        let runtime = &self.wait.runtime;
        let Some(pause) = policy.next_pause(self.looks, &seen, runtime.ids.jitter()) else {
            return Err(seen);
        };
        if runtime.clock.monotonic().saturating_add(pause) > self.end {
            return Err(late(self.operation, self.wait.within, seen));
        }
        self.unless_cancelled(runtime.sleeper.sleep(pause)).await
    }

    async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T, BackendError> {
        tokio::select! {
            biased;
            () = self.wait.cancel.cancelled() => {
                let message = "waiting was cancelled; the deployment goes on at its host";
                let error = BackendError::new(ErrorKind::Cancelled, NAME, self.operation, message);
                Err(error.with_effect(Effect::Unknown))
            }
            value = work => Ok(value),
        }
    }
}

/// Visits one site.
#[derive(Debug)]
struct Visitor {
    client: Client,
    url: String,
    /// The name of the site, for a server on this machine that is reached by its address.
    host: Option<String>,
}

impl Visitor {
    fn new(url: &str) -> Result<Self, BackendError> {
        let refused = |why: &str| {
            let message = format!("{url:?} {why}");
            Err(BackendError::new(ErrorKind::InvalidInput, NAME, "check_health", message))
        };
        let limits = Limits::default().with_answer(VISIT).with_body_bytes_max(PAGE_BYTES_MAX);
        let Some((scheme, rest)) = url.split_once("://") else { return refused("is not an address") };
        let authority = rest.split('/').next().unwrap_or_default();
        let (name, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
        let (base, host) = match scheme {
            "https" => (url.to_owned(), None),
            // Names below `localhost` are this machine (RFC 6761); not every resolver knows it.
            "http" if name == "localhost" || name.ends_with(".localhost") => {
                let path = rest.strip_prefix(authority).unwrap_or_default();
                (format!("http://127.0.0.1:{port}{path}"), Some(authority.to_owned()))
            }
            "http" if name == "127.0.0.1" || authority.starts_with("[::1]") => (url.to_owned(), None),
            _ => return refused("has no certificate: a site for everyone answers at https://"),
        };
        Ok(Self { client: Client::new(NAME, &base, limits)?, url: url.to_owned(), host })
    }

    /// One visit.
    async fn look(&self, release: &ReleaseId) -> Result<(), BackendError> {
        // The empty segment keeps the slash at the end of an address.
        let page = self.get(&[""]).await?;
        if page.status() != 200 {
            return Err(not_yet("check_health", format!("{} answers {}", self.url, page.status())));
        }
        let path: Vec<&str> = RELEASE_PATH.split('/').skip(1).collect();
        let named = self.get(&path).await?;
        if named.status() != 200 || named.body() != format!("{release}\n").as_bytes() {
            let message = format!("{} answers, but not with release {release}", self.url);
            return Err(not_yet("check_health", message));
        }
        Ok(())
    }

    async fn get(&self, path: &[&str]) -> Result<Answer, BackendError> {
        let mut request = Request::get("check_health", path.iter().copied());
        if let Some(host) = &self.host {
            request = request.with_header("host", host)?;
        }
        let answer = self.client.send(&request).await?;
        if answer.status() == 401 {
            let message = format!(
                "{} answers 401: the host asks visitors to sign in (at Vercel: Settings, Deployment Protection); \
                 switch that off for the site",
                self.url
            );
            let error = BackendError::new(ErrorKind::PermissionDenied, NAME, "check_health", message);
            return Err(error.with_status(401));
        }
        Ok(answer)
    }
}

/// The key under which a release that was deployed under `key` is activated.
fn activation_key(key: &IdempotencyKey) -> Result<IdempotencyKey, BackendError> {
    Ok(format!("ae1_{}", Digest::of_bytes("activate-held", key.as_str().as_bytes())).parse()?)
}

fn not_yet(operation: &'static str, message: String) -> BackendError {
    BackendError::new(ErrorKind::Unavailable, NAME, operation, message).with_retry(Retry::Backoff)
}

/// The error of a deployment that failed, in the host's words.
fn failed(plan: &DeployPlan, report: &DeploymentReport) -> BackendError {
    let reason = report.error.as_deref().or(report.log.last().map(String::as_str));
    let message = format!(
        "release {} of {} can't be served: {}",
        plan.release,
        plan.site,
        reason.unwrap_or("the host gives no reason")
    );
    let error = BackendError::new(ErrorKind::Unavailable, NAME, "wait_ready", message);
    if report.log.is_empty() { error } else { error.with_context("log", report.log.join("\n")) }
}

fn late(operation: &'static str, within: Duration, seen: BackendError) -> BackendError {
    let message = format!("not there after {} s: {}; wait again", within.as_secs(), seen.message());
    BackendError::new(ErrorKind::Timeout, NAME, operation, message)
        .with_retry(Retry::Backoff)
        .with_effect(Effect::Unknown)
        .with_source(seen)
}
