//! The calls to Cloudflare.

use std::{
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use ae_core::{BackendError, ErrorKind, Mode, Runtime, SameKey, Secret};
use ae_core_http::{Answer, Client, Limits, Request, RetryRule};

use super::{NAME, answer, request::Access};
use crate::deploy::SecretReader;

/// The public service.
const API_URL: &str = "https://api.cloudflare.com/client/v4";
/// The time for one exchange: a bucket of files can have tens of megabytes.
const ANSWER: Duration = Duration::from_secs(120);

/// An account at Cloudflare, and how it is used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CloudflareConfig {
    /// The token, which may edit Workers, and zones where domains are to be attached.
    pub token: Secret<String>,
    /// The id of the account: 32 hex digits.
    pub account: String,
    /// The address of the service, `https://api.cloudflare.com/client/v4` by default.
    pub api_url: String,
    /// `Live` by default.
    pub mode: Mode,
    /// Gives the values of secret variables, which are read at the moment in which they are sent.
    pub secrets: Option<SecretReader>,
}

impl CloudflareConfig {
    /// The account `account` of the public service.
    pub fn new(token: Secret<String>, account: impl Into<String>) -> Self {
        Self { token, account: account.into(), api_url: API_URL.to_owned(), mode: Mode::Live, secrets: None }
    }
}

ae_core::setters! { CloudflareConfig {
    /// Sets the address of the service, for example of a proxy or of a simulator.
    fn with_api_url(api_url: into String);
    /// Sets the mode.
    fn with_mode(mode: Mode);
    /// Sets the reader of secrets.
    fn with_secrets(secrets: some SecretReader);
} }

/// Publishes at Cloudflare: a site is a Worker with static files, a release one of its versions. It needs a Tokio runtime.
///
/// - **Address.** `https://<site>.<the account's subdomain>.workers.dev/`; below `localhost` where the service is a
///   simulator on this machine. [`ensure_site`](crate::Deployer::ensure_site)
///   makes a Worker that does not answer yet, with the tag `ae-site`: a Worker of the same name without it belongs to
///   someone else, and is neither published into nor removed.
/// - **Files.** Only those that Cloudflare lacks are sent, each content once.
/// - **Once.** Cloudflare has no idempotency keys, so that the key and the release stand in the notes of a version and of
///   a switch, and are looked for before one is made, and after an answer was lost. The keys of
///   [`remove`](crate::Deployer::remove) are remembered by this value.
/// - **Functions** are modules of the Worker. **Variables** are secrets of the Worker, plain ones too: no one can read
///   them again. A change of variables holds at once, for the release that answers.
/// - **Domains** have to be zones of the account: one that is not is made, and the advice names its servers.
#[derive(Debug)]
pub struct Cloudflare {
    pub(super) access: Access,
    pub(super) config: CloudflareConfig,
    /// The name under which the account's Workers answer, once it was read.
    pub(super) subdomain: OnceLock<String>,
    /// The beginning and the end of a site's address.
    pub(super) around: (&'static str, String),
    runtime: Runtime,
    client: Client,
    done: Mutex<SameKey<()>>,
}

impl Cloudflare {
    /// The account of `config`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the address of the service is not one or the account is not an id, `Internal` when TLS can't
    /// be set up.
    pub fn new(config: CloudflareConfig, runtime: Runtime) -> Result<Self, BackendError> {
        if config.account.is_empty() || !config.account.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let message =
                "the account is named by its id: 32 hex digits, which stand in the dashboard's address";
            return Err(error(ErrorKind::InvalidInput, "new", message));
        }
        let limits = Limits::default().with_answer(ANSWER);
        let client = Client::new(NAME, &config.api_url, limits)?;
        let access = Access { token: config.token.clone(), account: config.account.clone() };
        let (subdomain, done) = (OnceLock::new(), Mutex::new(SameKey::new(NAME)));
        let around = around(&config.api_url);
        Ok(Self { access, config, subdomain, around, runtime, client, done })
    }

    pub(super) fn done(&self) -> MutexGuard<'_, SameKey<()>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request whose repeat is safe: it reads, or its effect is the same however often it happens.
    pub(super) async fn repeat(&self, request: &Request) -> Result<Answer, BackendError> {
        answer::checked(self.repeated(request).await?, true)
    }

    /// As [`repeat`](Self::repeat), for a body with secrets: the words of a refusal are left out.
    pub(super) async fn repeat_secret(&self, request: &Request) -> Result<Answer, BackendError> {
        answer::checked(self.repeated(request).await?, false)
    }

    /// As [`repeat`](Self::repeat), `None` when there is no such object.
    pub(super) async fn find(&self, request: &Request) -> Result<Option<Answer>, BackendError> {
        match self.repeat(request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    /// Sends a request whose repeat is another effect: again only where it certainly had none.
    pub(super) async fn once(&self, request: &Request) -> Result<Answer, BackendError> {
        answer::checked(self.client.send_under(request, &RetryRule::default(), &self.runtime).await?, true)
    }

    async fn repeated(&self, request: &Request) -> Result<Answer, BackendError> {
        let rule = RetryRule::default().with_repeatable();
        self.client.send_under(request, &rule, &self.runtime).await
    }
}

/// The beginning and the end of a site's address: a simulator on this machine answers for its sites itself.
fn around(api_url: &str) -> (&'static str, String) {
    let rest = api_url.strip_prefix("http://").unwrap_or_default();
    let (host, port) = rest.split('/').next().and_then(|host| host.split_once(':')).unwrap_or_default();
    if matches!(host, "127.0.0.1" | "localhost") {
        return ("http://", format!("localhost:{port}"));
    }
    ("https://", "workers.dev".to_owned())
}

pub(super) fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}
