//! Wrong deployers.

use std::{
    collections::BTreeMap,
    sync::{Mutex, atomic::Ordering},
    time::Duration,
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Runtime, conformance::faults};
use ae_harness::{
    Bundle, DeployPlan, DeploySpec, DeployTarget, Deployer, DeployerInfo, Deployment, DeploymentId,
    DeploymentReport, Domain, DomainStatus, EnvVar, MemoryDeployer, NewSite, Site, SiteId,
    conformance::deployer::{self, Means},
};
use async_trait::async_trait;

use super::Wrong;
use crate::fixture::start;

/// Wraps a host in memory, or with `C16` a deployer of static sites.
#[derive(Debug)]
struct WrongDeployer {
    wrong: Wrong<MemoryDeployer>,
    /// The sites that were published, with a deployment of each.
    published: Mutex<BTreeMap<SiteId, DeploymentId>>,
}

impl WrongDeployer {
    fn new(inner: MemoryDeployer, breaks: &'static str) -> Self {
        Self { wrong: Wrong::new(inner, breaks), published: Mutex::default() }
    }

    fn inner(&self) -> &MemoryDeployer {
        &self.wrong.inner
    }
}

#[async_trait]
impl Deployer for WrongDeployer {
    fn info(&self) -> DeployerInfo {
        self.inner().info()
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.inner().check().await
    }

    async fn ensure_site(&self, key: &IdempotencyKey, new: &NewSite) -> Result<Site, BackendError> {
        let mut site = self.inner().ensure_site(key, new).await?;
        if self.wrong.breaks("C13") && new.site.as_str() == "c13" {
            site.url = format!("{}{}/", site.url, self.wrong.keys.fetch_add(1, Ordering::SeqCst));
        }
        Ok(site)
    }

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        if self.wrong.breaks("C16") {
            return bundle.plan(spec);
        }
        let plan = self.inner().plan(bundle, spec).await?;
        if self.wrong.breaks("C1") {
            let begun = self.inner().deploy(&self.wrong.fresh_key(), &plan, bundle).await?;
            self.inner().status(&begun.site, &begun.id).await?;
        }
        Ok(plan)
    }

    async fn deploy(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        let (mut plan, mut bundle) = (plan.clone(), bundle.clone());
        if self.wrong.breaks("C2") {
            bundle = Bundle::scan(bundle.root())?;
            plan = bundle.plan(&DeploySpec::new(plan.site, plan.base_url))?;
        }
        if self.wrong.breaks("C6") {
            let known = self.inner().list(&plan.site).await?;
            if let Some(release) = known.into_iter().find(|known| known.release == plan.release) {
                plan.base_url = release.url;
            }
        }
        if self.wrong.breaks("C17") && plan.target == DeployTarget::Preview {
            plan = bundle.plan(&DeploySpec::new(plan.site, plan.base_url))?;
        }
        let mut deployment = self.inner().deploy(&self.wrong.key("C4", key), &plan, &bundle).await?;
        let mut published = self.published.lock().unwrap();
        published.insert(plan.site, deployment.id.clone());
        if self.wrong.breaks("C3") {
            let age = self.wrong.keys.fetch_add(1, Ordering::SeqCst);
            deployment.created_at =
                deployment.created_at.checked_add(Duration::from_secs(u64::from(age))).unwrap();
        }
        Ok(deployment)
    }

    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        let mut report = self.inner().status(site, id).await?;
        if self.wrong.breaks("C12") {
            report.log.push("all is well".to_owned());
        }
        if self.wrong.breaks("C5") {
            report.error = None;
        }
        Ok(report)
    }

    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        match self.inner().activate(&self.wrong.key("C8", key), site, id).await {
            Err(error) if self.wrong.breaks("C7") && error.kind() == ErrorKind::NotFound => Ok(()),
            answer => answer,
        }
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        let mut listed = self.inner().list(site).await?;
        if self.wrong.breaks("C9") {
            listed.sort_by(|a, b| a.id.cmp(&b.id));
        }
        Ok(listed)
    }

    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        if self.wrong.breaks("C11") {
            let others = std::mem::take(&mut *self.published.lock().unwrap());
            for other in others.keys().filter(|other| *other != site) {
                self.inner().remove(&self.wrong.fresh_key(), other).await?;
            }
        }
        self.inner().remove(&self.wrong.key("C10", key), site).await
    }

    async fn set_env(&self, key: &IdempotencyKey, site: &SiteId, env: &[EnvVar]) -> Result<(), BackendError> {
        let answer = self.inner().set_env(key, site, env).await;
        if !self.wrong.breaks("C14") {
            return answer;
        }
        let error = |error: BackendError| {
            BackendError::new(error.kind(), "wrong", "set_env", format!("refused {env:?}"))
        };
        answer.map_err(error)
    }

    async fn ensure_domain(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        domain: &Domain,
    ) -> Result<DomainStatus, BackendError> {
        match self.inner().ensure_domain(key, site, domain).await {
            Err(_) if self.wrong.breaks("C15") => Ok(DomainStatus::new(domain.clone()).with_verified(true)),
            answer => answer,
        }
    }
}

