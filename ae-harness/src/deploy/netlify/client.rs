//! The calls to Netlify.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ae_core::{BackendError, ErrorKind, Mode, Runtime, SameKey, Secret};
use ae_core_http::{Answer, Client, Limits, Request, RetryRule};

use super::{NAME, answer, request::Access};
use crate::deploy::CommercialUse;

/// The public service.
const API_URL: &str = "https://api.netlify.com";
/// The time for one answer: a file of the largest size takes its time.
const WITHIN: Duration = Duration::from_secs(90);

/// An account at Netlify, and how it is used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NetlifyConfig {
    /// The token.
    pub token: Secret<String>,
    /// The slug of the account (team), as it stands in the addresses of its pages.
    pub account: String,
    /// The address of the service, `https://api.netlify.com` by default.
    pub api_url: String,
    /// `Live` by default. The tokens of the service don't say what they are for.
    pub mode: Mode,
    /// Whether the account may publish sites that take payments; `Allowed` by default, as its terms do.
    pub commercial: CommercialUse,
}

impl NetlifyConfig {
    /// The account `account` of the public service.
    pub fn new(token: Secret<String>, account: impl Into<String>) -> Self {
        let (account, api_url) = (account.into(), API_URL.to_owned());
        Self { token, account, api_url, mode: Mode::Live, commercial: CommercialUse::Allowed }
    }
}

ae_core::setters! { NetlifyConfig {
    /// Sets the address of the service, for example of a proxy or of a simulator.
    fn with_api_url(api_url: into String);
    /// Sets the mode.
    fn with_mode(mode: Mode);
    /// Says whether the account may publish sites that take payments.
    fn with_commercial(commercial: CommercialUse);
} }

/// Publishes at Netlify. It needs a Tokio runtime.
///
/// A site is made in the account, under its label or, when another customer has that name, with a part that is its own;
/// it is marked as one of this program, and another one is neither published into nor removed. Only the files that the
/// service lacks are sent. The key and the release stand in the title of a deployment, by which it is found before one is
/// made and after an answer was lost; a deployment whose files were not all sent is completed. A preview is a draft.
/// Functions, variables and domains are not among its abilities.
#[derive(Debug)]
pub struct Netlify {
    pub(super) access: Access,
    pub(super) config: NetlifyConfig,
    pub(super) runtime: Runtime,
    sender: Sender,
    done: Mutex<SameKey<()>>,
}

impl Netlify {
    /// The account of `config`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the address of the service is not one or the account is not a slug, `Internal` when TLS can't be
    /// set up.
    pub fn new(config: NetlifyConfig, runtime: Runtime) -> Result<Self, BackendError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if config.account.is_empty() || !config.account.bytes().all(plain) {
            let message = "the account is named by its slug, as in the address of its pages";
            return Err(BackendError::new(ErrorKind::InvalidInput, NAME, "new", message));
        }
        let client = Client::new(NAME, &config.api_url, Limits::default().with_answer(WITHIN))?;
        let access = Access { token: config.token.clone(), account: config.account.clone() };
        let sender = Sender { client, runtime: runtime.clone() };
        Ok(Self { access, config, runtime, sender, done: Mutex::new(SameKey::new(NAME)) })
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

    /// Sends a request whose repeat is another effect: again only where it certainly had none.
    pub(super) async fn once(&self, request: &Request) -> Result<Answer, BackendError> {
        let rule = RetryRule::default();
        answer::checked(self.sender.client.send_under(request, &rule, &self.runtime).await?)
    }
}

/// The way to the service.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    client: Client,
    runtime: Runtime,
}

impl Sender {
    /// See [`Netlify::repeat`].
    pub(super) async fn repeat(&self, request: &Request) -> Result<Answer, BackendError> {
        let rule = RetryRule::default().with_repeatable().with_total(WITHIN * 2);
        answer::checked(self.client.send_under(request, &rule, &self.runtime).await?)
    }
}

pub(super) fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}
