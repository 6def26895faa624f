//! The request of a builder, and its account of itself.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use ae_core::{BackendError, Currency, Effect, ErrorKind, Isolation, Mode, Money, Offer, Provider, Task};
use serde::{Deserialize, Serialize};

use super::{AgentReport, StopReason};
use crate::{
    atomic::{io_error, write_if_changed},
    paths::path_problem,
};

/// The default limit of one attempt: the write step's 300 seconds.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(300);

/// The work of one attempt, and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentRequest {
    /// An absolute path of a folder that exists and belongs to this run alone. It is left out of the written form, and so
    /// of every digest: an approval holds on each host that has the run's files.
    #[serde(skip)]
    pub workspace: PathBuf,
    /// The instructions. A builder made for one product may work from what it was made with instead.
    pub prompt: String,
    /// The task of the spec that it works on, with the criteria that the task serves; `None` for the whole product.
    #[serde(default)]
    pub task: Option<Task>,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The verdict of the sealed checks on the attempt before.
    pub diagnosis: Option<String>,
    /// The most time it may take.
    pub timeout: Duration,
    /// The most it may cost; `None` for no limit.
    pub cost_ceiling: Option<Money>,
}

impl AgentRequest {
    /// The first attempt at `prompt`, without a cost ceiling, for at most 300 seconds.
    pub fn new(workspace: impl Into<PathBuf>, prompt: impl Into<String>) -> Self {
        Self {
            workspace: workspace.into(),
            prompt: prompt.into(),
            task: None,
            attempt: 1,
            diagnosis: None,
            timeout: TIMEOUT_DEFAULT,
            cost_ceiling: None,
        }
    }

    /// Refuses attempt 0 and a workspace that is relative, missing, a link or a file: clauses C2 and C3, for
    /// implementations.
    ///
    /// # Errors
    ///
    /// `InvalidInput`, not applied.
    pub fn check(&self, backend: &'static str) -> Result<(), BackendError> {
        let refuse =
            |message: String| BackendError::new(ErrorKind::InvalidInput, backend, "execute", message);
        if self.attempt == 0 {
            return Err(refuse("attempts count from 1".to_owned()));
        }
        let workspace = |why: &str| Err(refuse(format!("the workspace {} {why}", self.workspace.display())));
        if !self.workspace.is_absolute() {
            return workspace("is relative: pass an absolute path");
        }
        match fs::symlink_metadata(&self.workspace) {
            Ok(meta) if meta.is_dir() => Ok(()),
            Ok(_) => workspace("is not a folder: pass one that belongs to this run"),
            Err(_) => workspace("can't be read: create it first"),
        }
    }

    /// Writes `files`, by their path relative to the workspace, each whole or not at all, and returns the paths that
    /// changed: clauses C2 and C4, for implementations. All paths are checked before the first is written.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a path that is not plain or leads through a link, or the reason why a file can't be written.
    pub fn write_files(
        &self,
        backend: &'static str,
        files: &BTreeMap<String, impl AsRef<[u8]>>,
    ) -> Result<Vec<String>, BackendError> {
        for path in files.keys() {
            if let Some(why) = path_problem(path).or_else(|| self.link_on(path)) {
                let message = format!("the file {path:?} is refused: {why}");
                return Err(BackendError::new(ErrorKind::InvalidInput, backend, "execute", message));
            }
        }
        let mut changed = Vec::new();
        for (path, content) in files {
            let target = self.workspace.join(path);
            let written = target
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| write_if_changed(&target, content.as_ref()));
            // What was written before stays: a repeat completes it.
            if written.map_err(|cause| {
                io_error(backend, "execute", "write", &target, cause).with_effect(Effect::Unknown)
            })? {
                changed.push(path.clone());
            }
        }
        Ok(changed)
    }

    /// The report of a builder that costs nothing, in the currency of the ceiling.
    pub fn free_report(&self, stop: StopReason, summary: impl Into<String>) -> AgentReport {
        let currency = self.cost_ceiling.map_or(Currency::USD, |most| most.currency());
        AgentReport::new(stop, summary).with_cost(Some(Money::zero(currency)))
    }

    fn link_on(&self, path: &str) -> Option<&'static str> {
        let mut full = self.workspace.clone();
        path.split('/')
            .any(|part| {
                full.push(part);
                fs::symlink_metadata(&full).is_ok_and(|meta| meta.is_symlink())
            })
            .then_some("a part of it is a link")
    }
}

ae_core::setters! { AgentRequest {
    /// Sets the task of the spec.
    fn with_task(task: some Task);
    /// Sets the number of the attempt, from 1.
    fn with_attempt(attempt: u32);
    /// Adds the verdict on the attempt before.
    fn with_diagnosis(diagnosis: some into String);
    /// Sets the most time it may take.
    fn with_timeout(timeout: Duration);
    /// Sets the most it may cost.
    fn with_cost_ceiling(cost_ceiling: some Money);
} }

/// A builder's account of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// Its name, for example `site`, and whether it acts on the world.
    pub provider: Provider,
    /// Its version.
    pub version: String,
    /// The separation between the code it runs and the host.
    pub isolation: Isolation,
    /// Whether a call may cost money.
    pub metered: bool,
    /// The products that it can make, each with the proof that it works.
    #[serde(default)]
    pub offers: Vec<Offer>,
}

impl ProviderInfo {
    /// A builder that is free.
    pub fn new(
        name: impl Into<String>,
        mode: Mode,
        version: impl Into<String>,
        isolation: Isolation,
    ) -> Self {
        let provider = Provider::new(name, mode);
        Self { provider, version: version.into(), isolation, metered: false, offers: Vec::new() }
    }
}

ae_core::setters! { ProviderInfo {
    /// Sets whether a call may cost money.
    fn with_metered(metered: bool);
    /// Sets the products that it can make.
    fn with_offers(offers: Vec<Offer>);
} }
