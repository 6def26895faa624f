//! The port.

use ae_core::{BackendError, Digest, Effect, ErrorKind, IdempotencyKey};
use async_trait::async_trait;

use super::{
    NAME,
    answer::{Account, Deployed, Found},
    client::{Netlify, error},
    request::mark,
};
use crate::{
    deploy::{
        Bundle, DeployPlan, DeploySpec, DeployTarget, Deployer, DeployerInfo, Deployment, DeploymentId,
        DeploymentReport, DeploymentStatus, NewSite, Site, SiteId, manifest::FileManifest,
        store::RELEASE_PATH, upload::upload,
    },
    policy::OF_ANSWERS,
};

/// The pages of a list that are read: a deployment that is looked for is among the newest ones.
const PAGES_MAX: u32 = 10;
/// The deployments of a whole page.
const PAGE: usize = 100;

impl Netlify {
    /// The names that the site may have: its label, or the label with a part that no other customer takes.
    fn names(&self, site: &SiteId) -> [String; 2] {
        let own = Digest::of_bytes("netlify-name", self.access.account.as_bytes()).short(8);
        [site.as_str().to_owned(), format!("{}-{own}", site.as_str().get(..54).unwrap_or(site.as_str()))]
    }

    /// The site that this program made under this label, `None` when there is none.
    async fn site(&self, operation: &'static str, site: &SiteId) -> Result<Option<Found>, BackendError> {
        let mut strange = None;
        for name in self.names(site) {
            let listed: Vec<Found> = self.repeat(&self.access.sites(operation, &name)?).await?.json()?;
            match listed.into_iter().find(|one| one.name == name) {
                Some(found) if found.session_id.as_deref() == Some(&mark(site)) => {
                    // The list is short about the deployment that answers.
                    return self.repeat(&self.access.site(operation, &found.id)?).await?.json().map(Some);
                }
                Some(found) => strange = strange.or(Some(found)),
                None => {}
            }
        }
        match strange {
            None => Ok(None),
            Some(found) => {
                let message = format!(
                    "the account has a site {} that was not made here: choose another name",
                    found.name
                );
                Err(error(ErrorKind::Conflict, operation, message))
            }
        }
    }

    async fn own_site(&self, operation: &'static str, site: &SiteId) -> Result<Found, BackendError> {
        self.site(operation, site).await?.ok_or_else(|| {
            error(ErrorKind::NotFound, operation, format!("there is no site {site}: make it first"))
        })
    }

    async fn make_site(&self, site: &SiteId) -> Result<Found, BackendError> {
        let mut refused = None;
        for name in self.names(site) {
            let request = self.access.create_site(&name, site)?;
            match self.once(&request).await.and_then(|answer| answer.json()) {
                Ok(found) => return Ok(found),
                Err(cause) if cause.kind() == ErrorKind::Conflict => refused = Some(cause),
                Err(cause) if cause.effect() == Effect::Unknown => {
                    return self.site("ensure_site", site).await?.ok_or(cause);
                }
                Err(cause) => return Err(cause),
            }
        }
        Err(refused.unwrap_or_else(|| error(ErrorKind::Conflict, "ensure_site", "no name is free")))
    }

    /// The newest deployments of a site, the newest first.
    async fn deploys(&self, operation: &'static str, site: &Found) -> Result<Vec<Deployed>, BackendError> {
        let mut found: Vec<Deployed> = Vec::new();
        for page in 1..=PAGES_MAX {
            let request = self.access.deploys(operation, &site.id, page)?;
            let listed: Vec<Deployed> = self.repeat(&request).await?.json()?;
            let is_last = listed.len() < PAGE;
            found.extend(listed);
            if is_last {
                break;
            }
        }
        found.sort_by_key(|one| std::cmp::Reverse(one.created_at()));
        Ok(found)
    }

    /// The deployment of `plan` that is there, and whether `key` made it.
    async fn known(
        &self,
        site: &Found,
        key: &IdempotencyKey,
        plan: &DeployPlan,
    ) -> Result<Option<(Deployed, bool)>, BackendError> {
        let is_release = |one: &Deployed| one.release() == plan.release.as_str();
        let has_address =
            |one: &Deployed| plan.target == DeployTarget::Preview || one.planned_url() == plan.base_url;
        let mut published = None;
        for one in self.deploys("deploy", site).await? {
            let is_over = one.status() == DeploymentStatus::Error;
            if one.key() == key.as_str() {
                if !is_release(&one) || !has_address(&one) {
                    let message =
                        format!("the key {key} was used for another release: derive a key for this one");
                    return Err(error(ErrorKind::Conflict, "deploy", message));
                }
                if !is_over {
                    return Ok(Some((one, true)));
                }
            } else if is_release(&one) && !is_over {
                published = published.or(Some(one));
            }
        }
        let Some(published) = published else { return Ok(None) };
        deployment(&plan.site, site, &published)?.check_address(plan)?;
        Ok(Some((published, false)))
    }

    /// Makes the deployment of `plan`, or finds it; its files may be lacking.
    async fn begun(
        &self,
        site: &Found,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        manifest: &FileManifest<'_>,
    ) -> Result<(Deployed, bool), BackendError> {
        if let Some(known) = self.known(site, key, plan).await? {
            return Ok(known);
        }
        let request = self.access.create(key, plan, &site.id, manifest)?;
        match self.once(&request).await.and_then(|answer| answer.json()) {
            Ok(made) => Ok((made, true)),
            // It is looked for, and not sent again: one that is on its way may not be listed yet.
            Err(lost) if lost.effect() == Effect::Unknown => {
                self.known(site, key, plan).await?.filter(|(_, own)| *own).ok_or(lost)
            }
            Err(refused) => Err(refused),
        }
    }

