//! The embedded defaults: everything on this machine, no account, no server.

use std::{collections::BTreeMap, io::Read, path::Path, sync::Arc};

use ae_billing::{BillingConfig, EventStore, PaymentProvider, SqliteBilling, WebhookVerifier};
use ae_core::{BackendError, ErrorKind, Intent, Mode, Money, Offer, Provider, Runtime, Secret};
use ae_genesis::{FileSource, NicheSource, NicheValidator, RuleValidator, SignalQuery};
use ae_harness::{BehaviourRunner, Deployer, Kit, Launcher, SiteBuilder};
use ae_langflow::{Checkpointer, Durability, SqliteCheckpointer};
use ae_router::{ModelRouter, TierRouter};
use ae_safety::{
    AuditAnchor, AuditEvent, AuditReceipt, AuditSink, FileAudit, GateTable, Gatekeeper, Guarded, Redactor,
    SqliteAnchor, SqliteDesk, SqliteLedger,
};
use async_trait::async_trait;

use super::{
    agents::{self, CodingAgent},
    analysts,
    hosts::host,
    kits, missed,
    sellers::seller,
    signals::{FirstOnly, sources},
    webhooks,
};
use crate::{
    engine::{AgentChoice, Installation, RunOptions, Wiring},
    error::{Error, Result},
    glue::{
        analysts::{Analysts, Hired},
        hosting::EnvFrom,
        missed::MissedEvents,
        notice::Notifier,
        signals::Sources,
        storefront::Storefront,
    },
    run::{AddressOf, Builders, DeployPlanner, MakeBuilder, Ports, Till},
    setup::{AUDIT_LOG, DataDir, Keys},
    store::{KitFrom, RunIndex, RunSettings, SignalsFrom},
};

/// For a ledger that makes no links.
const ANY_ADDRESS: &str = "http://127.0.0.1";

/// The backends of a run before they are put behind their guards.
#[allow(missing_debug_implementations, reason = "what makes the builder has no form to show")]
pub struct Backends {
    /// Sources of signals on this machine.
    pub local_sources: Vec<Arc<dyn NicheSource>>,
    /// Sources of signals on the network.
    pub live_sources: Vec<Arc<dyn NicheSource>>,
    /// Proposes niches and writes the spec.
    pub analyst: Hired,
    /// Judges niches.
    pub validator: Arc<dyn NicheValidator>,
    /// Chooses models.
    pub router: Arc<dyn ModelRouter>,
    /// The products that its builder can make.
    pub offers: Vec<Offer>,
    /// Writes the product.
    pub builder: Arc<MakeBuilder>,
    /// The coding agent that specifies and builds it instead.
    pub agent: Option<CodingAgent>,
    /// Runs sealed behaviours.
    pub runner: BehaviourRunner,
    /// Publishes it.
    pub deployer: Arc<dyn Deployer>,
    /// The addresses that its sites are expected to have.
    pub address: Arc<AddressOf>,
    /// Sells it.
    pub payments: Arc<dyn PaymentProvider>,
    /// The variables that a site's functions need to ask the payment provider.
    pub seller_env: BTreeMap<String, EnvFrom>,
    /// The books.
    pub books: Arc<dyn EventStore>,
    /// Remembers every step.
    pub store: Arc<dyn Checkpointer>,
}

/// Opens the data directory with its embedded stores.
///
/// # Errors
///
/// When it, or a database in it, can't be used as it is; nothing is overwritten.
pub fn open(dir: DataDir, runtime: Runtime) -> Result<Installation> {
    let runs = dir.database("runs");
    if !runs.metadata().is_ok_and(|meta| meta.len() > 0) {
        if let Some(name) = dir.stores().find(|name| dir.path().join(name).exists()) {
            return Err(gone(&dir, "runs.db", &format!("{name} is there")));
        }
    }
    let runs = Arc::new(RunIndex::open(&runs)?);
    let known = known_stores(&dir, &runs)?;
    // The audit log is made by its store, which knows whether it may.
    for name in ["checkpoints", "safety", "billing"] {
        dir.private_file(&dir.database(name))?;
    }
    let redactor = Redactor::new();
    let store: Arc<dyn Checkpointer> =
        Arc::new(SqliteCheckpointer::open(dir.database("checkpoints"), Durability::Full)?);
    let desk = Arc::new(SqliteDesk::open(dir.database("safety"), runtime.clone())?);
    let budget = Arc::new(SqliteLedger::open(dir.database("safety"))?);
    let anchor = Arc::new(SqliteAnchor::open(dir.database("safety"))?);
    let audit = Arc::new(FileAudit::open(dir.audit_log(), anchor, runtime.clone(), redactor.clone())?);
    let keeper = Gatekeeper::new(Arc::new(GateTable::default()), desk, budget, audit, redactor);
    SqliteBilling::open_or_create(dir.database("billing"), runtime.clone(), BillingConfig::new(ANY_ADDRESS))?;
    let is_new = |name: &&str| holds_data(&dir, name) && !known.iter().any(|known| known == name);
    for name in dir.stores().filter(is_new) {
        runs.remember_store(name)?;
    }
    let wiring = Arc::new(Embedded { reads_only: false });
    let launcher = Launcher::this_program();
    Ok(Installation { dir, runtime, runs, store, keeper, launcher, wiring })
}

