//! Coding agents from settings: programs that are installed, keys of the environment, a sandbox of this machine.

mod kind;
mod make;

use std::{fmt, path::PathBuf, sync::Arc};

use ae_core::{ErrorKind, Money, ProductSpec, Runtime, Secret};
use ae_harness::{
    CliProvider, ProviderInfo, SandboxReport, SiteBuilder, SiteContext,
    host::{LocalProbe, SandboxKind, probe_local},
};
use ae_router::PriceTable;
use ae_safety::Gatekeeper;

use self::{kind::Kind, make::Maker};
use super::env::{setting, this_program};
use crate::{
    engine::{AgentChoice, Installation},
    error::{Error, Result},
    glue::{
        agent::{Agent, AgentRoom, MakeAgent, Making},
        agents_here::{AgentHere, AgentsHere},
    },
    store::RunSettings,
};

/// Asks for the first agent that can work.
const AUTO: &str = "auto";
/// The folder of the data directory that agents are asked in for their versions.
const STATE: &str = "agents";

/// A coding agent before it is put behind its guard.
#[derive(Clone)]
pub struct CodingAgent {
    /// Its account of itself.
    pub info: ProviderInfo,
    /// The model that it is to use; `None` for its own choice.
    pub model: Option<String>,
    /// The provider of its models, where one is chosen for each attempt at a task.
    pub by_tier: Option<String>,
    /// Makes it for one piece of work.
    pub make: Arc<MakeAgent>,
}

impl fmt::Debug for CodingAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodingAgent")
            .field("info", &self.info)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

impl CodingAgent {
    /// Puts it behind its guard.
    pub(super) fn guard(self, keeper: Gatekeeper) -> Agent {
        let site = Arc::new(|spec: &ProductSpec, site: &SiteContext, kit| {
            let builder = SiteBuilder::new(spec.clone(), site.clone()).with_kits(vec![kit]);
            Arc::new(builder) as Arc<dyn CliProvider>
        });
        Agent::new(self.info, self.model, self.make, site, keeper).with_tiers_of(self.by_tier)
    }
}

/// The key and the sandbox of an agent.
struct Means {
    key: Secret<String>,
    sandbox: SandboxKind,
}

/// The sandbox that this machine gives, found by trying it.
fn probe() -> Result<LocalProbe> {
    let path = setting("PATH").unwrap_or_default();
    let bubblewrap =
        std::env::split_paths(&path).map(|folder| folder.join("bwrap")).find(|file| file.is_file());
    let kinds: Vec<SandboxKind> =
        bubblewrap.map(SandboxKind::Bubblewrap).into_iter().chain([SandboxKind::Landlock]).collect();
    Ok(probe_local(&kinds, &this_program()?, &std::env::temp_dir()))
}

fn means(kind: &Kind) -> Result<Means> {
    let (name, variable_of_key) = (&kind.name, kind.vendor.key());
    let Some(key) = kind.vendor.secret() else {
        let message = format!("{name} needs a key of its vendor, and {variable_of_key} is not set");
        return Err(Error::new(ErrorKind::Unauthenticated, message)
            .with_hint(format!("set {variable_of_key}; a run without --agent needs no key")));
    };
    let probe = probe()?;
    match probe.kind {
        Some(sandbox) if probe.proxy_only => Ok(Means { key, sandbox }),
        _ => {
            let notes = probe.report.notes.join("; ");
            let message =
                format!("{name} runs in a sandbox, and this machine gives none that will do: {notes}");
            Err(Error::new(ErrorKind::PermissionDenied, message).with_hint("see `ae agents`"))
        }
    }
}

fn maker(installation: &Installation, kind: Kind) -> Result<Maker> {
    let Means { key, sandbox } = means(&kind)?;
    Ok(Maker {
        kind,
        key,
        sandbox,
        launcher: this_program()?,
        runtime: installation.runtime.clone(),
        budget: Arc::clone(&installation.keeper.budget),
        numbers: Default::default(),
        proxy: Default::default(),
    })
}

/// The coding agent of a run; `None` with the built-in builder.
pub(super) fn of(installation: &Installation, settings: &RunSettings) -> Result<Option<CodingAgent>> {
    if settings.agent == RunSettings::SITE {
        return Ok(None);
    }
    let maker = maker(installation, Kind::named(&settings.agent)?)?;
    let info = maker.plain(installation.dir.path().join(STATE)).info();
    let by_tier = settings.by_tier.then(|| maker.kind.vendor.provider().to_owned());
    let make = move |room: AgentRoom| Box::pin(maker.clone().make(room)) as Making;
    Ok(Some(CodingAgent { info, model: settings.model.clone(), by_tier, make: Arc::new(make) }))
}

