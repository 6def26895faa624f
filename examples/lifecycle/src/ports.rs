//! The backends of one composition. What spends, publishes, charges or runs code is held only behind its guard.

use std::sync::Arc;

use ae_billing::PaymentProvider;
use ae_core::{BackendError, Runtime};
use ae_genesis::{Analyst, NicheSource, NicheValidator};
use ae_harness::{Bundle, CliProvider, DeployPlan, DeploySpec, Deployer, ProviderInfo};
use ae_langflow::Checkpointer;
use ae_router::ModelRouter;
use ae_safety::{Gatekeeper, Guarded, Redactor};

use crate::{data_dir::DataDir, glue::approver::Approver, progress::Progress, run_index::RunIndex};

/// Everything that the stages of a run use.
#[derive(Debug)]
pub struct Ports {
    /// Where files live.
    pub dir: DataDir,
    /// Clock, sleeper and ids.
    pub runtime: Runtime,
    /// Gates, approvals, budgets and the audit log.
    pub keeper: Gatekeeper,
    /// Takes secrets out of text.
    pub redactor: Redactor,
    /// Sources of signals on this machine.
    pub local_sources: Vec<Arc<dyn NicheSource>>,
    /// Sources of signals on the network.
    pub live_sources: Vec<Guarded<Arc<dyn NicheSource>>>,
    /// Proposes niches and writes the spec.
    pub analyst: Arc<dyn Analyst>,
    /// Judges niches.
    pub validator: Arc<dyn NicheValidator>,
    /// Chooses models.
    pub router: Arc<dyn ModelRouter>,
    /// Writes the product.
    pub builder: Guarded<Arc<dyn CliProvider>>,
    /// Who the builder is and what separates it from the host, as it attests itself.
    pub builder_info: ProviderInfo,
    /// Publishes it.
    pub deployer: Guarded<Arc<dyn Deployer>>,
    /// Says what publishing would do, without doing it.
    pub deploy_planner: DeployPlanner,
    /// Sells it.
    pub payments: Guarded<Arc<dyn PaymentProvider>>,
    /// What the payment provider says about itself, and what it refuses.
    pub payments_info: ae_billing::ProviderInfo,
    /// The list of runs.
    pub runs: Arc<RunIndex>,
    /// Remembers every step.
    pub store: Arc<dyn Checkpointer>,
    /// Asks whoever decides.
    pub approver: Arc<dyn Approver>,
    /// Tells what is going on.
    pub progress: Arc<dyn Progress>,
}

/// The harmless half of a deployer: it plans, and has no way to publish.
#[derive(Debug, Clone)]
pub struct DeployPlanner(Arc<dyn Deployer>);

impl DeployPlanner {
    /// Takes the planning half of `deployer`.
    #[must_use]
    pub fn of(deployer: Arc<dyn Deployer>) -> Self {
        Self(deployer)
    }

    /// What publishing `bundle` would do.
    ///
    /// # Errors
    ///
    /// When the bundle can't be published as it is.
    pub async fn plan(&self, bundle: &Bundle, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        self.0.plan(bundle, spec).await
    }
}
