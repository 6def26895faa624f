//! Decorators that kill the process before or after the n-th commit or effect.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use ae_billing::{
    Endpoint, Ensured, NewEndpoint, NewLink, NewPrice, NewProduct, ObjectRef, Page, Payment, PaymentLink,
    PaymentProvider, PaymentQuery, Price, Product, ProviderInfo as PaymentInfo,
};
use ae_core::{BackendError, Cancel, IdempotencyKey, RunId};
use ae_harness::{
    AgentReport, AgentRequest, AgentSink, Bundle, CliProvider, DeployPlan, DeploySpec, Deployer,
    DeployerInfo, Deployment, DeploymentId, DeploymentReport, Domain, DomainStatus, EnvVar, NewSite,
    ProviderInfo, Site, SiteId,
};
use ae_langflow::{
    Checkpointer, Page as ThreadPage, ThreadInfo,
    host::{Head, Loaded, Prune, Record, TaskRecord},
};
use async_trait::async_trait;
use lifecycle::{
    glue::progress::Silent,
    store::{RunSettings, SignalsFrom},
    wiring::Backends,
};

use crate::inside::{drive, installation, intent, record, standing};

/// One place where the process may die.
fn point(countdown: &AtomicU32) {
    if countdown.fetch_sub(1, Ordering::SeqCst) == 1 {
        // As kill -9: nothing is flushed, no destructor runs.
        std::process::abort();
    }
}

#[derive(Debug)]
struct Deadly<T> {
    inner: T,
    countdown: Arc<AtomicU32>,
}

impl<T> Deadly<T> {
    fn new(inner: T, countdown: &Arc<AtomicU32>) -> Self {
        Self { inner, countdown: Arc::clone(countdown) }
    }

    async fn around<O>(&self, effect: impl Future<Output = O>) -> O {
        point(&self.countdown);
        let result = effect.await;
        point(&self.countdown);
        result
    }
}

#[async_trait]
impl PaymentProvider for Deadly<Arc<dyn PaymentProvider>> {
    fn info(&self) -> PaymentInfo {
        self.inner.info()
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.inner.check().await
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.around(self.inner.ensure_product(key, spec)).await
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        self.around(self.inner.ensure_price(key, spec)).await
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        self.around(self.inner.ensure_payment_link(key, spec)).await
    }

    async fn ensure_endpoint(
        &self,
        key: &IdempotencyKey,
        endpoint: &NewEndpoint,
    ) -> Result<Ensured<Endpoint>, BackendError> {
        self.around(self.inner.ensure_endpoint(key, endpoint)).await
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        self.around(self.inner.deactivate(key, object)).await
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.inner.find(run).await
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        self.inner.payments(query).await
    }
}

#[async_trait]
impl CliProvider for Deadly<Arc<dyn CliProvider>> {
    fn info(&self) -> ProviderInfo {
        self.inner.info()
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.inner.check().await
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        self.around(self.inner.execute(key, request, events, cancel)).await
    }
}

#[async_trait]
impl Deployer for Deadly<Arc<dyn Deployer>> {
    fn info(&self) -> DeployerInfo {
        self.inner.info()
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.inner.check().await
    }

    async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        self.inner.plan(bundle, spec).await
    }

    async fn deploy(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        self.around(self.inner.deploy(key, plan, bundle)).await
    }

    async fn ensure_site(&self, key: &IdempotencyKey, site: &NewSite) -> Result<Site, BackendError> {
        self.around(self.inner.ensure_site(key, site)).await
    }

    async fn status(&self, site: &SiteId, id: &DeploymentId) -> Result<DeploymentReport, BackendError> {
        self.inner.status(site, id).await
    }

    async fn set_env(&self, key: &IdempotencyKey, site: &SiteId, env: &[EnvVar]) -> Result<(), BackendError> {
        self.around(self.inner.set_env(key, site, env)).await
    }

    async fn ensure_domain(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        domain: &Domain,
    ) -> Result<DomainStatus, BackendError> {
        self.around(self.inner.ensure_domain(key, site, domain)).await
    }

    async fn activate(
        &self,
        key: &IdempotencyKey,
        site: &SiteId,
        id: &DeploymentId,
    ) -> Result<(), BackendError> {
        self.around(self.inner.activate(key, site, id)).await
    }

    async fn list(&self, site: &SiteId) -> Result<Vec<Deployment>, BackendError> {
        self.inner.list(site).await
    }

    async fn remove(&self, key: &IdempotencyKey, site: &SiteId) -> Result<(), BackendError> {
        self.around(self.inner.remove(key, site)).await
    }
}

#[async_trait]
impl Checkpointer for Deadly<Arc<dyn Checkpointer>> {
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError> {
        self.around(self.inner.commit(thread, expected, record)).await
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        records: Vec<TaskRecord>,
    ) -> Result<Vec<TaskRecord>, BackendError> {
        self.around(self.inner.append_once(thread, head, records)).await
    }

    async fn notes(&self, thread: &str, head: Head) -> Result<Option<Vec<TaskRecord>>, BackendError> {
        self.inner.notes(thread, head).await
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        self.inner.load(thread, up_to).await
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        self.around(self.inner.copy(from, up_to, to)).await
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        self.around(self.inner.prune(thread, prune)).await
    }

    async fn list(&self, page: ThreadPage) -> Result<Vec<ThreadInfo>, BackendError> {
        self.inner.list(page).await
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        self.inner.delete(thread).await
    }
}

/// The main job on the sample in this process, until the countdown reaches zero.
pub fn run_until_point(data: &Path, run: RunId, countdown: &Arc<AtomicU32>) {
    let settings = RunSettings::new("http://127.0.0.1:4180", vec![SignalsFrom::Sample]);
    run_with(data, run, settings, countdown);
}

/// The same at another host and with another payment provider.
pub fn run_live_until_point(data: &Path, run: RunId, [deploy, pay]: [&str; 2], countdown: &Arc<AtomicU32>) {
    let mut settings = RunSettings::new("http://127.0.0.1:4180", vec![SignalsFrom::Sample]);
    (settings.deploy, settings.pay) = (deploy.to_owned(), pay.to_owned());
    settings.domain = Some("csv-tool.example".parse().unwrap());
    settings.webhook_url = Some("http://127.0.0.1:9/api/v1/billing/webhooks/stripe".to_owned());
    run_with(data, run, settings, countdown);
}

fn run_with(data: &Path, run: RunId, settings: RunSettings, countdown: &Arc<AtomicU32>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(async {
        let installation = installation(data);
        let mut backends = Backends::embedded(&installation, &settings, None).unwrap();
        let (factory, builders) = (backends.builder, Arc::clone(countdown));
        backends.builder = Arc::new(move |spec, site| Arc::new(Deadly::new(factory(spec, site), &builders)));
        backends.deployer = Arc::new(Deadly::new(backends.deployer, countdown));
        backends.payments = Arc::new(Deadly::new(backends.payments, countdown));
        backends.store = Arc::new(Deadly::new(backends.store, countdown));
        let intent = intent(crate::ae::INTENT, "10");
        record(&installation, run, intent, settings).await;
        drive(&installation, backends, run, standing(), Arc::new(Silent)).await
    });
    assert_eq!(report.outcome, "verified");
}