/// Opens the data directory to look at its runs, also on a read-only disk: nothing is made or changed.
pub fn open_read_only(dir: DataDir, runtime: Runtime) -> Result<Installation> {
    let runs = Arc::new(RunIndex::open_read_only(&dir.database("runs"))?);
    known_stores(&dir, &runs)?;
    let safety = dir.database("safety");
    let recorded = SqliteAnchor::open_read_only(&safety)?.read()?.bytes;
    if dir.audit_log().metadata().map_or(0, |log| log.len()) < recorded {
        return Err(gone(&dir, AUDIT_LOG, &format!("{recorded} bytes of records were written to it")));
    }
    let store = Arc::new(SqliteCheckpointer::open_read_only(dir.database("checkpoints"))?);
    let desk = Arc::new(SqliteDesk::open_read_only(&safety, runtime.clone())?);
    let budget = Arc::new(SqliteLedger::open_read_only(&safety)?);
    let gate = Arc::new(GateTable::default());
    let keeper = Gatekeeper::new(gate, desk, budget, Arc::new(ClosedAudit), Redactor::new());
    let wiring = Arc::new(Embedded { reads_only: true });
    let launcher = Launcher::this_program();
    Ok(Installation { dir, runtime, runs, store, keeper, launcher, wiring })
}

/// The stores that runs have used, all of which are there.
fn known_stores(dir: &DataDir, runs: &RunIndex) -> Result<Vec<String>> {
    let known = runs.known_stores()?;
    match known.iter().find(|name| !holds_data(dir, name)) {
        Some(name) => Err(gone(dir, name, "runs of this data directory have used it")),
        None => Ok(known),
    }
}

fn holds_data(dir: &DataDir, name: &str) -> bool {
    dir.path().join(name).metadata().is_ok_and(|meta| meta.len() > 0)
}

/// A store that is missing although it was there: made again, it would pass for one in which nothing happened.
fn gone(dir: &DataDir, name: &str, why: &str) -> Error {
    let message = format!("{name} is gone from {} or was cut, though {why}", dir.path().display());
    Error::new(ErrorKind::Protocol, message)
        .with_hint("restore it from a backup, or use another --data-dir; nothing was changed")
}

/// The offline ledger of `installation`, with links at `base_url`.
pub fn ledger(installation: &Installation, base_url: &str) -> Result<SqliteBilling> {
    let (path, runtime) = (installation.dir.database("billing"), installation.runtime.clone());
    Ok(SqliteBilling::open(path, runtime, BillingConfig::new(base_url))?)
}

impl Backends {
    /// The embedded backends for `settings`; `stdin` is read when the settings name standard input.
    pub fn embedded(
        installation: &Installation,
        settings: &RunSettings,
        stdin: Option<Box<dyn Read + Send>>,
    ) -> Result<Self> {
        let runtime = &installation.runtime;
        let (local_sources, live_sources) = sources(runtime, settings, stdin)?;
        let kits = kits::kits(settings)?;
        let (host, seller) = (host(installation, settings)?, seller(installation, settings)?);
        Ok(Self {
            local_sources,
            live_sources,
            analyst: analysts::of(runtime, settings)?,
            validator: Arc::new(RuleValidator),
            router: Arc::new(TierRouter::new()),
            offers: kits.iter().map(Kit::offer).collect(),
            builder: Arc::new(move |spec, site| {
                Arc::new(SiteBuilder::new(spec.clone(), site.clone()).with_kits(kits.clone()))
            }),
            agent: agents::of(installation, settings)?,
            runner: BehaviourRunner::new(installation.launcher.clone()),
            deployer: host.deployer,
            address: host.address,
            payments: seller.payments,
            seller_env: seller.env,
            books: Arc::new(ledger(installation, &settings.base_url)?),
            store: Arc::clone(&installation.store),
        })
    }

