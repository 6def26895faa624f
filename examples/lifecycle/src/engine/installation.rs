//! An open data directory.

use std::{fmt::Debug, io::Read, path::Path, sync::Arc};

use ae_billing::WebhookVerifier;
use ae_core::{Intent, Money, Provider, Runtime, Secret};
use ae_harness::Launcher;
use ae_langflow::Checkpointer;
use ae_safety::Gatekeeper;
use async_trait::async_trait;

use crate::{
    error::Result,
    glue::{
        approver::Approver, missed::MissedEvents, notice::Notifier, progress::Progress,
        storefront::Storefront,
    },
    run::Ports,
    setup::DataDir,
    store::{KitFrom, RunIndex, RunSettings},
};

/// The data directory and the stores in it that every command shares.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The folder.
    pub dir: DataDir,
    /// Clock, sleeper and ids.
    pub runtime: Runtime,
    /// The list of runs.
    pub runs: Arc<RunIndex>,
    /// The checkpoints.
    pub store: Arc<dyn Checkpointer>,
    /// Gates, approvals, budgets, the audit log, and what takes secrets out of text.
    pub keeper: Gatekeeper,
    /// The program that is started to run sealed behaviours; it calls `ae_harness::behaviour_child` first in its `main`.
    pub launcher: Launcher,
    /// Makes the ports of a run.
    pub wiring: Arc<dyn Wiring>,
}

/// The options that a command adds to a run's settings.
#[derive(Debug)]
pub struct RunOptions {
    /// Decides, or leaves the question open.
    pub approver: Arc<dyn Approver>,
    /// Is notified of what the run does.
    pub progress: Arc<dyn Progress>,
}

/// The builder of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentChoice {
    /// Its name.
    pub name: String,
    /// The model that it is to use.
    pub model: Option<String>,
    /// Whether a model is chosen for each attempt at a task instead.
    pub by_tier: bool,
    /// Remarks on the choice.
    pub remarks: Vec<String>,
}

/// Makes guarded ports from settings: no backend leaves it without its guard.
#[async_trait]
pub trait Wiring: Debug + Send + Sync {
    /// The ports of a run; `stdin` is read when the settings name standard input.
    fn ports(
        &self,
        installation: &Installation,
        settings: &RunSettings,
        stdin: Option<Box<dyn Read + Send>>,
        options: RunOptions,
    ) -> Result<Arc<Ports>>;

    /// The kit in `folder`, read and checked as a whole.
    ///
    /// # Errors
    ///
    /// `InvalidInput` with everything that is wrong with it.
    fn kit(&self, folder: &Path) -> Result<KitFrom>;

    /// The builder that a person asked for, for a run with `budget`.
    ///
    /// # Errors
    ///
    /// When a coding agent was asked for by name and its program, its key or a sandbox is missing.
    async fn choose_agent(
        &self,
        installation: &Installation,
        asked: &RunSettings,
        budget: Money,
    ) -> Result<AgentChoice>;

    /// The analyst that a person asked for, for a run with `budget`: its name, and remarks on the choice.
    ///
    /// # Errors
    ///
    /// When one with models was asked for by name and no key of a vendor is set.
    fn choose_analyst(&self, asked: &RunSettings, budget: Money) -> Result<(String, Vec<String>)>;

    /// Whether the coding agent of a run that goes on can work now.
    ///
    /// # Errors
    ///
    /// When its program, its key or a sandbox is missing.
    async fn agent_ready(&self, installation: &Installation, settings: &RunSettings) -> Result<()>;

    /// The ledger as the pages and the reports see it, with links at `base_url`.
    fn storefront(&self, installation: &Installation, base_url: &str) -> Result<Arc<dyn Storefront>>;

    /// The secret that signs the webhooks of a payment provider in its mode, where the environment names it.
    fn webhook_secret(&self, provider: &Provider) -> Option<Secret<String>>;

    /// Verifies the webhooks of a payment provider, any of `secrets` may sign.
    ///
    /// # Errors
    ///
    /// When there is no verifier for it, or a secret can't be used.
    fn verifier(&self, provider: &Provider, secrets: Vec<Secret<String>>)
    -> Result<Arc<dyn WebhookVerifier>>;

    /// The payment providers that list their events, as far as their keys are there.
    ///
    /// # Errors
    ///
    /// When a key can't be used.
    fn missed(&self, installation: &Installation) -> Result<Vec<Arc<dyn MissedEvents>>>;

    /// The way to the system of the operator's own at `url`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for what is not an address.
    fn notifier(&self, url: &str) -> Result<Arc<dyn Notifier>>;

    /// Opens the files of signals that `settings` names, before a run relies on them.
    ///
    /// # Errors
    ///
    /// When one is missing, empty, or not in a form that can be read.
    async fn check_signals(
        &self,
        installation: &Installation,
        settings: &RunSettings,
        intent: &Intent,
    ) -> Result<()>;
}
