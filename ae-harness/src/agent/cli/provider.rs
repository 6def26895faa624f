//! The provider.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, Cancel, ErrorKind, IdempotencyKey, Isolation, Mode, Runtime, SameKey};
use async_trait::async_trait;

#[cfg(feature = "sandbox")]
use super::walls::Walls;
use super::{Detected, HostEnv, NAME, attempt::Attempt, detect::Versions, error, folders::Folders};
#[cfg(feature = "meter")]
use crate::meter::{MeterProxy, SessionPlan};
#[cfg(feature = "sandbox")]
use crate::sandbox::SandboxKind;
use crate::{
    agent::{AgentReport, AgentRequest, AgentSink, CliProvider, ProviderInfo, SandboxUse, StopReason},
    dialect::{Dialect, Endpoint},
};

/// A coding agent behind its command line: a [`Dialect`], run by the supervisor.
///
/// The agent is started in the workspace with an environment of its own and a private home below the folder `state`; its
/// output is read while it runs, its times and its output are limited, and when it ends, by whatever way, every process that
/// it started is ended too. Nothing is written outside of the workspace and of `state`.
///
/// It has to be used within a tokio runtime with I/O.
///
/// # Outcomes
///
/// | event | outcome |
/// |---|---|
/// | no program, an old version | `NotFound`, `Unsupported`, not applied |
/// | a sandbox is required and there is none | `PermissionDenied`, not applied |
/// | a session that is not known, or in use | `NotFound`, `Conflict`, not applied |
/// | the same key while it runs | `Conflict`, not applied |
/// | the program can't be started | the reason, not applied |
/// | the caller cancels | [`Cancelled`](StopReason::Cancelled) |
/// | no first event, no progress, too long | [`TimedOut`](StopReason::TimedOut) and the timer |
/// | more output than allowed | [`Failed`](StopReason::Failed), `TooMuchOutput` |
/// | the sandbox does not start the program | [`Failed`](StopReason::Failed), `Config` |
/// | the workspace is gone afterwards | [`Failed`](StopReason::Failed), `Other` |
/// | an end without a result | as the dialect says: [`Incomplete`](StopReason::Incomplete) or `Failed` |
/// | the workspace can't be read afterwards | the reason, `Unknown` effect, with the cost that is known |
///
/// # A run that was lost
///
/// A run is marked in `state` for as long as the program that runs it lives. When that was killed, the next run ends the
/// processes that are left of it first. `state` may be shared by several agents and programs.
pub struct CliAgent {
    pub(super) dialect: Arc<dyn Dialect>,
    pub(super) host: HostEnv,
    pub(super) folders: Folders,
    pub(super) runtime: Runtime,
    pub(super) endpoint: Option<Endpoint>,
    #[cfg(feature = "meter")]
    pub(super) metering: Option<(MeterProxy, SessionPlan)>,
    #[cfg(feature = "sandbox")]
    pub(super) walls: Option<Walls>,
    model: Option<String>,
    versions: Versions,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    done: SameKey<AgentReport>,
    running: BTreeSet<IdempotencyKey>,
}

impl CliAgent {
    /// The agent of `dialect`, found on `host`, with its private files in the folder `state`, which is absolute and made when
    /// it is needed.
    pub fn new(dialect: impl Dialect, host: HostEnv, state: impl Into<PathBuf>, runtime: Runtime) -> Self {
        Self {
            dialect: Arc::new(dialect),
            host,
            folders: Folders::new(state.into()),
            runtime,
            endpoint: None,
            #[cfg(feature = "meter")]
            metering: None,
            #[cfg(feature = "sandbox")]
            walls: None,
            model: None,
            versions: Versions::default(),
            state: Mutex::new(State { done: SameKey::new(NAME), running: BTreeSet::new() }),
        }
    }

    /// Sets the way to the model. Without one the agent uses what its own settings have, and its home is an empty folder.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Puts every call of a model through `proxy`, by a session of its own for each run, in the place of an endpoint.
    ///
    /// The vendor's key stays in this program; the agent gets a stand-in. Usage and cost in the report are those that the
    /// proxy has seen, of failed and cancelled runs too, and [`AgentLimits::cost`](crate::AgentLimits::cost) stops the run
    /// before the call that could pass it, as [`BudgetStop`](StopReason::BudgetStop). In the sandbox the proxy is all of the
    /// network that the agent reaches, unless the request opens it.
    ///
    /// A run that was stopped in the middle of an answer reports when that answer has come to its end and its cost is known,
    /// after [`ProxyOptions::drain`](crate::ProxyOptions::drain) at the latest.
    #[cfg(feature = "meter")]
    #[must_use]
    pub fn with_meter(mut self, proxy: MeterProxy, plan: SessionPlan) -> Self {
        self.metering = Some((proxy, plan));
        self
    }

