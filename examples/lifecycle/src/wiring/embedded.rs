//! The embedded defaults: everything on this machine, no account, no server.

use std::{io::Read, ops::ControlFlow, path::Path, sync::Arc};

use ae_billing::{BillingConfig, PaymentProvider, SqliteBilling};
use ae_core::{ErrorKind, Intent, Mode, Provider, Runtime};
use ae_genesis::{
    Analyst, FileSource, HackerNewsSource, NicheSource, NicheValidator, RuleAnalyst, RuleValidator, Signal,
    SignalQuery, SignalSink, sample::SampleSource,
};
use ae_harness::{Deployer, LocalDeployer, SiteBuilder};
use ae_langflow::{Checkpointer, Durability, SqliteCheckpointer};
use ae_router::{ModelRouter, TierRouter};
use ae_safety::{
    FileAudit, GateTable, Gatekeeper, Guarded, Redactor, SqliteAnchor, SqliteDesk, SqliteLedger,
};

use crate::{
    error::{Error, Result},
    glue::approver::{Absent, Approver},
    run::{BuilderFactory, Builders, DeployPlanner, Ports},
    run::{Progress, Silent},
    setup::DataDir,
    store::{RunIndex, RunSettings, SignalsFrom},
};

/// The backends of a run before they are put behind their guards.
#[derive(Debug)]
pub struct Backends {
    /// Sources of signals on this machine.
    pub local_sources: Vec<Arc<dyn NicheSource>>,
    /// Sources of signals on the network.
    pub live_sources: Vec<Arc<dyn NicheSource>>,
    /// Proposes niches and writes the spec.
    pub analyst: Arc<dyn Analyst>,
    /// Judges niches.
    pub validator: Arc<dyn NicheValidator>,
    /// Chooses models.
    pub router: Arc<dyn ModelRouter>,
    /// Writes the product.
    pub builder: BuilderFactory,
    /// Publishes it.
    pub deployer: Arc<dyn Deployer>,
    /// Sells it.
    pub payments: Arc<dyn PaymentProvider>,
    /// Remembers every step.
    pub store: Arc<dyn Checkpointer>,
}

/// What every command opens: the data directory and the shared stores in it.
#[derive(Debug, Clone)]
pub struct Host {
    /// The folder.
    pub dir: DataDir,
    /// Clock, sleeper and ids.
    pub runtime: Runtime,
    /// The list of runs.
    pub runs: Arc<RunIndex>,
    /// The checkpoints.
    pub store: Arc<dyn Checkpointer>,
    /// Gates, approvals, budgets, audit log.
    pub keeper: Gatekeeper,
    /// Takes secrets out of text.
    pub redactor: Redactor,
}

impl Host {
    /// Opens the data directory.
    ///
    /// # Errors
    ///
    /// When it, or a database in it, can't be used as it is; nothing is overwritten.
    pub fn open(path: &Path, runtime: Runtime) -> Result<Self> {
        let dir = DataDir::open(path)?;
        for name in ["runs", "checkpoints", "safety", "billing"] {
            dir.private_file(&dir.database(name))?;
        }
        let redactor = Redactor::new();
        let runs = Arc::new(RunIndex::open(&dir.database("runs"))?);
        let store: Arc<dyn Checkpointer> =
            Arc::new(SqliteCheckpointer::open(dir.database("checkpoints"), Durability::Full)?);
        let desk = Arc::new(SqliteDesk::open(dir.database("safety"), runtime.clone())?);
        let budget = Arc::new(SqliteLedger::open(dir.database("safety"))?);
        let anchor = Arc::new(SqliteAnchor::open(dir.database("safety"))?);
        let audit = Arc::new(FileAudit::open(dir.audit_log(), anchor, runtime.clone(), redactor.clone())?);
        let keeper = Gatekeeper::new(Arc::new(GateTable::default()), desk, budget, audit, redactor.clone());
        Ok(Self { dir, runtime, runs, store, keeper, redactor })
    }

    /// The offline ledger, with links at `base_url`.
    ///
    /// # Errors
    ///
    /// When its database can't be used as it is.
    pub fn billing(&self, base_url: &str) -> Result<SqliteBilling> {
        let config = BillingConfig::new(base_url);
        Ok(SqliteBilling::open(self.dir.database("billing"), self.runtime.clone(), config)?)
    }

    /// The embedded backends for `settings`; `stdin` is read when the settings name standard input.
    ///
    /// # Errors
    ///
    /// When a file of signals or a store can't be opened.
    pub fn backends(&self, settings: &RunSettings, stdin: Option<Box<dyn Read + Send>>) -> Result<Backends> {
        let (local_sources, live_sources) = self.sources(settings, stdin)?;
        Ok(Backends {
            local_sources,
            live_sources,
            analyst: Arc::new(RuleAnalyst),
            validator: Arc::new(RuleValidator),
            router: Arc::new(TierRouter::new()),
            builder: BuilderFactory::new(|spec, site| Arc::new(SiteBuilder::new(spec.clone(), site.clone()))),
            deployer: Arc::new(LocalDeployer::open(self.dir.sites(), self.runtime.clone())?),
            payments: Arc::new(self.billing(&settings.base_url)?),
            store: Arc::clone(&self.store),
        })
    }

