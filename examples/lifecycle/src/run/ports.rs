//! The backends of one composition. What spends, publishes, charges or runs code is held only behind its guard.

use std::{collections::BTreeMap, fmt, sync::Arc};

use ae_billing::{EventStore, ObjectRef, PaymentProvider};
use ae_core::{BackendError, Offer, ProductSpec, RunId, Runtime};
use ae_genesis::NicheValidator;
use ae_harness::{
    BehaviourRunner, Bundle, CliProvider, DeployPlan, DeploySpec, Deployer, DeployerInfo, ProviderInfo,
    SiteContext, SiteId,
};
use ae_langflow::Checkpointer;
use ae_router::ModelRouter;
use ae_safety::{Gatekeeper, Guarded};

use crate::{
    glue::{
        agent::Agent, analysts::Analysts, approver::Approver, hosting::EnvFrom, progress::Progress,
        signals::Sources,
    },
    setup::{DataDir, Keys},
    store::RunIndex,
};

/// Everything that the stages of a run use.
#[derive(Debug)]
pub struct Ports {
    /// Where files live.
    pub dir: DataDir,
    /// The keys of the installation.
    pub keys: Keys,
    /// Clock, sleeper and ids.
    pub runtime: Runtime,
    /// Gates, approvals, budgets, the audit log, and what takes secrets out of text.
    pub keeper: Gatekeeper,
    /// Sources of signals.
    pub sources: Sources,
    /// Propose niches and write the spec.
    pub analysts: Analysts,
    /// Judges niches.
    pub validator: Arc<dyn NicheValidator>,
    /// Chooses models.
    pub router: Arc<dyn ModelRouter>,
    /// The products that the builders can make, known before anything is specified.
    pub offers: Vec<Offer>,
    /// Makes the builder of a product.
    pub builders: Builders,
    /// The coding agent that specifies and builds the product; `None` with the built-in builder.
    pub agent: Option<Agent>,
    /// Runs sealed behaviours, in a process of their own.
    pub runner: BehaviourRunner,
    /// Publishes it.
    pub deployer: Guarded<Arc<dyn Deployer>>,
    /// Says what publishing would do, without doing it.
    pub deploy_planner: DeployPlanner,
    /// Sells it.
    pub payments: Guarded<Arc<dyn PaymentProvider>>,
    /// Says what selling would do, without doing it.
    pub till: Till,
    /// The variables that a site's functions need to ask the payment provider.
    pub seller_env: BTreeMap<String, EnvFrom>,
    /// The books, which have to know what is on sale.
    pub books: Arc<dyn EventStore>,
    /// The list of runs.
    pub runs: Arc<RunIndex>,
    /// Remembers every step.
    pub store: Arc<dyn Checkpointer>,
    /// Asks the approver.
    pub approver: Arc<dyn Approver>,
    /// Tells what is going on.
    pub progress: Arc<dyn Progress>,
}

/// Makes the builder of one product from its spec and address.
pub type MakeBuilder = dyn Fn(&ProductSpec, &SiteContext) -> Arc<dyn CliProvider> + Send + Sync;

/// Makes builders behind their guards.
#[derive(Clone)]
pub struct Builders {
    make: Arc<MakeBuilder>,
    keeper: Gatekeeper,
}

impl Builders {
    /// Puts what `make` makes behind guards of `keeper`.
    pub const fn new(make: Arc<MakeBuilder>, keeper: Gatekeeper) -> Self {
        Self { make, keeper }
    }

    /// The builder of a product behind its guard, and its account of itself.
    pub fn of(
        &self,
        spec: &ProductSpec,
        site: &SiteContext,
    ) -> (ProviderInfo, Guarded<Arc<dyn CliProvider>>) {
        let builder = (self.make)(spec, site);
        let info = builder.info();
        let guarded = Guarded::new(builder, info.provider.clone(), self.keeper.clone());
        (info, guarded)
    }
}

impl fmt::Debug for Builders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builders").finish_non_exhaustive()
    }
}

/// The address that a host gives a site of that label, as far as it can be known before the site is made.
pub type AddressOf = dyn Fn(&SiteId) -> String + Send + Sync;

/// The harmless half of a deployer: it plans, and has no way to publish.
#[derive(Clone)]
pub struct DeployPlanner {
    deployer: Arc<dyn Deployer>,
    address: Arc<AddressOf>,
}

impl DeployPlanner {
    /// Takes the planning half of `deployer`, whose sites are expected at `address`.
    pub fn of(deployer: Arc<dyn Deployer>, address: Arc<AddressOf>) -> Self {
        Self { deployer, address }
    }

    /// The host's account of itself.
    pub fn info(&self) -> DeployerInfo {
        self.deployer.info()
    }

    /// Whether it could publish now.
    pub async fn check(&self) -> Result<(), BackendError> {
        self.deployer.check().await
    }

    /// The address that `site` is expected to have.
    pub fn address(&self, site: &SiteId) -> String {
        (self.address)(site)
    }

    /// The effect of publishing `bundle`, without publishing it.
    pub async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        self.deployer.plan(bundle, spec).await
    }
}

impl fmt::Debug for DeployPlanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeployPlanner").field("deployer", &self.deployer).finish_non_exhaustive()
    }
}

/// The harmless half of a payment provider: it looks, and has no way to sell.
#[derive(Debug, Clone)]
pub struct Till(Arc<dyn PaymentProvider>);

impl Till {
    /// Takes the looking half of `payments`.
    pub fn of(payments: Arc<dyn PaymentProvider>) -> Self {
        Self(payments)
    }

    /// The provider's account of itself and of its limits.
    pub fn info(&self) -> ae_billing::ProviderInfo {
        self.0.info()
    }

    /// Whether it could sell now, in the mode that was configured.
    pub async fn check(&self) -> Result<(), BackendError> {
        self.0.check().await
    }

    /// Everything that `run` made.
    pub async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.0.find(run).await
    }
}
