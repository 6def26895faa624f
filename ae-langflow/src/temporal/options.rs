//! How to reach the server, and how runs behave.

use std::time::Duration;

use ae_core::Secret;

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

/// How the connection is encrypted. The certificates of the operating system are known.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Tls {
    pub(crate) root_certificate: Option<Vec<u8>>,
    pub(crate) domain: Option<String>,
    pub(crate) client: Option<(Vec<u8>, Secret<Vec<u8>>)>,
}

impl ConnectOptions {
    /// The server at `url`, for example `http://127.0.0.1:7233`; `https://` encrypts.
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

    /// Another namespace than `default`.
    #[must_use]
    pub fn with_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// The identity that stands in histories. `ae-langflow` unless said otherwise.
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = identity.into();
        self
    }

    /// How the connection is encrypted.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The key that the server asks for. It turns encryption on.
    #[must_use]
    pub fn with_api_key(mut self, key: Secret<String>) -> Self {
        self.api_key = Some(key);
        self
    }

    /// How long connecting may take; 10 s unless said otherwise.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }
}

impl Tls {
    /// The certificates of the operating system, and the name in the URL.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts this certificate authority, in PEM, alone.
    #[must_use]
    pub fn with_root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificate = Some(pem.into());
        self
    }

    /// The name that the server's certificate has.
    #[must_use]
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Shows a certificate of its own, both in PEM.
    #[must_use]
    pub fn with_client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: Secret<Vec<u8>>) -> Self {
        self.client = Some((certificate.into(), key));
        self
    }
}

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
