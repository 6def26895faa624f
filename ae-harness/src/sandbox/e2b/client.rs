//! The calls to E2B.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ae_core::{
    BackendError, Effect, ErrorKind, IdempotencyKey, Isolation, Mode, RetryPolicy, Runtime, SameKey, Secret,
    retry,
};
use ae_core_http::{Answer, Client, Limits, Request};
use async_trait::async_trait;

use super::{
    NAME,
    answer::{self, Made},
    process::E2bProcess,
    request::{self, Access, Sizes},
};
use crate::{
    paths::path_problem,
    sandbox::{
        Enforced, RunCommand, Sandbox, SandboxId, SandboxInfo, SandboxProcess, SandboxReport, SandboxSpec,
    },
};

/// The control plane.
const API_URL: &str = "https://api.e2b.app";
/// The sandboxes themselves.
const SANDBOX_URL: &str = "https://sandbox.e2b.app";
/// The template of new sandboxes.
const TEMPLATE: &str = "base";
/// The life of a sandbox from the moment that it is found again.
const LIFE_ATTACHED: Duration = Duration::from_secs(300);

/// The account and the addresses of E2B.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct E2bConfig {
    /// The key of the account.
    pub api_key: Secret<String>,
    /// The address of the control plane, `https://api.e2b.app` by default.
    pub api_url: String,
    /// The address under which every sandbox answers, `https://sandbox.e2b.app` by default.
    pub sandbox_url: String,
    /// The template of new sandboxes, `base` by default.
    pub template: String,
}

impl E2bConfig {
    /// The public service.
    pub fn new(api_key: Secret<String>) -> Self {
        Self {
            api_key,
            api_url: API_URL.to_owned(),
            sandbox_url: SANDBOX_URL.to_owned(),
            template: TEMPLATE.to_owned(),
        }
    }
}

ae_core::setters! { E2bConfig {
    /// Sets the address of the control plane.
    fn with_api_url(api_url: into String);
    /// Sets the address under which every sandbox answers.
    fn with_sandbox_url(sandbox_url: into String);
    /// Sets the template of new sandboxes.
    fn with_template(template: into String);
} }

/// Sandboxes at E2B. It needs a Tokio runtime, and it costs money by the second until a sandbox ends.
///
/// Files lie in `/home/user/workspace`. A command runs in a login shell of the sandbox's user; a signal reaches its main
/// process, and an interrupt arrives as a request to end. The limit of all files counts what was written through this
/// port, not what commands write; the limits of memory, processes and files are those of the template. A folder of the
/// host can't be used. Calls of the control plane that fail for a while are tried three times.
#[derive(Debug)]
pub struct E2bSandbox {
    config: E2bConfig,
    api: Client,
    envd: Client,
    runtime: Runtime,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    created: SameKey<SandboxId>,
    known: BTreeMap<SandboxId, Known>,
}

/// A sandbox that was made or found by this program.
#[derive(Debug, Clone)]
struct Known {
    access: Access,
    bytes_max: u64,
    sizes: Sizes,
}

impl E2bSandbox {
    /// Sandboxes of the account of `config`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when an address is not one, `Internal` when TLS can't be set up.
    pub fn new(config: E2bConfig, runtime: Runtime) -> Result<Self, BackendError> {
        let limits = Limits::default().with_answer(Duration::from_secs(60));
        let api = Client::new(NAME, &config.api_url, limits)?;
        let envd = Client::new(NAME, &config.sandbox_url, limits)?;
        let state = State { created: SameKey::new(NAME), known: BTreeMap::new() };
        Ok(Self { config, api, envd, runtime, state: Mutex::new(state) })
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request to the control plane, again where the service asks for that.
    async fn control(&self, request: &Request) -> Result<Answer, BackendError> {
        retry(RetryPolicy::default(), &self.runtime, |_| async {
            self.api.send(request).await.and_then(Answer::success)
        })
        .await
    }

    /// The way to a sandbox, which is asked for if this program does not know it.
    async fn known(&self, id: &SandboxId, operation: &'static str) -> Result<Known, BackendError> {
        if let Some(known) = self.locked().known.get(id) {
            return Ok(known.clone());
        }
        let request = request::connect(&self.config.api_key, id.as_str(), LIFE_ATTACHED)?;
        let made: Made = match self.control(&request).await {
            Ok(answer) => answer.json()?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(gone(id, operation)),
            Err(error) => return Err(error),
        };
        let access = Access { id: made.sandbox_id, token: made.envd_access_token.map(Secret::new) };
        let listed = self.envd.send(&request::list(&access)?).await.and_then(Answer::success)?;
        let sizes = answer::files(listed.body())?;
        let known = Known { access, bytes_max: SandboxSpec::new().bytes_max, sizes };
        self.locked().known.insert(id.clone(), known.clone());
        Ok(known)
    }

    async fn make(
        &self,
        key: &IdempotencyKey,
        spec: &SandboxSpec,
    ) -> Result<(SandboxId, Access), BackendError> {
        let request = request::create(&self.config.api_key, &self.config.template, key, spec)?;
        let made: Made = self.control(&request).await?.json()?;
        let id = made.sandbox_id.parse::<SandboxId>()?;
        let access = Access { id: made.sandbox_id, token: made.envd_access_token.map(Secret::new) };
        self.envd.send(&request::make_folder(&access)?).await.and_then(Answer::success)?;
        Ok((id, access))
    }
}

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}

