//! Certificates from an ACME authority.

mod answers;
mod order;
mod stored;
mod tls;

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use ae_core::{BackendError, ErrorKind, Runtime, Timestamp};
use tokio::net::TcpListener;

use self::stored::Stored;
pub use self::tls::TlsListener;
use crate::Domain;

const NAME: &str = "acme";
/// How long a good certificate is left alone, and how long an authority that refused.
const LOOK_AGAIN: Duration = Duration::from_secs(6 * 3600);
const TRY_AGAIN: Duration = Duration::from_secs(3600);

/// Where certificates come from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AcmeOptions {
    /// The address of the authority's directory, for example `https://acme-v02.api.letsencrypt.org/directory`.
    pub directory: String,
    /// The address for mail about the account, which may be left out.
    pub contact: Option<String>,
    /// A file with the root certificate by which the authority's own server is known; without it, those of the system.
    pub root: Option<PathBuf>,
}

impl AcmeOptions {
    /// The authority at `directory`. By making this, the caller agrees to its terms of service.
    pub fn agreeing_to_the_terms_of(directory: impl Into<String>) -> Self {
        Self { directory: directory.into(), contact: None, root: None }
    }
}

ae_core::setters! { AcmeOptions {
    /// Sets the address for mail about the account.
    fn with_contact(contact: some into String);
    /// Sets the file with the root certificate of the authority's server.
    fn with_root(root: some into PathBuf);
} }

/// The certificate of a server's names, kept in a folder and renewed in the last third of its life.
///
/// The authority asks for each name over HTTP, at port 80 of its address (the challenge `http-01`): have
/// [`serve_challenges`](Self::serve_challenges) answer there before [`ensure`](Self::ensure) is called. The folder holds
/// the account and the certificate with its key, in files that their owner alone may read. Clones share one certificate.
///
/// It needs a Tokio runtime.
#[derive(Clone)]
pub struct Certificates {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    names: Vec<Domain>,
    options: AcmeOptions,
    runtime: Runtime,
    /// The answers that the authority asks for now, by token.
    challenges: Mutex<BTreeMap<String, String>>,
    current: RwLock<Option<Stored>>,
    /// One order at a time.
    ordering: tokio::sync::Mutex<()>,
}

impl Certificates {
    /// Opens `folder`, which is made if it is missing, for the certificate of `names`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` without a name; the reason why the folder can't be made or its certificate can't be read.
    pub fn open(
        folder: impl Into<PathBuf>,
        names: Vec<Domain>,
        options: AcmeOptions,
        runtime: Runtime,
    ) -> Result<Self, BackendError> {
        let folder = folder.into();
        if names.is_empty() {
            return Err(failed(
                ErrorKind::InvalidInput,
                "open",
                "a certificate has at least one name: give one",
            ));
        }
        stored::make_folder(&folder)?;
        let current = RwLock::new(Stored::read(&folder, &names)?);
        let (challenges, ordering) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { inner: Arc::new(Inner { folder, names, options, runtime, challenges, current, ordering }) })
    }

    /// The end of the certificate that is there.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.inner.read().as_ref().map(|stored| stored.not_after)
    }

    /// Makes sure that there is a certificate with a third of its life left, and returns when it ends. The one that is there
    /// is used until the new one is.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` when the authority does not believe in a name, `RateLimited`, `Timeout`, `Unavailable`, and the
    /// reason why the files can't be written.
    pub async fn ensure(&self) -> Result<Timestamp, BackendError> {
        let inner = &self.inner;
        let _one = inner.ordering.lock().await;
        let now = inner.runtime.now();
        let is_ours = inner.has_account()?;
        let good = {
            let stored = inner.read();
            stored.as_ref().filter(|stored| is_ours && stored.is_good(now)).map(|stored| stored.not_after)
        };
        if let Some(until) = good {
            return Ok(until);
        }
        let stored = inner.order().await?;
        stored.write(&inner.folder)?;
        let until = stored.not_after;
        *inner.current.write().unwrap_or_else(PoisonError::into_inner) = Some(stored);
        Ok(until)
    }

    /// Keeps the certificate good until the future is dropped: looks every six hours, an hour after a failure, and hands each
    /// outcome to `report`.
    pub async fn keep(&self, report: impl Fn(Result<Timestamp, BackendError>)) {
        loop {
            let outcome = self.ensure().await;
            let pause = if outcome.is_ok() { LOOK_AGAIN } else { TRY_AGAIN };
            report(outcome);
            self.inner.runtime.sleeper.sleep(pause).await;
        }
    }

    /// Connections of `listener` under TLS, with the certificate that is there at each handshake. Without one, handshakes
    /// fail.
    ///
    /// # Errors
    ///
    /// `Internal` when TLS can't be set up.
    pub fn secure(&self, listener: TcpListener) -> Result<TlsListener, BackendError> {
        TlsListener::new(listener, Arc::clone(&self.inner))
    }
}

impl Inner {
    fn read(&self) -> std::sync::RwLockReadGuard<'_, Option<Stored>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn challenges(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("names", &self.names).finish_non_exhaustive()
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.inner, f)
    }
}

fn failed(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}
