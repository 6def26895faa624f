//! The port.

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Secret};
use async_trait::async_trait;

use super::{
    NAME,
    answer::{self, Attached, Zone},
    client::{Cloudflare, error},
    flow::{Worker, is_live_kind},
};
use crate::{
    Domain,
    deploy::{
        Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentReport,
        DnsRecord, DomainStatus, EnvValue, EnvVar, NewSite, Site, SiteId,
    },
};

/// The versions that can be gone back to.
const RELEASES_KEPT: usize = 50;

impl Cloudflare {
    /// The value of a variable, as it will be sent.
    async fn value(&self, variable: &EnvVar) -> Result<Secret<String>, BackendError> {
        match &variable.value {
            EnvValue::Plain(value) => Ok(Secret::new(value.clone())),
            EnvValue::Secret(handle) => {
                let reader = self.config.secrets.as_ref().ok_or_else(|| {
                    error(ErrorKind::InvalidInput, "set_env", "there is no reader of secrets: configure one")
                })?;
                reader.read(handle.clone()).await
            }
        }
    }

    /// The zone to which a domain belongs: that of its longest ending in the account, or a new one.
    async fn zone(&self, domain: &Domain) -> Result<Zone, BackendError> {
        let mut ending = Some(domain.as_str());
        while let Some(name) = ending.filter(|name| name.contains('.')) {
            let found: Vec<Zone> = answer::result(&self.repeat(&self.access.zone(name)?).await?)?;
            if let Some(zone) = found.into_iter().find(|zone| zone.name == name) {
                return Ok(zone);
            }
            ending = name.split_once('.').map(|(_, rest)| rest);
        }
        // Which ending of a longer name can be registered is not known here.
        let name = domain.as_str().strip_prefix("www.").unwrap_or(domain.as_str());
        if name.matches('.').count() != 1 {
            let message =
                format!("add the zone of {domain} to the account first: it is not clear where it begins");
            return Err(error(ErrorKind::InvalidInput, "ensure_domain", message));
        }
        answer::result(&self.once(&self.access.make_zone(name)?).await?)
    }
}

fn missing(operation: &'static str, site: &SiteId, id: &DeploymentId) -> BackendError {
    error(ErrorKind::NotFound, operation, format!("{site} has no deployment {id}: list its deployments"))
}

fn named<'a>(worker: &'a Worker, id: &DeploymentId) -> Option<&'a answer::Version> {
    let is_it = |version: &&answer::Version| version.id == id.as_str() && !version.release().is_empty();
    worker.versions.iter().find(is_it)
}

#[async_trait]
impl Deployer for Cloudflare {
    fn info(&self) -> DeployerInfo {
        DeployerInfo::new(NAME, self.config.mode)
            .with_account(&self.access.account)
            .with_rollback(RELEASES_KEPT)
            .with_listing()
            .with_removal()
            .with_metered(true)
            .with_keys()
            .with_domains()
            .with_tls()
            .with_functions()
            .with_env()
            .with_previews()
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.subdomain("check").await.map(drop)
    }

    async fn ensure_site(&self, _: &IdempotencyKey, site: &NewSite) -> Result<Site, BackendError> {
        if site.account.as_deref() != Some(&self.access.account) {
            let message =
                format!("the site is for another account than {}: ask for it again", self.access.account);
            return Err(error(ErrorKind::Conflict, "ensure_site", message));
        }
        let subdomain = self.subdomain("ensure_site").await?;
        if !self.is_made("ensure_site", &site.site).await? {
            self.repeat(&self.access.draft(&site.site)?).await?;
        }
        Ok(Site::new(site.site.clone(), self.address(site.site.as_str(), subdomain)))
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
        bundle.check(plan)?;
        self.publish(key, plan, bundle).await
    }

    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        let worker = self.worker("status", site).await?;
        let version = named(&worker, id).ok_or_else(|| missing("status", site, id))?;
        Ok(DeploymentReport::new(self.deployment("status", site, &worker, version).await?))
    }

    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        let worker = self.worker("activate", site).await?;
        if let Some(switched) = worker.switched_by(key) {
            if switched == id.as_str() {
                return Ok(());
            }
            let message = format!("the key {key} was used for another release: derive a key for this one");
            return Err(error(ErrorKind::Conflict, "activate", message));
        }
        let version = named(&worker, id).filter(|version| is_live_kind(version));
        let version = version.ok_or_else(|| missing("activate", site, id))?;
        self.switch("activate", key, site, &version.id).await
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let worker = self.worker("list", site).await?;
        let mut listed = Vec::new();
        for version in worker.versions.iter().filter(|version| is_live_kind(version)).take(RELEASES_KEPT) {
            listed.push(self.deployment("list", site, &worker, version).await?);
        }
        Ok(listed)
    }

    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        if self.done().repeat("remove", key, site)?.is_some() {
            return Ok(());
        }
        if self.is_made("remove", site).await? {
            self.find(&self.access.remove(site)?).await?;
        }
        self.done().keep("remove", key, site, ())
    }

    async fn set_env(&self, _: &IdempotencyKey, site: &SiteId, env: &[EnvVar]) -> Result<(), BackendError> {
        env.iter().try_for_each(EnvVar::check)?;
        let mut values = Vec::with_capacity(env.len());
        for variable in env {
            values.push(self.value(variable).await?);
        }
        if !self.is_made("set_env", site).await? {
            let message = format!("there is no Worker {site}: make the site first");
            return Err(error(ErrorKind::NotFound, "set_env", message));
        }
        for (variable, value) in env.iter().zip(&values) {
            self.repeat_secret(&self.access.secret(site, &variable.name, value)?).await?;
        }
        Ok(())
    }

    async fn ensure_domain(
        &self,
        _: &IdempotencyKey,
        site: &SiteId,
        domain: &Domain,
    ) -> Result<DomainStatus, BackendError> {
        if !self.is_made("ensure_domain", site).await? {
            let message = format!("there is no Worker {site}: make the site first");
            return Err(error(ErrorKind::NotFound, "ensure_domain", message));
        }
        let attached: Vec<Attached> = answer::result(&self.repeat(&self.access.attached(domain)?).await?)?;
        let attached = attached.into_iter().find(|attached| attached.hostname == domain.as_str());
        if let Some(other) = attached.as_ref().filter(|attached| attached.service != site.as_str()) {
            let message = format!("{domain} leads to the Worker {}: take it away there first", other.service);
            return Err(error(ErrorKind::Conflict, "ensure_domain", message));
        }
        let zone = self.zone(domain).await?;
        let status = DomainStatus::new(domain.clone());
        if !zone.is_active() {
            let servers = zone.name_servers.iter();
            let needed = servers.map(|server| DnsRecord::new("NS", &zone.name, server)).collect();
            return Ok(status.with_needed(needed));
        }
        if attached.is_none() {
            self.repeat(&self.access.attach(site, domain, &zone.id)?).await?;
        }
        Ok(status.with_verified(true).with_resolves(true))
    }
}
