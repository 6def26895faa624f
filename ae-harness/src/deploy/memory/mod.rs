//! Deployments in memory, for tests and demonstrations.

mod host;

use std::sync::{Mutex, MutexGuard, PoisonError};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Runtime};
use async_trait::async_trait;

use self::host::Host;
use super::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentReport,
    DomainStatus, EnvVar, NewSite, Releases, Site, SiteId, address::Addresses,
};
use crate::Domain;

const NAME: &str = "memory";

/// A deterministic deployer for tests and demonstrations. It reads and checks the real files of a bundle, remembers the
/// releases and switches between them; it serves nothing.
#[derive(Debug)]
pub struct MemoryDeployer {
    runtime: Runtime,
    addresses: Addresses,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    releases: Releases,
    failing_checks: u32,
    /// All that a host has besides releases; `None` where it is a folder of static sites.
    host: Option<Host>,
}

impl MemoryDeployer {
    /// A deployer of static sites, which are live when a call returns.
    pub fn new(runtime: Runtime) -> Self {
        let state = State { releases: Releases::new(NAME), failing_checks: 0, host: None };
        Self { runtime, addresses: Addresses::default(), state: Mutex::new(state) }
    }

    /// A deployer that behaves like a vendor's host: it makes the ids, a deployment is building until its status was asked
    /// for `polls` times, and it has functions, variables, previews and domains.
    pub fn hosted(runtime: Runtime, polls: u32) -> Self {
        let this = Self::new(runtime);
        this.locked().host = Some(Host::new(polls));
        this
    }

    /// Sets the rule by which sites get their addresses: absolute, with a slash at the end.
    #[must_use]
    pub fn with_address(mut self, address: impl Fn(&SiteId) -> String + Send + Sync + 'static) -> Self {
        self.addresses = Addresses::new(address);
        self
    }

    /// Makes the checks of the next `times` new releases fail.
    pub fn fail_checks(&self, times: u32) {
        self.locked().failing_checks = times;
    }

    /// Makes the DNS say what a domain needs.
    pub fn answer_dns(&self, domain: Domain) {
        if let Some(host) = &mut self.locked().host {
            host.answer_dns(domain);
        }
    }

    /// The variables of a site, sorted by name; none where it keeps none.
    pub fn env(&self, site: &SiteId) -> Vec<EnvVar> {
        self.locked().host.as_ref().map(|host| host.env(site)).unwrap_or_default()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Publishes a new release.
    fn publish(
        &mut self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
        runtime: &Runtime,
    ) -> Result<Deployment, BackendError> {
        bundle.files().iter().try_for_each(|file| bundle.read(file).map(drop))?;
        let fails = self.failing_checks > 0;
        self.failing_checks = self.failing_checks.saturating_sub(1);
        if let Some(host) = &mut self.host {
            return host.start(key, plan, fails, runtime.now());
        }
        if fails {
            let message = format!("release {} failed its check and is not live", plan.release);
            return Err(BackendError::new(ErrorKind::Unavailable, NAME, "deploy", message));
        }
        self.releases.finish(key, plan, runtime.now())
    }

    /// The state of the host, for an operation that needs one.
    fn host(&mut self, operation: &'static str) -> Result<&mut Host, BackendError> {
        self.host.as_mut().ok_or_else(|| {
            let message =
                format!("a deployer of static sites can't {operation}: its info says what it can do");
            BackendError::new(ErrorKind::Unsupported, NAME, operation, message)
        })
    }
}

#[async_trait]
impl Deployer for MemoryDeployer {
    fn info(&self) -> DeployerInfo {
        let info = DeployerInfo::new(NAME, Mode::Offline)
            .with_rollback(usize::MAX)
            .with_listing()
            .with_removal()
            .with_keys();
        if self.locked().host.is_none() {
            return info;
        }
        info.with_functions().with_env().with_previews().with_domains()
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
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
        let mut state = self.locked();
        if let Some(done) = state.releases.begin(key, plan, bundle)? {
            return Ok(done);
        }
        if let Some(host) = &mut state.host {
            if let Some(known) = host.known(key, plan)? {
                return Ok(known);
            }
        }
        if state.releases.has(plan) {
            return state.releases.finish(key, plan, self.runtime.now());
        }
        state.publish(key, plan, bundle, &self.runtime)
    }

    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        let mut state = self.locked();
        let State { releases, host: Some(host), .. } = &mut *state else {
            return state.releases.status(site, id);
        };
        host.poll(id, releases)?;
        host.report(site, id).map_or_else(|| releases.status(site, id), Ok)
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
        let mut state = self.locked();
        let removed = state.releases.remove(key, site)?;
        if let (true, Some(host)) = (removed, &mut state.host) {
            host.remove(site);
        }
        Ok(())
    }

    async fn set_env(&self, _: &IdempotencyKey, site: &SiteId, env: &[EnvVar]) -> Result<(), BackendError> {
        env.iter().try_for_each(EnvVar::check)?;
        self.locked().host("set_env")?.set_env(site, env);
        Ok(())
    }

    async fn ensure_domain(
        &self,
        _: &IdempotencyKey,
        site: &SiteId,
        domain: &Domain,
    ) -> Result<DomainStatus, BackendError> {
        self.locked().host("ensure_domain")?.attach(site, domain)
    }
}
