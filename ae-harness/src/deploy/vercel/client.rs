//! The calls to Vercel.

use std::{
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use ae_core::{BackendError, ErrorKind, Mode, Runtime, SameKey, Secret};
use ae_core_http::{Answer, Client, Limits, Request, RetryRule};

use super::{NAME, answer, request::Access};
use crate::deploy::{CommercialUse, DeployTarget, SecretReader};

/// The time for one answer: a file of the largest size takes its time.
const WITHIN: Duration = Duration::from_secs(90);
/// The public service.
const API_URL: &str = "https://api.vercel.com";

/// An account at Vercel, and how it is used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VercelConfig {
    /// The token.
    pub token: Secret<String>,
    /// The id of the team, `team_…`, which stands in its settings. Every account has one; a call without it would
    /// publish in the personal account of the token's owner.
    pub team: String,
    /// The address of the service, `https://api.vercel.com` by default.
    pub api_url: String,
    /// `Live` by default. The tokens of the service don't say what they are for: `Test` is for trials, so that only
    /// previews are published, unless the service is a simulator on this machine.
    pub mode: Mode,
    /// Whether the plan of the team allows sites that take payments, where it should not be asked for: see
    /// [`Vercel`].
    pub commercial: Option<CommercialUse>,
    /// Gives the values of secret variables, which are read at the moment in which they are sent.
    pub secrets: Option<SecretReader>,
}

impl VercelConfig {
    /// The team `team` of the public service.
    pub fn new(token: Secret<String>, team: impl Into<String>) -> Self {
        let (team, api_url) = (team.into(), API_URL.to_owned());
        Self { token, team, api_url, mode: Mode::Live, commercial: None, secrets: None }
    }
}

ae_core::setters! { VercelConfig {
    /// Sets the address of the service, for example of a proxy or of a simulator.
    fn with_api_url(api_url: into String);
    /// Sets the mode.
    fn with_mode(mode: Mode);
    /// Says whether the plan of the team allows sites that take payments.
    fn with_commercial(commercial: some CommercialUse);
    /// Sets the reader of secrets.
    fn with_secrets(secrets: some SecretReader);
} }

/// Publishes at Vercel: a site is a project of the team, a release one of its deployments. It needs a Tokio runtime.
///
/// - **Address.** [`ensure_site`](crate::Deployer::ensure_site) makes the project and reads the domain that the service
///   gave to it, or takes one of the service's own. The project is marked by the variable `AE_SITE`: a project of the
///   same name without it belongs to someone else, and is neither published into nor removed.
/// - **Files.** Only those that the service lacks are sent, each content once. Those of the bundle lie in a folder of
///   their own, so that none of them is read as a setting; `vercel.json` has clean addresses and the headers of every
///   answer. Nothing is built.
/// - **Once.** The service has no idempotency keys, so that the key and the release stand in the notes of a deployment,
///   and a deployment is looked for before one is made, and after an answer was lost. A key under which an older
///   deployment of the same release was made active again is remembered by this value alone.
/// - **Functions** run under Node, one file each, with the variables of the project as their environment.
/// - **Plans.** The free plan of the service excludes sites that take payments:
///   [`info`](crate::Deployer::info) says `Unknown` until [`check`](crate::Deployer::check) has read the plan of the team.
#[derive(Debug)]
pub struct Vercel {
    pub(super) access: Access,
    pub(super) config: VercelConfig,
    pub(super) runtime: Runtime,
    /// The plan of the team, once it was read.
    pub(super) commercial: OnceLock<CommercialUse>,
    sender: Sender,
    is_simulator: bool,
    done: Mutex<SameKey<()>>,
}

impl Vercel {
    /// The account of `config`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the address of the service is not one or the team is not an id, `Internal` when TLS can't be
    /// set up.
    pub fn new(config: VercelConfig, runtime: Runtime) -> Result<Self, BackendError> {
        let is_id =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_id(&config.team) {
            let message =
                "the team is named by its id: it begins with team_ and stands in the team's settings";
            return Err(BackendError::new(ErrorKind::InvalidInput, NAME, "new", message));
        }
        let client = Client::new(NAME, &config.api_url, Limits::default().with_answer(WITHIN))?;
        let rest = config.api_url.split_once("://").map_or("", |(_, rest)| rest);
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        let is_simulator = host == "127.0.0.1" || host == "localhost" || rest.starts_with("[::1]");
        let access = Access { token: config.token.clone(), team: config.team.clone() };
        let done = Mutex::new(SameKey::new(NAME));
        let sender = Sender { client, runtime: runtime.clone() };
        Ok(Self { access, config, runtime, commercial: OnceLock::new(), sender, is_simulator, done })
    }

    /// Refuses production in a trial.
    pub(super) fn allow(&self, target: DeployTarget) -> Result<(), BackendError> {
        if self.config.mode == Mode::Live || self.is_simulator || target == DeployTarget::Preview {
            return Ok(());
        }
        let message = "in test mode only previews are published: plan a preview, or use the live mode";
        Err(error(ErrorKind::PermissionDenied, "deploy", message))
    }

    pub(super) fn done(&self) -> MutexGuard<'_, SameKey<()>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A sender for a task of its own.
    pub(super) fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Sends a request whose repeat is safe: it reads, or its effect is the same however often it happens.
    pub(super) async fn repeat(&self, request: &Request) -> Result<Answer, BackendError> {
        self.sender.repeat(request).await
    }

    /// As [`repeat`](Self::repeat), for a body with secrets: the words of a refusal are left out.
    pub(super) async fn repeat_secret(&self, request: &Request) -> Result<Answer, BackendError> {
        let answer = self.sender.repeated(request).await?;
        answer::checked(answer, self.runtime.now(), false)
    }

    /// Sends a request whose repeat is another effect: again only where it certainly had none. The answer has any status.
    pub(super) async fn once(&self, request: &Request) -> Result<Answer, BackendError> {
        self.sender.client.send_under(request, &RetryRule::default(), &self.runtime).await
    }
}

/// The way to the service.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    client: Client,
    runtime: Runtime,
}

impl Sender {
    /// See [`Vercel::repeat`].
    pub(super) async fn repeat(&self, request: &Request) -> Result<Answer, BackendError> {
        answer::checked(self.repeated(request).await?, self.runtime.now(), true)
    }

    async fn repeated(&self, request: &Request) -> Result<Answer, BackendError> {
        let rule = RetryRule::default().with_repeatable().with_total(WITHIN * 2);
        self.client.send_under(request, &rule, &self.runtime).await
    }
}

pub(super) fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}