    /// Sets the model of requests that name none.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Runs the agent in the local sandbox, by a kind that [`probe_local`](crate::host::probe_local) has found to work.
    /// `launcher` is a program whose `main` begins with [`confined_child`](crate::confined_child), usually the running one.
    #[cfg(feature = "sandbox")]
    #[must_use]
    pub fn with_sandbox(mut self, kind: SandboxKind, launcher: impl Into<PathBuf>) -> Self {
        self.walls = Some(Walls { kind, launcher: launcher.into() });
        self
    }

    /// Finds the program and asks it for its version, unless that is known.
    ///
    /// # Errors
    ///
    /// `NotFound` without a program, `Unsupported` for one that is too old, `Timeout` or `Protocol` for one that does not
    /// name its version, or the reason why it can't be started.
    pub async fn detect(&self) -> Result<Detected, BackendError> {
        let private = self.folders.private("detect")?;
        self.versions.detect(self.dialect.as_ref(), &self.host, &private, &self.runtime).await
    }

    /// The separation that a request gets.
    pub(super) fn isolation(&self, sandbox: SandboxUse) -> Isolation {
        #[cfg(feature = "sandbox")]
        if let (Some(walls), false) = (&self.walls, sandbox == SandboxUse::Off) {
            return walls.kind.isolation();
        }
        let _ = sandbox;
        Isolation::None
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_places(&self, request: &AgentRequest) -> Result<(), BackendError> {
        let (state, workspace) = (self.folders.state(), &request.workspace);
        if !state.is_absolute() || state.starts_with(workspace) || workspace.starts_with(state) {
            let message = format!(
                "the folder of private files {} has to be absolute and apart from the workspace {}",
                state.display(),
                workspace.display()
            );
            return Err(error(ErrorKind::InvalidInput, "execute", message));
        }
        Ok(())
    }
}

impl std::fmt::Debug for CliAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CliAgent")
            .field("dialect", &self.dialect)
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

/// A key in use; free again when this is dropped.
struct InUse<'a>(&'a CliAgent, &'a IdempotencyKey);

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        self.0.state().running.remove(self.1);
    }
}

#[async_trait]
impl CliProvider for CliAgent {
    /// The version and the abilities are those of the program once it was looked for, by [`check`](CliProvider::check) or
    /// [`detect`](CliAgent::detect), else those of the oldest version that is accepted.
    fn info(&self) -> ProviderInfo {
        let found = self.versions.last(self.dialect.as_ref(), &self.host);
        let version = found.map_or_else(|| self.dialect.oldest_version().to_owned(), |found| found.version);
        let abilities = self.dialect.abilities(&version);
        let isolation = self.isolation(SandboxUse::Required);
        ProviderInfo::new(self.dialect.name(), Mode::Live, version, isolation)
            .with_metered(true)
            .with_abilities(abilities)
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.detect().await.map(drop)
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        request.check(NAME)?;
        self.check_places(request)?;
        {
            let mut state = self.state();
            if let Some(report) = state.done.repeat("execute", key, request)? {
                return Ok(report.clone());
            }
            if !state.running.insert(key.clone()) {
                let message = "a run of this key is under way: wait for its end";
                return Err(error(ErrorKind::Conflict, "execute", message));
            }
        }
        let _in_use = InUse(self, key);
        if cancel.is_cancelled() {
            return Ok(request.free_report(StopReason::Cancelled, "cancelled before it began"));
        }
        // An agent that is asked for its version takes seconds on a busy machine.
        let detected = tokio::select! {
            detected = self.detect() => detected?,
            () = cancel.cancelled() => {
                return Ok(request.free_report(StopReason::Cancelled, "cancelled before it began"));
            }
        };
        let isolation = self.isolation(request.sandbox);
        request.check_abilities(NAME, self.dialect.abilities(&detected.version), isolation)?;
        let mut own = request.clone();
        own.model = own.model.or_else(|| self.model.clone());
        let attempt =
            Attempt { agent: self, key, request: &own, detected: &detected, isolation, events, cancel };
        let report = attempt.run().await?;
        if report.succeeded() {
            self.state().done.keep("execute", key, request, report.clone())?;
        }
        Ok(report)
    }
}
