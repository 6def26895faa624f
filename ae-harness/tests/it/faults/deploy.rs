//! Wrong deployers.

use std::{sync::Mutex, time::Duration};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Runtime, conformance::faults};
use ae_harness::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId, DeploymentStatus,
    MemoryDeployer, SiteId, conformance::deployer,
};
use async_trait::async_trait;

use super::Wrong;
use crate::fixture::start;

#[derive(Debug)]
struct WrongDeployer {
    wrong: Wrong<MemoryDeployer>,
    sites: Mutex<Vec<SiteId>>,
}

impl WrongDeployer {
    fn new(breaks: &'static str) -> Self {
        let inner = MemoryDeployer::new(Runtime::manual(start(), 1));
        Self { wrong: Wrong::new(inner, breaks), sites: Mutex::default() }
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

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        let plan = self.inner().plan(bundle, spec).await?;
        if self.wrong.breaks("C1") {
            self.inner().deploy(&self.wrong.fresh_key(), &plan, bundle).await?;
        }
        Ok(plan)
    }

    async fn deploy(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        self.sites.lock().unwrap().push(plan.site.clone());
        let (mut plan, mut bundle) = (plan.clone(), bundle.clone());
        if self.wrong.breaks("C2") {
            bundle = Bundle::scan(bundle.root())?;
            plan = bundle.plan(&DeploySpec::new(plan.site, plan.base_url))?;
        }
        if self.wrong.breaks("C6") {
            let known = self.inner().list(&plan.site).await?;
            if let Some(release) = known.into_iter().find(|release| release.id == plan.release) {
                plan.base_url = release.url;
            }
        }
        let mut answer = self.inner().deploy(&self.wrong.key("C4", key), &plan, &bundle).await;
        let failed = answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unavailable);
        if self.wrong.breaks("C5") && failed {
            answer = self.inner().deploy(key, &plan, &bundle).await;
        }
        let mut deployment = answer?;
        if self.wrong.breaks("C3") {
            let age = Duration::from_secs(u64::try_from(self.sites.lock().unwrap().len()).unwrap());
            deployment.created_at = deployment.created_at.checked_add(age).unwrap();
        }
        Ok(deployment)
    }

    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError> {
        let status = self.inner().status(id).await?;
        Ok(if self.wrong.breaks("C12") { DeploymentStatus::Building } else { status })
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
            let others = self.sites.lock().unwrap().clone();
            for other in others.iter().filter(|other| *other != site) {
                self.inner().remove(&self.wrong.fresh_key(), other).await?;
            }
        }
        self.inner().remove(&self.wrong.key("C10", key), site).await
    }
}

#[tokio::test]
async fn wrong_deployers_are_caught() {
    let suite = |breaks: &'static str| async move {
        let scratch = tempfile::tempdir().unwrap();
        let wrong = WrongDeployer::new(breaks);
        let fail = || wrong.inner().fail_checks(1);
        deployer::run_all(&wrong, scratch.path(), Some(&fail)).await
    };
    let ran = suite("nothing").await;
    assert!(ran.skipped.is_empty(), "{ran:?}");
    let clauses = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12"];
    faults(&ran, clauses.map(|clause| (clause, clause)), suite).await;
}

/// A deployer that can publish and nothing else.
#[derive(Debug)]
struct PublishOnly(MemoryDeployer);

#[async_trait]
impl Deployer for PublishOnly {
    fn info(&self) -> DeployerInfo {
        DeployerInfo::new("publish-only", ae_core::Mode::Test)
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.0.check().await
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

    async fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus, BackendError> {
        self.0.status(id).await
    }
}

#[tokio::test]
async fn absent_abilities_are_said_and_skipped() {
    let scratch = tempfile::tempdir().unwrap();
    let deployer = PublishOnly(MemoryDeployer::new(Runtime::manual(start(), 1)));
    let ran = deployer::run_all(&deployer, scratch.path(), None).await;
    assert_eq!(ran.skipped, ["C4", "C5", "C7", "C8", "C9", "C10", "C11"]);
    let site = "c1".parse::<SiteId>().unwrap();
    let error = deployer.remove(&crate::fixture::key(0), &site).await.unwrap_err();
    assert_eq!((error.kind(), error.backend()), (ErrorKind::Unsupported, "publish-only"));
}