/// Whether the coding agent `kind` can work now.
async fn ready(installation: &Installation, kind: Kind) -> Result<()> {
    let maker = maker(installation, kind)?;
    maker.plain(installation.dir.path().join(STATE)).detect().await?;
    Ok(())
}

/// Whether the coding agent of `settings` can work now.
pub(super) async fn settings_ready(installation: &Installation, settings: &RunSettings) -> Result<()> {
    if settings.agent == RunSettings::SITE {
        return Ok(());
    }
    ready(installation, Kind::named(&settings.agent)?).await
}

/// The name in place of a model's that leaves the choice for each attempt to the router.
const ROUTED: &str = "routed";

/// The builder that `asked` names.
pub(super) async fn choose(
    installation: &Installation,
    asked: &RunSettings,
    budget: Money,
) -> Result<AgentChoice> {
    let site =
        |remarks| AgentChoice { name: RunSettings::SITE.to_owned(), model: None, by_tier: false, remarks };
    if asked.agent == RunSettings::SITE {
        if asked.model.is_some() {
            let message = "--model is for a coding agent, and the built-in builder uses no model";
            return Err(Error::new(ErrorKind::InvalidInput, message).with_hint("name one with --agent"));
        }
        return Ok(site(Vec::new()));
    }
    if asked.agent != AUTO {
        let kind = Kind::named(&asked.agent)?;
        let choice = chosen(&kind, asked.model.as_deref())?;
        ready(installation, kind).await?;
        return Ok(choice);
    }
    if budget.is_zero() {
        let why = "--agent auto: the built-in builder is used, since the budget is zero";
        return Ok(site(vec![why.to_owned()]));
    }
    let mut reasons = Vec::new();
    for kind in Kind::all() {
        let choice = chosen(&kind, asked.model.as_deref());
        match (ready(installation, kind).await, choice) {
            (Ok(()), Ok(choice)) => return Ok(choice),
            (Err(error), _) | (_, Err(error)) => reasons.push(error.to_string()),
        }
    }
    Ok(site(vec![format!("--agent auto: the built-in builder is used, since {}", reasons.join("; "))]))
}

/// The agent `kind` with the model that was asked for, which must have a price: a call without one can't be held to a budget.
fn chosen(kind: &Kind, model: Option<&str>) -> Result<AgentChoice> {
    let by_tier = model == Some(ROUTED);
    if by_tier && kind.model().is_none() {
        let message = format!("{} keeps to its own model: leave --model out, or name one", kind.name);
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    let model = model.filter(|_| !by_tier).or_else(|| kind.model());
    if let Some(model) = model {
        PriceTable::bundled()
            .model(model)
            .map_err(|error| Error::new(ErrorKind::InvalidInput, format!("--model {model}: {error}")))?;
    }
    Ok(AgentChoice { name: kind.name.clone(), model: model.map(str::to_owned), by_tier, remarks: Vec::new() })
}

/// The coding agents that this machine has, and its sandbox.
///
/// # Errors
///
/// When the running program can't be found.
pub async fn agents_here(runtime: Runtime) -> Result<AgentsHere> {
    let state = std::env::temp_dir().join(format!("ae-agents-{}", runtime.ids.new_uuid()));
    let mut agents = Vec::new();
    for kind in Kind::all() {
        let found = kind.cli(state.clone(), runtime.clone()).detect().await;
        let problem = found.as_ref().err().map(|error| error.message().to_owned());
        let (program, version) = found.ok().map(|found| (found.program, found.version)).unzip();
        agents.push(AgentHere {
            name: kind.name.clone(),
            program: program.map(|path: PathBuf| path.display().to_string()),
            version,
            problem,
            key: kind.vendor.key().to_owned(),
            has_key: kind.vendor.secret().is_some(),
            model: kind.model().unwrap_or_default().to_owned(),
        });
    }
    // It holds nothing but empty homes.
    let _ = std::fs::remove_dir_all(&state);
    let sandbox: SandboxReport = probe()?.report;
    Ok(AgentsHere { agents, sandbox })
}
