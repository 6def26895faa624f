//! A builder that plays a script.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use ae_core::{BackendError, Cancel, Currency, ErrorKind, IdempotencyKey, Isolation, Mode, Money, SameKey};
use async_trait::async_trait;

use super::{Abilities, AgentReport, AgentRequest, AgentSink, CliProvider, ProviderInfo, StopReason};

const NAME: &str = "memory";

/// One run of the scripted builder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptedRun {
    /// The report; its changed files are measured.
    pub report: AgentReport,
    /// The files it writes, by path relative to the workspace.
    pub files: BTreeMap<String, String>,
}

impl ScriptedRun {
    /// A success that writes nothing and is free.
    pub fn new(summary: impl Into<String>) -> Self {
        let report = AgentReport::new(StopReason::Succeeded, summary);
        Self { report: report.with_cost(Some(Money::zero(Currency::USD))), files: BTreeMap::new() }
    }

    /// Writes a file.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<String>, content: impl Into<String>) -> Self {
        self.files.insert(path.into(), content.into());
        self
    }
}

ae_core::setters! { ScriptedRun {
    /// Sets the report. With a cost that is not zero, or was not measured, the provider counts as metered.
    fn with_report(report: AgentReport);
} }

/// A deterministic builder for tests and demonstrations: each new key plays the next run of its script and really
/// writes that run's files; a key seen before gives the same report again. A call that is cancelled plays nothing.
#[derive(Debug)]
pub struct MemoryProvider {
    metered: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    script: VecDeque<ScriptedRun>,
    done: SameKey<AgentReport>,
}

impl MemoryProvider {
    /// A builder that plays `script`, first run first.
    pub fn new(script: impl IntoIterator<Item = ScriptedRun>) -> Self {
        let script: VecDeque<_> = script.into_iter().collect();
        let metered = script.iter().any(|run| run.report.cost.is_none_or(|cost| !cost.is_zero()));
        Self { metered, state: Mutex::new(State { script, done: SameKey::new(NAME) }) }
    }
}

#[async_trait]
impl CliProvider for MemoryProvider {
    fn info(&self) -> ProviderInfo {
        ProviderInfo::new(NAME, Mode::Offline, env!("CARGO_PKG_VERSION"), Isolation::Confined)
            .with_metered(self.metered)
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        _: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        request.check(NAME)?;
        request.check_abilities(NAME, Abilities::new(), Isolation::Confined)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(report) = state.done.repeat("execute", key, request)? {
            return Ok(report.clone());
        }
        if cancel.is_cancelled() {
            return Ok(request.free_report(StopReason::Cancelled, "cancelled before it began"));
        }
        let run = state.script.front().cloned().ok_or_else(|| {
            let message = "the script has no run left: give it one for each new key";
            BackendError::new(ErrorKind::NotFound, NAME, "execute", message)
        })?;
        let files_changed = request.write_files(NAME, &run.files)?;
        let report = run.report.with_files_changed(files_changed);
        state.script.pop_front();
        state.done.keep("execute", key, request, report.clone())?;
        Ok(report)
    }
}
