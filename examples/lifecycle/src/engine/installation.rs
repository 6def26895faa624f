//! An open data directory.

use std::{fmt::Debug, io::Read, path::Path, sync::Arc};

use ae_core::{Intent, Runtime};
use ae_harness::Launcher;
use ae_langflow::Checkpointer;
use ae_safety::Gatekeeper;
use async_trait::async_trait;

use crate::{
    error::Result,
    glue::{approver::Approver, progress::Progress, storefront::Storefront},
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

    /// The ledger as the pages and the reports see it, with links at `base_url`.
    fn storefront(&self, installation: &Installation, base_url: &str) -> Result<Arc<dyn Storefront>>;

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