async fn suite(inner: MemoryDeployer, breaks: &'static str) -> ae_core::conformance::Ran {
    let scratch = tempfile::tempdir().unwrap();
    let wrong = WrongDeployer::new(inner, breaks);
    let fail = || wrong.inner().fail_checks(1);
    deployer::run_all(&wrong, &Means::new(scratch.path()).with_failing(&fail)).await
}

#[tokio::test]
async fn wrong_deployers_are_caught() {
    let hosted = |breaks| suite(MemoryDeployer::hosted(Runtime::manual(start(), 1), 1), breaks);
    let ran = hosted("nothing").await;
    assert_eq!(ran.skipped, ["C16"]);
    let clauses = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12"];
    let clauses = clauses.into_iter().chain(["C13", "C14", "C15", "C17"]);
    faults(&ran, clauses.map(|clause| (clause, clause)), hosted).await;
    let local = |breaks| suite(MemoryDeployer::new(Runtime::manual(start(), 1)), breaks);
    ae_core::conformance::caught("C16", local("C16")).await;
}

/// A deployer that can publish and nothing else.
#[derive(Debug)]
struct PublishOnly(MemoryDeployer);

#[async_trait]
impl Deployer for PublishOnly {
    fn info(&self) -> DeployerInfo {
        DeployerInfo::new("publish-only", Mode::Test)
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.0.check().await
    }

    async fn ensure_site(&self, key: &IdempotencyKey, site: &NewSite) -> Result<Site, BackendError> {
        self.0.ensure_site(key, site).await
    }

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        self.0.plan(bundle, spec).await
    }

    async fn deploy(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        self.0.deploy(key, plan, bundle).await
    }

    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        self.0.status(site, id).await
    }
}

#[tokio::test]
async fn absent_abilities_are_said_and_skipped() {
    let scratch = tempfile::tempdir().unwrap();
    let deployer = PublishOnly(MemoryDeployer::new(Runtime::manual(start(), 1)));
    let ran = deployer::run_all(&deployer, &Means::new(scratch.path())).await;
    assert_eq!(ran.skipped, ["C5", "C7", "C8", "C9", "C10", "C11", "C14", "C15", "C17"]);
    let (site, key) = ("c1".parse::<SiteId>().unwrap(), crate::fixture::key(0));
    let domain = "shop.example".parse::<Domain>().unwrap();
    let answers = [
        deployer.remove(&key, &site).await,
        deployer.set_env(&key, &site, &[]).await,
        deployer.ensure_domain(&key, &site, &domain).await.map(drop),
        deployer.activate(&key, &site, &"x".parse().unwrap()).await,
        deployer.list(&site).await.map(drop),
    ];
    for error in answers.map(Result::unwrap_err) {
        assert_eq!((error.kind(), error.backend()), (ErrorKind::Unsupported, "publish-only"));
    }
}
