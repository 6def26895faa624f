//! The port.

use std::time::Duration;

use ae_core::{BackendError, Digest, Effect, ErrorKind, IdempotencyKey, Retry};
use async_trait::async_trait;

use super::{
    NAME,
    answer::{self, Attached, Deployed, DomainConfig, Domains, EnvSet, Project, Team},
    client::{Vercel, error},
    flow::{deployment, is_ours},
    request::Variable,
};
use crate::{
    Domain,
    deploy::{
        Bundle, CommercialUse, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId,
        DeploymentReport, DeploymentStatus, DnsRecord, DomainStatus, EnvValue, EnvVar, NewSite, Site, SiteId,
    },
};

/// The pause between two looks at a switch under way, and how often it is looked at.
const SWITCH_PAUSE: Duration = Duration::from_secs(1);
const SWITCH_LOOKS: u32 = 60;

impl Vercel {
    /// Makes the project, or finds the one that this program made.
    async fn ensure_project(&self, site: &SiteId) -> Result<Project, BackendError> {
        let answer = self.once(&self.access.create_project(site)?).await;
        let made = answer.and_then(|answer| answer::checked(answer, self.runtime.now(), true));
        match made.and_then(|answer| answer.json()) {
            Ok(project) => Ok(project),
            // The name is taken, perhaps by an earlier try of which the answer was lost.
            Err(cause) if cause.kind() == ErrorKind::Conflict || cause.effect() == Effect::Unknown => {
                let Some(project) = self.project("ensure_site", site).await? else { return Err(cause) };
                self.check_mark("ensure_site", &project).await?;
                Ok(project)
            }
            Err(cause) => Err(cause),
        }
    }

    /// The domain at which the production deployments of a project answer.
    async fn given_domain(&self, project: &Project) -> Result<String, BackendError> {
        let request = self.access.domains(&project.id)?;
        if let Some(domain) = self.repeat(&request).await?.json::<Domains>()?.given() {
            return Ok(domain.to_owned());
        }
        // A project that has none takes one: its name, or its name with a part that is its own.
        let own = Digest::of_bytes("vercel-domain", project.id.as_bytes()).short(6);
        let mut refused = None;
        for label in [project.name.clone(), format!("{}-{own}", project.name)] {
            let domain = format!("{label}.vercel.app");
            match self.repeat(&self.access.add_domain("ensure_site", &project.id, &domain)?).await {
                Ok(answer) => return Ok(answer.json::<Attached>()?.name),
                Err(cause) if cause.kind() == ErrorKind::Conflict => refused = Some(cause),
                Err(cause) => return Err(cause),
            }
        }
        Err(refused.unwrap_or_else(|| error(ErrorKind::Conflict, "ensure_site", "no address is free")))
    }

    async fn deployed(&self, operation: &'static str, id: &DeploymentId) -> Result<Deployed, BackendError> {
        match self.repeat(&self.access.deployment(operation, id.as_str())?).await {
            Ok(answer) => answer.json(),
            // An id that is none of the service's is refused as such.
            Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {
                Err(missing(operation, id))
            }
            Err(cause) => Err(cause),
        }
    }

    /// Makes `to` the deployment that answers, and waits until it is.
    pub(super) async fn switch(&self, project: &Project, to: &Deployed) -> Result<(), BackendError> {
        let current = match project.active() {
            Some(id) if id == to.id() => return Ok(()),
            Some(id) => Some(self.deployed("activate", &id.parse()?).await),
            None => None,
        };
        let goes_back = matches!(current, Some(Ok(current)) if current.created() > to.created());
        let request = if goes_back {
            self.access.roll_back(&project.id, to.id())?
        } else {
            self.access.promote(&project.id, to.id())?
        };
        self.repeat(&request).await?;
        for _ in 0..SWITCH_LOOKS {
            let seen: Project = self.repeat(&self.access.project("activate", &project.id)?).await?.json()?;
            if seen.active() == Some(to.id()) {
                return Ok(());
            }
            self.runtime.sleeper.sleep(SWITCH_PAUSE).await;
        }
        let message = "the host has not switched yet: ask for its state, or repeat the call";
        let late = error(ErrorKind::Timeout, "activate", message);
        Err(late.with_retry(Retry::Backoff).with_effect(Effect::Unknown))
    }
}

fn missing(operation: &'static str, id: &DeploymentId) -> BackendError {
    let message = format!("the site has no deployment {id}: list its deployments");
    error(ErrorKind::NotFound, operation, message)
}

#[async_trait]
impl Deployer for Vercel {
    fn info(&self) -> DeployerInfo {
        let learned = self.commercial.get().copied();
        let commercial = self.config.commercial.or(learned).unwrap_or(CommercialUse::Unknown);
        DeployerInfo::new(NAME, self.config.mode)
            .with_account(&self.access.team)
            .with_rollback(usize::MAX)
            .with_listing()
            .with_removal()
            .with_metered(true)
            .with_domains()
            .with_tls()
            .with_functions()
            .with_env()
            .with_previews()
            .with_commercial(commercial)
    }

    async fn check(&self) -> Result<(), BackendError> {
        let team: Team = self.repeat(&self.access.team()?).await?.json()?;
        // The first answer stays: a plan that changes while a program runs is read by the next one.
        let _ = self.commercial.set(team.commercial());
        Ok(())
    }

