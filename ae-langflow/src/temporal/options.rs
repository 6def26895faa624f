//! How to reach the server, and how runs behave.

use std::time::Duration;

use ae_core::{BackendError, Effect, ErrorKind, Retry, Secret};
use temporalio_client::{ClientTlsOptions, TlsOptions, Url};

use super::wire::RunPolicy;

/// Where the server is and who asks.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectOptions {
    pub(crate) url: String,
    pub(crate) namespace: String,
    pub(crate) identity: String,
    pub(crate) tls: Option<Tls>,
    pub(crate) api_key: Option<Secret<String>>,
    pub(crate) connect_timeout: Duration,
}

/// How the connection is encrypted. Without more the certificates of the operating system are trusted, and the server's
/// has the name in the URL.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Tls {
    pub(crate) root_certificate: Option<Vec<u8>>,
    pub(crate) domain: Option<String>,
    pub(crate) client: Option<(Vec<u8>, Secret<Vec<u8>>)>,
}

impl ConnectOptions {
    /// The server at `url`, for example `http://127.0.0.1:7233`; `https://` encrypts. Without a scheme, `host:7233`, the
    /// connection is encrypted when there is a key or a [`Tls`], and plain otherwise.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            namespace: "default".to_owned(),
            identity: "ae-langflow".to_owned(),
            tls: None,
            api_key: None,
            connect_timeout: Duration::from_secs(10),
        }
    }

    /// The address with its scheme: `https`, or `http` when there is nothing that needs encryption.
    pub(crate) fn target(&self) -> Result<Url, BackendError> {
        let encrypts = self.api_key.is_some() || self.tls.is_some();
        let refused = |reason: String| {
            BackendError::new(ErrorKind::InvalidInput, "temporal", "connect", reason)
                .with_retry(Retry::Never)
                .with_effect(Effect::NotApplied)
        };
        let with_scheme = match (self.url.contains("://"), encrypts) {
            (true, _) => self.url.clone(),
            (false, true) => format!("https://{}", self.url),
            (false, false) => format!("http://{}", self.url),
        };
        let url = Url::parse(&with_scheme)
            .map_err(|error| refused(format!("{:?} is not an address: {error}", self.url)))?;
        match url.scheme() {
            "https" => Ok(url),
            "http" if encrypts => Err(refused(format!(
                "{:?} is a plain connection, over which no key goes and nothing is encrypted: use https://",
                self.url
            ))),
            "http" => Ok(url),
            _ => Err(refused(format!("{:?} is not an address with http:// or https://", self.url))),
        }
    }
}

ae_core::setters! { ConnectOptions {
    /// Another namespace than `default`.
    fn with_namespace(namespace: into String);
    /// The identity that stands in histories. `ae-langflow` unless said otherwise.
    fn with_identity(identity: into String);
    /// How the connection is encrypted. It contradicts `http://`.
    fn with_tls(tls: some Tls);
    /// The key that the server asks for. It never goes over a plain connection: with `http://` connecting is an error.
    fn with_api_key(api_key: some Secret<String>);
    /// How long connecting may take; 10 s unless said otherwise.
    fn with_connect_timeout(connect_timeout: Duration);
} }

impl Tls {
    /// The certificates of the operating system, and the name in the URL.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows a certificate of its own, both in PEM.
    #[must_use]
    pub fn with_client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: Secret<Vec<u8>>) -> Self {
        self.client = Some((certificate.into(), key));
        self
    }

    pub(crate) fn into_sdk(self) -> TlsOptions {
        let client = self.client.map(|(certificate, key)| {
            ClientTlsOptions::builder()
                .client_cert(certificate)
                .client_private_key(key.expose().clone())
                .build()
        });
        TlsOptions::builder()
            .maybe_server_root_ca_cert(self.root_certificate)
            .maybe_domain(self.domain)
            .maybe_client_tls_options(client)
            .build()
    }
}