    async fn deployed(
        &self,
        operation: &'static str,
        site: &Found,
        id: &DeploymentId,
    ) -> Result<Deployed, BackendError> {
        let missing = || {
            let message = format!("the site has no deployment {id}: list its deployments");
            error(ErrorKind::NotFound, operation, message)
        };
        let found: Deployed = match self.repeat(&self.access.deploy(operation, &site.id, id.as_str())?).await
        {
            Ok(answer) => answer.json()?,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Err(missing()),
            Err(cause) => return Err(cause),
        };
        let is_of = found.site_id.as_deref().is_none_or(|id| id == site.id) && !found.release().is_empty();
        if is_of { Ok(found) } else { Err(missing()) }
    }
}

/// All files of a release as Netlify takes them.
fn manifest<'a>(bundle: &'a Bundle, plan: &DeployPlan) -> Result<FileManifest<'a>, BackendError> {
    let mut manifest = FileManifest::new(bundle, "")?;
    let release = format!("{}\n", plan.release);
    manifest.add(RELEASE_PATH.trim_start_matches('/'), release.into_bytes())?;
    let headers = format!("/*\n  Content-Security-Policy: {OF_ANSWERS}\n  X-Content-Type-Options: nosniff\n");
    manifest.add("_headers", headers.into_bytes())?;
    Ok(manifest)
}

/// A deployment of `site` as callers know it.
fn deployment(id: &SiteId, site: &Found, found: &Deployed) -> Result<Deployment, BackendError> {
    let url = if found.is_production() { found.planned_url().to_owned() } else { found.own_address() };
    let made =
        Deployment::new(found.id.parse()?, found.release().parse()?, id.clone(), url, found.created_at());
    Ok(made.with_state(found.status()).with_active(site.active() == Some(&found.id)))
}

#[async_trait]
impl Deployer for Netlify {
    fn info(&self) -> DeployerInfo {
        DeployerInfo::new(NAME, self.config.mode)
            .with_account(&self.access.account)
            .with_rollback(usize::MAX)
            .with_listing()
            .with_removal()
            .with_metered(true)
            .with_tls()
            .with_previews()
            .with_commercial(self.config.commercial)
    }

    async fn check(&self) -> Result<(), BackendError> {
        let accounts: Vec<Account> = self.repeat(&self.access.accounts()?).await?.json()?;
        if accounts.iter().any(|account| account.slug == self.access.account) {
            return Ok(());
        }
        let message = format!("the token has no account {}: name one of its own", self.access.account);
        Err(error(ErrorKind::PermissionDenied, "check", message))
    }

    async fn ensure_site(&self, _: &IdempotencyKey, site: &NewSite) -> Result<Site, BackendError> {
        if site.account.as_deref() != Some(&self.access.account) {
            let message =
                format!("the site is for another account than {}: ask for it again", self.access.account);
            return Err(error(ErrorKind::Conflict, "ensure_site", message));
        }
        let found = match self.site("ensure_site", &site.site).await? {
            Some(found) => found,
            None => self.make_site(&site.site).await?,
        };
        Ok(Site::new(site.site.clone(), found.address()).with_host_id(found.id))
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
        self.info().check_plan(plan, bundle)?;
        let is_done = self.done().repeat("deploy", key, plan)?.is_some();
        let site = self.own_site("deploy", &plan.site).await?;
        let manifest = manifest(bundle, plan)?;
        let (mut found, is_own) = self.begun(&site, key, plan, &manifest).await?;
        if found.lacks_files() {
            let id: DeploymentId = found.id.parse()?;
            if found.required.is_none() {
                found = self.deployed("deploy", &site, &id).await?;
            }
            let missing = found.required.clone().unwrap_or_default();
            upload(NAME, &manifest, &missing, |file, content| {
                let (request, sender) = (self.access.upload(&found.id, &file.path, content)?, self.sender());
                Ok(async move { sender.repeat(&request).await.map(drop) })
            })
            .await?;
        } else if !is_own && !is_done && found.is_production() && found.status() == DeploymentStatus::Ready {
            self.repeat(&self.access.restore(&site.id, &found.id)?).await?;
        }
        self.done().keep("deploy", key, plan, ())?;
        let site = self.own_site("deploy", &plan.site).await?;
        deployment(&plan.site, &site, &found)
    }

    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        let own = self.own_site("status", site).await?;
        let found = self.deployed("status", &own, id).await?;
        // Read after the deployment, so that one that just went live is seen as that.
        let own = self.repeat(&self.access.site("status", &own.id)?).await?.json()?;
        let report = DeploymentReport::new(deployment(site, &own, &found)?);
        let is_error = report.deployment.state == DeploymentStatus::Error;
        Ok(match found.reason().filter(|_| is_error) {
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
        let own = self.own_site("activate", site).await?;
        let found = self.deployed("activate", &own, id).await?;
        if found.status() != DeploymentStatus::Ready || !found.is_production() {
            let message = format!("{id} is not a production deployment that is ready: list those that are");
            return Err(error(ErrorKind::NotFound, "activate", message));
        }
        self.repeat(&self.access.restore(&own.id, &found.id)?).await.map(drop)
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let Some(own) = self.site("list", site).await? else { return Ok(Vec::new()) };
        let found = self.deploys("list", &own).await?;
        let listed = found.iter().filter(|one| {
            !one.release().is_empty() && one.is_production() && one.status() == DeploymentStatus::Ready
        });
        listed.map(|one| deployment(site, &own, one)).collect()
    }

    async fn remove(&self, _: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        let Some(own) = self.site("remove", site).await? else { return Ok(()) };
        match self.repeat(&self.access.delete_site(&own.id)?).await {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }
}
