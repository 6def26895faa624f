//! Starts a run.

use std::{fmt, future::Future, io::Read, path::PathBuf, sync::Arc};

use ae_core::{Currency, Deliverable, ErrorKind, Intent, Mode, Money, ProjectId, RunId};

use super::report::{RunReport, report};
use crate::{
    engine::{self, Installation, RunOptions},
    error::{Error, Result},
    glue::{address, hosting::Parties},
    run::Ports,
    setup::Lease,
    store::{RunRow, RunSettings, SignalsFrom},
};

/// A run to be started.
pub struct StartRequest {
    /// The intent, in a sentence.
    pub intent: String,
    /// The most that may be spent, in USD.
    pub budget: String,
    /// The options.
    pub settings: RunSettings,
    /// Folders of kits of one's own; they are read, checked and named in the settings.
    pub kits: Vec<PathBuf>,
    /// The id of the run; a new one if absent.
    pub run_id: Option<RunId>,
    /// The input of a run whose signals come from standard input.
    pub stdin: Option<Box<dyn Read + Send>>,
}

impl fmt::Debug for StartRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartRequest").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl StartRequest {
    /// A run with a new id that reads no standard input.
    pub fn new(intent: impl Into<String>, budget: impl Into<String>, settings: RunSettings) -> Self {
        Self {
            intent: intent.into(),
            budget: budget.into(),
            settings,
            kits: Vec::new(),
            run_id: None,
            stdin: None,
        }
    }
}

/// A run that is recorded and not begun.
#[derive(Debug)]
pub struct Started {
    /// Its id.
    pub run: RunId,
    /// Remarks on the request, which did not keep it from being recorded.
    pub warnings: Vec<String>,
    settings: RunSettings,
    intent: Intent,
    ports: Arc<Ports>,
    lease: Lease,
}

/// Records a run. From here on it is listed, and can be cancelled.
///
/// # Errors
///
/// When the request can't be right, the id is taken, or a store can't be written.
pub async fn start(
    installation: &Installation,
    request: StartRequest,
    options: RunOptions,
) -> Result<Started> {
    let mut warnings = Vec::new();
    let intent = intent(installation, &request, &mut warnings)?;
    let mut settings = settings(request.settings, &mut warnings)?;
    let choice = installation.wiring.choose_agent(installation, &settings, intent.budget()).await?;
    (settings.agent, settings.model, settings.by_tier) = (choice.name, choice.model, choice.by_tier);
    warnings.extend(choice.remarks);
    let (analyst, remarks) = installation.wiring.choose_analyst(&settings, intent.budget())?;
    settings.analyst = analyst;
    warnings.extend(remarks);
    for folder in &request.kits {
        let kit = installation.wiring.kit(folder)?;
        if settings.kits.contains(&kit) {
            warnings.push(format!("--kit {} was given twice; it is used once", folder.display()));
        } else {
            settings.kits.push(kit);
        }
    }
    let ports = installation.wiring.ports(installation, &settings, request.stdin, options)?;
    can_go_live(&ports, &settings)?;
    for row in installation.runs.open_runs().await? {
        if is_twin(row.intent.text(), intent.text()) {
            let run = row.run_id;
            warnings.push(format!("run {run} of the same intent has not ended; this is a new run"));
        }
    }
    let ids = &installation.runtime.ids;
    let run = request.run_id.unwrap_or_else(|| RunId::from_uuid(ids.new_uuid()));
    let project = ProjectId::from_uuid(ids.new_uuid());
    let lease = engine::lease(installation, run).await?;
    let row = RunRow::new(run, project, intent.clone(), settings.clone(), installation.runtime.now());
    installation.runs.insert(&row).await?;
    Ok(Started { run, warnings, settings, intent, ports, lease })
}

impl Started {
    /// Drives the run to its first stop, or until `interrupted` completes. A run whose files of signals can't be read
    /// is taken off the list again.
    ///
    /// # Errors
    ///
    /// When a file of signals can't be read, or a part breaks; the run can then be resumed.
    pub async fn drive(
        self,
        installation: &Installation,
        interrupted: impl Future<Output = ()>,
    ) -> Result<RunReport> {
        let Self { run, settings, intent, ports, lease, .. } = self;
        let readable = async {
            let checked = installation.wiring.check_signals(installation, &settings, &intent).await;
            if checked.is_err() {
                installation.runs.forget(run).await?;
            }
            checked
        };
        engine::drive(installation, &ports, lease, run, readable, interrupted).await?;
        report(installation, &installation.runs.get(run).await?).await
    }
}

fn intent(installation: &Installation, request: &StartRequest, warnings: &mut Vec<String>) -> Result<Intent> {
    let bad = |error: String| Error::new(ErrorKind::InvalidInput, error);
    let budget = Money::parse(&request.budget, Currency::USD).map_err(|error| {
        bad(format!("--budget: {error}")).with_hint("for example --budget 10, or --budget 0 to spend nothing")
    })?;
    let clean = installation.keeper.redactor.redact(&request.intent);
    if clean != request.intent {
        let what = "the intent holds what looks like a secret; it was taken out before anything was stored";
        warnings.push(what.to_owned());
    }
    Intent::new(&clean, budget).map_err(|error| bad(error.to_string()))
}

/// The settings with each source of signals once.
fn settings(mut settings: RunSettings, warnings: &mut Vec<String>) -> Result<RunSettings> {
    let mut signals = Vec::new();
    for from in settings.signals {
        if !signals.contains(&from) {
            signals.push(from);
        } else if from == SignalsFrom::StandardInput {
            let message = "standard input can be read once: give --signals - once";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        } else {
            warnings.push(format!("--signals {from} was given twice; it is read once"));
        }
    }
    settings.signals = signals;
    Ok(settings)
}

/// Refuses settings that host and payment provider can't meet, whatever the run finds.
fn can_go_live(ports: &Ports, settings: &RunSettings) -> Result<()> {
    let (host, seller) = (ports.deploy_planner.info(), ports.till.info());
    let bad = |message: String, hint: &str| Err(Error::new(ErrorKind::InvalidInput, message).with_hint(hint));
    let (publishes, sells) = (&host.provider.name, &seller.provider);
    if let Some(refusal) = Parties::new(&host, sells.clone()).refusal(Deliverable::WebTool) {
        return bad(refusal, "nothing was begun");
    }
    if settings.live && sells.mode != Mode::Live {
        return bad(format!("{} moves no money, so it has no live mode", sells.name), "leave --live out");
    }
    if settings.domain.is_some() && !host.domains {
        let hint = "leave --domain out; `ae serve --host NAME` answers to a name of your own";
        return bad(format!("{publishes} attaches no domains"), hint);
    }
    if let Some(url) = &settings.webhook_url {
        if !seller.capabilities.endpoints {
            return bad(format!("{} sends no events to a URL", sells.name), "leave --webhook-url out");
        }
        if !address::is_private(url) {
            return bad(
                format!("--webhook-url {url:?} is not an https address"),
                "events carry what was paid",
            );
        }
    }
    Ok(())
}

fn is_twin(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