ae_core::setters! { Tls {
    /// Trusts this certificate authority, in PEM, alone.
    fn with_root_certificate(root_certificate: some into Vec<u8>);
    /// The name that the server's certificate has.
    fn with_domain(domain: some into String);
} }

/// How one run behaves. It is fixed when the run starts and travels with it, as what its graph says of its nodes does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunOptions {
    pub(crate) step_limit: u64,
    pub(crate) policy: RunPolicy,
}

impl RunOptions {
    /// 10,000 supersteps, a new history every 500, 10 minutes a try for nodes that name no limit, heartbeats every
    /// 10 s at least, 512 KiB.
    #[must_use]
    pub fn new() -> Self {
        let policy =
            RunPolicy { timeout_ms: 600_000, heartbeat_ms: 10_000, segment: 500, bytes_max: 512 * 1024 };
        Self { step_limit: crate::host::STEP_LIMIT, policy }
    }

    /// The largest number of supersteps.
    #[must_use]
    pub fn with_step_limit(mut self, steps: u64) -> Self {
        self.step_limit = steps;
        self
    }

    /// How long one try of a node may take that names no [limit](crate::Configured::with_timeout) of its own: the
    /// server wants one.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.policy.timeout_ms = millis(timeout);
        self
    }

    /// The time without a heartbeat of its worker after which a node counts as lost and runs elsewhere. Workers give four
    /// in that time on their own; a cancel reaches a node with one. Not to be confused with a node's
    /// [idle timeout](crate::Configured::with_idle_timeout), which the worker watches over.
    #[must_use]
    pub fn with_heartbeat(mut self, timeout: Duration) -> Self {
        self.policy.heartbeat_ms = millis(timeout);
        self
    }

    /// After how many supersteps the run goes on with a new history.
    #[must_use]
    pub fn with_segment(mut self, steps: u64) -> Self {
        self.policy.segment = steps.max(1);
        self
    }

    /// How large the run with its state may grow, in bytes as JSON, without what is in a blob store. The server takes
    /// 2 MiB at most, so more than 1.9 MB counts as that.
    #[must_use]
    pub fn with_bytes_max(mut self, bytes: u64) -> Self {
        // The rest of a call and the server's own framing need room as well.
        self.policy.bytes_max = bytes.min(1_900_000);
        self
    }
}

impl Default for RunOptions {
    fn default() -> Self {
        Self::new()
    }
}

fn millis(duration: Duration) -> u64 {
    // The server takes 0 for "unset".
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).clamp(1, 1000 * 60 * 60 * 24 * 365)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_or_options_for_encryption_never_go_with_a_plain_connection() {
        let target = |url: &str, key: bool, tls: bool| {
            let mut options = ConnectOptions::new(url);
            options.api_key = key.then(|| Secret::new("key".to_owned()));
            options.tls = tls.then(Tls::new);
            options.target().map(|url| url.scheme().to_owned()).map_err(|error| error.kind())
        };
        for (key, tls) in [(true, false), (false, true), (true, true)] {
            assert_eq!(target("http://h:1", key, tls), Err(ErrorKind::InvalidInput));
            assert_eq!(target("HTTP://h:1", key, tls), Err(ErrorKind::InvalidInput));
            assert_eq!(target("https://h:1", key, tls).as_deref(), Ok("https"));
            assert_eq!(target("h:1", key, tls).as_deref(), Ok("https"));
        }
        assert_eq!(target("https://h:1", false, false).as_deref(), Ok("https"));
        assert_eq!(target("http://h:1", false, false).as_deref(), Ok("http"));
        assert_eq!(target("127.0.0.1:1", false, false).as_deref(), Ok("http"));
        for url in ["", "ftp://h", "https://", "grpc://h:1"] {
            assert_eq!(target(url, true, false), Err(ErrorKind::InvalidInput), "{url:?}");
        }
    }
}
