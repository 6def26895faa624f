//! A builder that plays a script.

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    sync::{Mutex, PoisonError},
};

use ae_core::{BackendError, Currency, Digest, ErrorKind, IdempotencyKey, Isolation, Money, TokenUsage};
use async_trait::async_trait;

use super::{AgentReport, AgentRequest, CliProvider, ProviderInfo, Snapshot};
use crate::{
    atomic::{io_error, write_if_changed},
    paths::path_problem,
};

const NAME: &str = "memory";

/// What the scripted builder does in one call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptedRun {
    /// Whether it reports success.
    pub success: bool,
    /// What it says.
    pub summary: String,
    /// The files it writes, by path relative to the workspace.
    pub files: BTreeMap<String, String>,
    /// What it reports as its cost.
    pub cost: Option<Money>,
    /// What it reports as used.
    pub usage: Option<TokenUsage>,
}

impl ScriptedRun {
    /// A success that writes nothing and is free.
    #[must_use]
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            success: true,
            summary: summary.into(),
            files: BTreeMap::new(),
            cost: Some(Money::zero(Currency::USD)),
            usage: None,
        }
    }

    /// Writes a file.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<String>, content: impl Into<String>) -> Self {
        self.files.insert(path.into(), content.into());
        self
    }

    /// Reports a failure.
    #[must_use]
    pub const fn failed(mut self) -> Self {
        self.success = false;
        self
    }

    /// Reports what it cost, or that nobody measured it. The provider then counts as metered.
    #[must_use]
    pub const fn with_cost(mut self, cost: Option<Money>) -> Self {
        self.cost = cost;
        self
    }

    /// Reports tokens.
    #[must_use]
    pub const fn with_usage(mut self, usage: TokenUsage) -> Self {
        self.usage = Some(usage);
        self
    }
}

/// A deterministic builder for tests and demonstrations: each new key plays the next run of its script and really
/// writes that run's files; a key seen before gives the same report again.
#[derive(Debug)]
pub struct MemoryProvider {
    metered: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<ScriptedRun>,
    done: BTreeMap<IdempotencyKey, (Digest, AgentReport)>,
}

impl MemoryProvider {
    /// A builder that plays `script`, first run first.
    #[must_use]
    pub fn new(script: impl IntoIterator<Item = ScriptedRun>) -> Self {
        let script: VecDeque<_> = script.into_iter().collect();
        let metered = script.iter().any(|run| run.cost.is_none_or(|cost| !cost.is_zero()));
        Self { metered, state: Mutex::new(State { script, done: BTreeMap::new() }) }
    }
}

#[async_trait]
impl CliProvider for MemoryProvider {
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            name: NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            isolation: Isolation::Confined,
            metered: self.metered,
        }
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
    ) -> Result<AgentReport, BackendError> {
        let error = |kind, message: &str| BackendError::new(kind, NAME, "execute", message);
        request.check_workspace(NAME)?;
        let digest = Digest::of_json("agent-request", request).map_err(|cause| {
            error(ErrorKind::InvalidInput, "the request can't be written as JSON").with_source(cause)
        })?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((before, report)) = state.done.get(key) {
            return if *before == digest {
                Ok(report.clone())
            } else {
                Err(error(ErrorKind::Conflict, "this key was used for another request: derive a new one"))
            };
        }
        let run = state.script.front().cloned().ok_or_else(|| {
            error(ErrorKind::NotFound, "the script has no run left: give it one for each new key")
        })?;
        if let Some((path, why)) = run.files.keys().find_map(|path| Some((path, path_problem(path)?))) {
            return Err(error(
                ErrorKind::InvalidInput,
                &format!("the script's file {path:?} is refused: {why}"),
            ));
        }
        let before = Snapshot::take(&request.workspace)?;
        for (path, content) in &run.files {
            let target = request.workspace.join(path);
            let written = target
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| write_if_changed(&target, content.as_bytes()));
            written.map_err(|cause| io_error(NAME, "execute", "write", &target, cause))?;
        }
        let files_changed = Snapshot::take(&request.workspace)?.changed_since(&before);
        let report = AgentReport {
            success: run.success,
            summary: run.summary,
            files_changed,
            cost: run.cost,
            usage: run.usage,
        };
        state.script.pop_front();
        state.done.insert(key.clone(), (digest, report.clone()));
        Ok(report)
    }
}