    /// Puts the backends behind their guards.
    #[must_use]
    pub fn guard(self, installation: &Installation, options: RunOptions) -> Arc<Ports> {
        let Installation { dir, runtime, runs, keeper, .. } = installation.clone();
        let live = self.live_sources.into_iter().map(|source| {
            let provider = Provider::new(source.name(), Mode::Live);
            Guarded::new(source, provider, keeper.clone())
        });
        let (deployer, seller) = (self.deployer.info().provider, self.payments.info().provider);
        let redactor = keeper.redactor.clone();
        let keys = Keys::new(dir.clone(), Arc::clone(&runtime.ids), keeper.clone());
        Arc::new(Ports {
            keys,
            sources: Sources { local: self.local_sources, live: live.collect(), redactor },
            analysts: Analysts::new(self.analyst, keeper.clone()),
            validator: self.validator,
            router: self.router,
            offers: self.offers,
            builders: Builders::new(self.builder, keeper.clone()),
            agent: self.agent.map(|agent| agent.guard(keeper.clone())),
            runner: self.runner,
            deploy_planner: DeployPlanner::of(Arc::clone(&self.deployer), self.address),
            deployer: Guarded::new(self.deployer, deployer, keeper.clone()),
            till: Till::of(Arc::clone(&self.payments)),
            payments: Guarded::new(self.payments, seller, keeper.clone()),
            seller_env: self.seller_env,
            books: self.books,
            store: self.store,
            approver: options.approver,
            progress: options.progress,
            dir,
            runtime,
            keeper,
            runs,
        })
    }
}

/// The audit log of an installation that is only read: an effect would have to be recorded, so there is none.
#[derive(Debug)]
struct ClosedAudit;

#[async_trait]
impl AuditSink for ClosedAudit {
    async fn append(&self, _: &AuditEvent) -> std::result::Result<AuditReceipt, BackendError> {
        let message = "this command opened the data directory for reading";
        Err(BackendError::new(ErrorKind::PermissionDenied, "audit", "append", message))
    }
}

/// The wiring of the embedded defaults.
#[derive(Debug)]
struct Embedded {
    reads_only: bool,
}

#[async_trait]
impl Wiring for Embedded {
    fn ports(
        &self,
        installation: &Installation,
        settings: &RunSettings,
        stdin: Option<Box<dyn Read + Send>>,
        options: RunOptions,
    ) -> Result<Arc<Ports>> {
        Ok(Backends::embedded(installation, settings, stdin)?.guard(installation, options))
    }

    fn kit(&self, folder: &Path) -> Result<KitFrom> {
        kits::read(folder).map(|(_, from)| from)
    }

    async fn choose_agent(
        &self,
        installation: &Installation,
        asked: &RunSettings,
        budget: Money,
    ) -> Result<AgentChoice> {
        agents::choose(installation, asked, budget).await
    }

    fn choose_analyst(&self, asked: &RunSettings, budget: Money) -> Result<(String, Vec<String>)> {
        analysts::choose(asked, budget)
    }

    async fn agent_ready(&self, installation: &Installation, settings: &RunSettings) -> Result<()> {
        agents::settings_ready(installation, settings).await
    }

    fn storefront(&self, installation: &Installation, base_url: &str) -> Result<Arc<dyn Storefront>> {
        if self.reads_only {
            let (path, runtime) = (installation.dir.database("billing"), installation.runtime.clone());
            return Ok(Arc::new(SqliteBilling::open_read_only(path, runtime, BillingConfig::new(base_url))?));
        }
        Ok(Arc::new(ledger(installation, base_url)?))
    }

    fn webhook_secret(&self, provider: &Provider) -> Option<Secret<String>> {
        webhooks::secret(provider)
    }

    fn verifier(
        &self,
        provider: &Provider,
        secrets: Vec<Secret<String>>,
    ) -> Result<Arc<dyn WebhookVerifier>> {
        webhooks::verifier(provider, secrets)
    }

    fn missed(&self, installation: &Installation) -> Result<Vec<Arc<dyn MissedEvents>>> {
        missed::missed(installation)
    }

    fn notifier(&self, url: &str) -> Result<Arc<dyn Notifier>> {
        webhooks::notifier(url)
    }

    async fn check_signals(
        &self,
        installation: &Installation,
        settings: &RunSettings,
        intent: &Intent,
    ) -> Result<()> {
        let query = SignalQuery::from_intent(intent);
        for from in &settings.signals {
            let SignalsFrom::File(path) = from else { continue };
            // A pipe can be read once, so that is left to the run.
            if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
                continue;
            }
            FileSource::at(path, installation.runtime.clone()).collect(&query, &mut FirstOnly).await?;
        }
        Ok(())
    }
}
