//! All that a vendor's host has besides releases: deployments that build, previews, variables, domains.

use std::collections::{BTreeMap, BTreeSet};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Timestamp};

use super::NAME;
use crate::{
    Domain,
    deploy::{
        DeployPlan, DeployTarget, Deployment, DeploymentId, DeploymentReport, DeploymentStatus, DnsRecord,
        DomainStatus, EnvVar, Releases, SiteId,
    },
};

/// The state of such a host.
#[derive(Debug)]
pub(super) struct Host {
    /// How often the status of a deployment is asked for before it is there.
    polls: u32,
    /// The number of deployments made.
    made: u32,
    building: Vec<Building>,
    /// Previews and failures, which are not among the releases.
    apart: Vec<Apart>,
    env: BTreeMap<SiteId, BTreeMap<String, EnvVar>>,
    domains: BTreeMap<Domain, SiteId>,
    dns: BTreeSet<Domain>,
}

#[derive(Debug)]
struct Building {
    keys: Vec<IdempotencyKey>,
    plan: DeployPlan,
    deployment: Deployment,
    polls: u32,
    fails: bool,
}

#[derive(Debug)]
struct Apart {
    keys: Vec<IdempotencyKey>,
    plan: DeployPlan,
    report: DeploymentReport,
}

impl Host {
    pub(super) fn new(polls: u32) -> Self {
        Self {
            polls,
            made: 0,
            building: Vec::new(),
            apart: Vec::new(),
            env: BTreeMap::new(),
            domains: BTreeMap::new(),
            dns: BTreeSet::new(),
        }
    }

    /// The deployment of `plan` that is building or a preview.
    pub(super) fn known(
        &mut self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
    ) -> Result<Option<Deployment>, BackendError> {
        let building = self.building.iter_mut().map(|one| (&mut one.keys, &one.plan, &one.deployment));
        let previews = self.apart.iter_mut().filter(|one| one.report.error.is_none());
        let previews = previews.map(|one| (&mut one.keys, &one.plan, &one.report.deployment));
        let mut found = None;
        for (keys, known, deployment) in building.chain(previews) {
            if known == plan {
                found = Some((keys, deployment));
            } else if keys.contains(key) {
                let message = format!("the key {key} was used for another plan: derive a key for this one");
                return Err(BackendError::new(ErrorKind::Conflict, NAME, "deploy", message));
            }
        }
        Ok(found.map(|(keys, deployment)| {
            keys.push(key.clone());
            deployment.clone()
        }))
    }

    /// Begins to build.
    pub(super) fn start(
        &mut self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        fails: bool,
        now: Timestamp,
    ) -> Result<Deployment, BackendError> {
        self.made = self.made.saturating_add(1);
        let id = format!("dpl_{}", self.made);
        let url = match plan.target {
            DeployTarget::Preview => format!("http://{}.preview.localhost/", self.made),
            DeployTarget::Production => plan.base_url.clone(),
        };
        let deployment = Deployment::new(id.parse()?, plan.release.clone(), plan.site.clone(), url, now)
            .with_state(DeploymentStatus::Building);
        let (keys, polls) = (vec![key.clone()], self.polls);
        self.building.push(Building {
            keys,
            plan: plan.clone(),
            deployment: deployment.clone(),
            polls,
            fails,
        });
        Ok(deployment)
    }

    /// Comes nearer to the end of a build.
    pub(super) fn poll(&mut self, id: &DeploymentId, releases: &mut Releases) -> Result<(), BackendError> {
        let Some(at) = self.building.iter_mut().position(|one| one.deployment.id == *id) else {
            return Ok(());
        };
        if let Some(one) = self.building.get_mut(at).filter(|one| one.polls > 0) {
            one.polls -= 1;
            return Ok(());
        }
        let Building { keys, plan, deployment, fails, .. } = self.building.remove(at);
        if !fails && plan.target == DeployTarget::Production {
            for key in &keys {
                releases.finish_as(key, &plan, deployment.id.clone(), deployment.created_at)?;
            }
            return Ok(());
        }
        let state = if fails { DeploymentStatus::Error } else { DeploymentStatus::Ready };
        let mut report = DeploymentReport::new(deployment.with_state(state));
        if fails {
            report = report
                .with_error("the build failed")
                .with_log(vec!["building".to_owned(), "the build failed".to_owned()]);
        }
        self.apart.push(Apart { keys, plan, report });
        Ok(())
    }

    /// The report of a deployment that is not among the releases.
    pub(super) fn report(&self, site: &SiteId, id: &DeploymentId) -> Option<DeploymentReport> {
        let is_it = |deployment: &Deployment| deployment.id == *id && deployment.site == *site;
        let building = self.building.iter().find(|one| is_it(&one.deployment));
        let apart = || self.apart.iter().find(|one| is_it(&one.report.deployment));
        let building = building.map(|one| DeploymentReport::new(one.deployment.clone()));
        building.or_else(|| apart().map(|one| one.report.clone()))
    }

    /// Forgets a site.
    pub(super) fn remove(&mut self, site: &SiteId) {
        self.building.retain(|one| one.plan.site != *site);
        self.apart.retain(|one| one.plan.site != *site);
        self.domains.retain(|_, of| of != site);
        self.env.remove(site);
    }

    pub(super) fn set_env(&mut self, site: &SiteId, env: &[EnvVar]) {
        let named = env.iter().map(|variable| (variable.name.clone(), variable.clone()));
        self.env.entry(site.clone()).or_default().extend(named);
    }

    pub(super) fn env(&self, site: &SiteId) -> Vec<EnvVar> {
        self.env.get(site).map(|env| env.values().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn answer_dns(&mut self, domain: Domain) {
        self.dns.insert(domain);
    }

    /// Attaches a domain to a site.
    pub(super) fn attach(&mut self, site: &SiteId, domain: &Domain) -> Result<DomainStatus, BackendError> {
        let owner = self.domains.entry(domain.clone()).or_insert_with(|| site.clone());
        if owner != site {
            let message = format!("{domain} belongs to the site {owner}: take it from there first");
            return Err(BackendError::new(ErrorKind::Conflict, NAME, "ensure_domain", message));
        }
        let status = DomainStatus::new(domain.clone());
        if self.dns.contains(domain) {
            return Ok(status.with_verified(true).with_resolves(true).with_tls(true));
        }
        // An address of the block for documentation (RFC 5737).
        Ok(status.with_needed(vec![DnsRecord::new("A", domain.as_str(), "192.0.2.1")]))
    }
}