    async fn ensure_site(&self, _: &IdempotencyKey, site: &NewSite) -> Result<Site, BackendError> {
        if site.account.as_deref() != Some(&self.access.team) {
            let message =
                format!("the site is for another account than {}: ask for it again", self.access.team);
            return Err(error(ErrorKind::Conflict, "ensure_site", message));
        }
        if site.site.as_str().contains("---") {
            let message = "a project's name has no three hyphens in a row: choose another label";
            return Err(error(ErrorKind::InvalidInput, "ensure_site", message));
        }
        let project = self.ensure_project(&site.site).await?;
        let domain = self.given_domain(&project).await?;
        Ok(Site::new(site.site.clone(), answer::address(&domain)).with_host_id(project.id))
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
        bundle.check(plan)?;
        self.allow(plan.target)?;
        self.publish(key, plan, bundle).await
    }

    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        // The project is read last, so that a deployment that just went live is seen as that.
        let found = self.deployed("status", id).await?;
        let project = self.project("status", site).await?;
        let Some(project) = project.filter(|project| is_ours(&found, project)) else {
            return Err(missing("status", id));
        };
        let report = DeploymentReport::new(deployment(site, &project, &found)?);
        if report.deployment.state != DeploymentStatus::Error {
            return Ok(report);
        }
        // The reason is worth more than an error about the log.
        let log = self.repeat(&self.access.log(found.id())?).await;
        let log = log.map(|answer| answer::tail(answer.body())).unwrap_or_default();
        let report = report.with_log(log);
        Ok(match found.reason() {
            Some(reason) => report.with_error(reason),
            None => report,
        })
    }

    async fn activate(
        &self,
        _: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        let project = self.own_project("activate", site).await?;
        let found = self.deployed("activate", id).await?;
        if !is_ours(&found, &project) {
            return Err(missing("activate", id));
        }
        if found.status() != DeploymentStatus::Ready || !found.is_production() {
            let message = format!("{id} is not a production deployment that is ready: list those that are");
            return Err(error(ErrorKind::NotFound, "activate", message));
        }
        self.switch(&project, &found).await
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let Some(project) = self.project("list", site).await? else { return Ok(Vec::new()) };
        let found = self.deployments("list", &project).await?;
        let listed = found.iter().filter(|one| {
            is_ours(one, &project) && one.is_production() && one.status() == DeploymentStatus::Ready
        });
        listed.map(|one| deployment(site, &project, one)).collect()
    }

    async fn remove(&self, _: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let Some(project) = self.project("remove", site).await? else { return Ok(()) };
        self.check_mark("remove", &project).await?;
        match self.repeat(&self.access.delete_project(&project.id)?).await {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }

    async fn set_env(&self, _: &IdempotencyKey, site: &SiteId, env: &[EnvVar]) -> Result<(), BackendError> {
        env.iter().try_for_each(EnvVar::check)?;
        if env.is_empty() {
            return Ok(());
        }
        let project = self.own_project("set_env", site).await?;
        let mut values = Vec::with_capacity(env.len());
        for variable in env {
            values.push(match &variable.value {
                EnvValue::Plain(value) => (ae_core::Secret::new(value.clone()), false),
                EnvValue::Secret(handle) => {
                    let reader = self.config.secrets.as_ref().ok_or_else(|| {
                        let message = "there is no reader of secrets: configure one";
                        error(ErrorKind::InvalidInput, "set_env", message)
                    })?;
                    (reader.read(handle.clone()).await?, true)
                }
            });
        }
        let pairs = env.iter().zip(&values);
        let variables: Vec<Variable<'_>> = pairs
            .map(|(variable, (value, is_secret))| Variable::new(variable, value.expose(), *is_secret))
            .collect();
        let request = self.access.set_env(&project.id, &variables)?;
        let set: EnvSet = self.repeat_secret(&request).await?.json()?;
        let problems = set.problems();
        if problems.is_empty() {
            return Ok(());
        }
        let message = format!("variables of {site} were refused: {}", problems.join(", "));
        Err(error(ErrorKind::InvalidInput, "set_env", message).with_effect(Effect::Unknown))
    }

    async fn ensure_domain(
        &self,
        _: &IdempotencyKey,
        site: &SiteId,
        domain: &Domain,
    ) -> Result<DomainStatus, BackendError> {
        let project = self.own_project("ensure_domain", site).await?;
        let add = self.access.add_domain("ensure_domain", &project.id, domain.as_str())?;
        let read = self.access.domain(&project.id, domain)?;
        let mut attached: Attached = match self.repeat(&add).await {
            Ok(answer) => answer.json()?,
            // It may be this project's already, which a read shows; another project's is not found here.
            Err(cause) if matches!(cause.kind(), ErrorKind::InvalidInput | ErrorKind::Conflict) => {
                match self.repeat(&read).await {
                    Ok(answer) => answer.json()?,
                    Err(missing) if missing.kind() == ErrorKind::NotFound => return Err(cause),
                    Err(other) => return Err(other),
                }
            }
            Err(cause) => return Err(cause),
        };
        if !attached.verified {
            match self.repeat(&self.access.verify_domain(&project.id, domain)?).await {
                Ok(_) => attached = self.repeat(&read).await?.json()?,
                // The record is not there yet.
                Err(cause) if cause.kind() == ErrorKind::InvalidInput => {}
                Err(cause) => return Err(cause),
            }
        }
        let config: DomainConfig = self.repeat(&self.access.domain_config(domain)?).await?.json()?;
        let mut needed: Vec<DnsRecord> = Vec::new();
        if !attached.verified {
            let proofs = attached.verification.iter();
            needed.extend(proofs.map(|proof| DnsRecord::new(&proof.kind, &proof.domain, &proof.value)));
        }
        if config.misconfigured {
            let records = config.records(attached.is_apex()).into_iter();
            needed.extend(records.map(|(kind, value)| DnsRecord::new(kind, domain.as_str(), value)));
        }
        Ok(DomainStatus::new(domain.clone())
            .with_verified(attached.verified)
            .with_resolves(!config.misconfigured)
            .with_needed(needed))
    }
}