    /// Puts `backends` behind their guards.
    #[must_use]
    pub fn guard(
        &self,
        backends: Backends,
        approver: Arc<dyn Approver>,
        progress: Arc<dyn Progress>,
    ) -> Arc<Ports> {
        let keeper = &self.keeper;
        let (deployer_info, payments_info) = (backends.deployer.info(), backends.payments.info());
        Arc::new(Ports {
            dir: self.dir.clone(),
            runtime: self.runtime.clone(),
            keeper: keeper.clone(),
            redactor: self.redactor.clone(),
            local_sources: backends.local_sources,
            live_sources: backends
                .live_sources
                .into_iter()
                .map(|source| {
                    let provider = Provider::new(source.name(), Mode::Live);
                    Guarded::new(source, provider, keeper.clone())
                })
                .collect(),
            analyst: backends.analyst,
            validator: backends.validator,
            router: backends.router,
            builders: Builders::new(backends.builder, keeper.clone()),
            deploy_planner: DeployPlanner::of(Arc::clone(&backends.deployer)),
            deployer: Guarded::new(backends.deployer, deployer_info.provider(), keeper.clone()),
            payments: Guarded::new(
                backends.payments,
                Provider::new(payments_info.name.clone(), payments_info.mode),
                keeper.clone(),
            ),
            payments_info,
            runs: Arc::clone(&self.runs),
            store: backends.store,
            approver,
            progress,
        })
    }

    /// Looks at the files of signals that `settings` names, before a run is begun that could not read them.
    ///
    /// # Errors
    ///
    /// When one is missing, empty, or not what it should be.
    pub async fn check_signals(&self, settings: &RunSettings, intent: &Intent) -> Result<()> {
        let query = SignalQuery::from_intent(intent);
        for from in &settings.signals {
            if let SignalsFrom::File(path) = from {
                FileSource::open(path, self.runtime.clone())?.collect(&query, &mut FirstOnly).await?;
            }
        }
        Ok(())
    }

    /// Ports for looking at runs: they have no source of signals and nobody to ask.
    ///
    /// # Errors
    ///
    /// When a store can't be opened.
    pub fn reading(&self) -> Result<Arc<Ports>> {
        let settings = RunSettings {
            signals: vec![SignalsFrom::Sample],
            agent: String::new(),
            base_url: "http://127.0.0.1".to_owned(),
        };
        let mut backends = self.backends(&settings, None)?;
        backends.local_sources.clear();
        Ok(self.guard(backends, Arc::new(Absent), Arc::new(Silent)))
    }

    fn sources(&self, settings: &RunSettings, mut stdin: Option<Box<dyn Read + Send>>) -> Result<Sources> {
        let mut local: Vec<Arc<dyn NicheSource>> = Vec::new();
        for from in &settings.signals {
            local.push(match from {
                SignalsFrom::Sample => Arc::new(SampleSource::new(self.runtime.clone())),
                SignalsFrom::File(path) => {
                    Arc::new(LaterFile { path: path.clone(), runtime: self.runtime.clone() })
                }
                SignalsFrom::StandardInput => match stdin.take() {
                    Some(reader) => {
                        Arc::new(FileSource::from_reader("standard input", reader, self.runtime.clone()))
                    }
                    None => Arc::new(GoneInput),
                },
            });
        }
        let mut live: Vec<Arc<dyn NicheSource>> = Vec::new();
        if settings.signals.is_empty() {
            live.push(Arc::new(HackerNewsSource::new(self.runtime.clone())?));
        }
        Ok((local, live))
    }
}

type Sources = (Vec<Arc<dyn NicheSource>>, Vec<Arc<dyn NicheSource>>);

/// A file of signals that is opened when it is read: a run that has read it needs it no more.
#[derive(Debug)]
struct LaterFile {
    path: String,
    runtime: Runtime,
}

#[async_trait::async_trait]
impl NicheSource for LaterFile {
    fn name(&self) -> &str {
        "file"
    }

    async fn collect(
        &self,
        query: &ae_genesis::SignalQuery,
        sink: &mut dyn ae_genesis::SignalSink,
    ) -> Result<ae_genesis::SourceReport, ae_core::BackendError> {
        FileSource::open(&self.path, self.runtime.clone())?.collect(query, sink).await
    }
}

/// Standard input of a command that has ended: it is needed only when the run stopped before it was read.
#[derive(Debug)]
struct GoneInput;

#[async_trait::async_trait]
impl NicheSource for GoneInput {
    fn name(&self) -> &str {
        "standard input"
    }

    async fn collect(
        &self,
        _: &ae_genesis::SignalQuery,
        _: &mut dyn ae_genesis::SignalSink,
    ) -> Result<ae_genesis::SourceReport, ae_core::BackendError> {
        Err(ae_core::BackendError::new(
            ErrorKind::NotFound,
            "signals",
            "collect",
            "the run stopped before its signals were read, and the standard input they came from is gone: start a new \
             run, with --signals FILE if it should survive that",
        ))
    }
}

/// The platform's data folder for this product, or an error that says what to pass.
///
/// # Errors
///
/// When neither `XDG_DATA_HOME` nor `HOME` is set.
pub fn default_data_dir(xdg_data_home: Option<String>, home: Option<String>) -> Result<std::path::PathBuf> {
    let named = |text: Option<String>| text.filter(|text| Path::new(text).is_absolute());
    if let Some(data) = named(xdg_data_home) {
        return Ok(Path::new(&data).join("autonomous-enterprise"));
    }
    if let Some(home) = named(home) {
        return Ok(Path::new(&home).join(".local/share/autonomous-enterprise"));
    }
    Err(Error::new(ErrorKind::InvalidInput, "there is no home directory to keep runs in")
        .with_hint("pass --data-dir DIR"))
}

/// Stops a source at its first signal: enough to know that it can be read.
struct FirstOnly;

impl SignalSink for FirstOnly {
    fn accept(&mut self, _: Signal) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}