fn gone(id: &SandboxId, operation: &'static str) -> BackendError {
    error(
        ErrorKind::NotFound,
        operation,
        format!("there is no sandbox {id}, or its time is over: create one"),
    )
}

fn plain(path: &str, operation: &'static str) -> Result<(), BackendError> {
    path_problem(path).map_or(Ok(()), |why| {
        Err(error(ErrorKind::InvalidInput, operation, format!("{path:?} is refused: {why}")))
    })
}

#[async_trait]
impl Sandbox for E2bSandbox {
    fn info(&self) -> SandboxInfo {
        SandboxInfo::new(NAME, Mode::Live, Isolation::Remote).with_metered(true).with_extends(true)
    }

    async fn probe(&self) -> Result<SandboxReport, BackendError> {
        let enforced = [
            Enforced::Writes,
            Enforced::Reads,
            Enforced::NoNetwork,
            Enforced::AllowList,
            Enforced::Processes,
            Enforced::SystemCalls,
        ];
        let note = "the service is trusted to hold what it documents; memory, processes and disk are those of the template";
        Ok(SandboxReport::new(NAME, Isolation::Remote)
            .with_enforced(enforced.into())
            .with_notes(vec![note.to_owned()]))
    }

    async fn create(&self, key: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError> {
        if spec.folder.is_some() {
            let message =
                "a sandbox elsewhere can't use a folder of this host: write its files into the sandbox";
            return Err(error(ErrorKind::Unsupported, "create", message));
        }
        if let Some(id) = self.locked().created.repeat("create", key, spec)? {
            return Ok(id.clone());
        }
        let (id, access) = self.make(key, spec).await?;
        let mut state = self.locked();
        state.created.keep("create", key, spec, id.clone())?;
        state.known.insert(id.clone(), Known { access, bytes_max: spec.bytes_max, sizes: Sizes::new() });
        Ok(id)
    }

    async fn attach(&self, id: &SandboxId) -> Result<(), BackendError> {
        self.known(id, "attach").await.map(drop)
    }

    async fn write(
        &self,
        _: &IdempotencyKey,
        id: &SandboxId,
        path: &str,
        content: &[u8],
    ) -> Result<(), BackendError> {
        plain(path, "write")?;
        let known = self.known(id, "write").await?;
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let others = known.sizes.iter().filter(|(name, _)| *name != path).map(|(_, size)| *size);
        let total = others.fold(size, u64::saturating_add);
        if total > known.bytes_max {
            let message =
                format!("{total} bytes are more than the {} allowed: remove files first", known.bytes_max);
            return Err(error(ErrorKind::QuotaExceeded, "write", message));
        }
        self.envd.send(&request::write(&known.access, path, content)?).await.and_then(Answer::success)?;
        if let Some(known) = self.locked().known.get_mut(id) {
            known.sizes.insert(path.to_owned(), size);
        }
        Ok(())
    }

    async fn read(&self, id: &SandboxId, path: &str) -> Result<Vec<u8>, BackendError> {
        plain(path, "read")?;
        let known = self.known(id, "read").await?;
        let request = request::read(&known.access, path, known.bytes_max)?;
        match self.envd.send(&request).await.and_then(Answer::success) {
            Ok(answer) => Ok(answer.into_body()),
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                let message = format!("there is no file {path:?}: list the files first");
                Err(error(ErrorKind::NotFound, "read", message))
            }
            Err(cause) => Err(cause),
        }
    }

    async fn list(&self, id: &SandboxId) -> Result<Vec<String>, BackendError> {
        let known = self.known(id, "list").await?;
        let answer = self.envd.send(&request::list(&known.access)?).await.and_then(Answer::success)?;
        Ok(answer::files(answer.body())?.into_keys().collect())
    }

    async fn spawn(
        &self,
        _: &IdempotencyKey,
        id: &SandboxId,
        command: &RunCommand,
    ) -> Result<Box<dyn SandboxProcess>, BackendError> {
        if command.argv.is_empty() {
            return Err(error(ErrorKind::InvalidInput, "spawn", "a command names a program"));
        }
        if let Some(folder) = &command.folder {
            plain(folder, "spawn")?;
        }
        let known = self.known(id, "spawn").await?;
        Ok(Box::new(E2bProcess::start(self.envd.clone(), known.access, command, self.runtime.clone()).await?))
    }

    async fn extend(&self, _: &IdempotencyKey, id: &SandboxId, time: Duration) -> Result<(), BackendError> {
        self.known(id, "extend").await?;
        let request = request::extend(&self.config.api_key, id.as_str(), time)?;
        match self.control(&request).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(gone(id, "extend")),
            Err(error) => Err(error),
        }
    }

    async fn destroy(&self, _: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError> {
        match self.control(&request::destroy(&self.config.api_key, id.as_str())?).await {
            Ok(_) => {}
            // It has ended already.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.with_effect(Effect::Unknown)),
        }
        self.locked().known.remove(id);
        Ok(())
    }
}
