//! The client.

use std::{borrow::Cow, sync::Arc, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use reqwest::{Url, redirect};

use crate::{Answer, Passed, Request};

/// The bounds of every exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The time to connect.
    pub connect: Duration,
    /// The time from the beginning of a request to the end of its answer.
    pub answer: Duration,
    /// The size of an answer's body. No content encoding is asked for.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    /// 5 s to connect, 30 s for an answer, 4 MiB.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_secs(30), body_bytes_max: 4 << 20 }
    }
}

ae_core::setters! { Limits {
    /// Sets the time to connect.
    fn with_connect(connect: Duration);
    /// Sets the time for a whole exchange.
    fn with_answer(answer: Duration);
    /// Sets the size of an answer's body.
    fn with_body_bytes_max(body_bytes_max: usize);
} }

/// A client of one service. Clones share its connections; it needs a Tokio runtime.
#[derive(Debug, Clone)]
pub struct Client {
    backend: Cow<'static, str>,
    inner: reqwest::Client,
    base: Url,
    limits: Limits,
}

impl Client {
    /// A client of the service at `base_url`, for the backend that errors name.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when `base_url` is not an `http` or `https` address, or holds a password or a query; `Internal`
    /// when TLS can't be set up.
    pub fn new(
        backend: impl Into<Cow<'static, str>>,
        base_url: &str,
        limits: Limits,
    ) -> Result<Self, BackendError> {
        let backend = backend.into();
        let base = parse(&backend, base_url)?;
        let inner = connector(&backend, |builder| {
            builder
                .user_agent(concat!("autonomous-enterprise/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(limits.connect)
                .timeout(limits.answer)
        })?;
        Ok(Self { backend, inner, base, limits })
    }

    /// Sends to another address of the service, for example a mirror or a test server.
    ///
    /// # Errors
    ///
    /// `InvalidInput` as for [`new`](Self::new).
    pub fn with_base_url(mut self, base_url: &str) -> Result<Self, BackendError> {
        self.base = parse(&self.backend, base_url)?;
        Ok(self)
    }

    /// Sends `request` once and reads the whole answer, whatever its status; see [`Answer::success`].
    ///
    /// # Errors
    ///
    /// `Timeout` and `Unavailable` when there was no answer, `Protocol` when it is too long. The effect is unknown
    /// unless the request only reads or was never sent.
    pub async fn send(&self, request: &Request) -> Result<Answer, BackendError> {
        self.send_within(request, self.limits.answer).await
    }

    /// As [`send`](Self::send), in at most `within`.
    pub(crate) async fn send_within(
        &self,
        request: &Request,
        within: Duration,
    ) -> Result<Answer, BackendError> {
        let within = within.min(self.limits.answer);
        let failed = |error| self.failed(request, within, error);
        let mut response = self.prepared(request).timeout(within).send().await.map_err(failed)?;
        let bytes_max = request.body_bytes_max.unwrap_or(self.limits.body_bytes_max);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len().saturating_add(chunk.len()) > bytes_max {
                let message = format!("the answer of {} has more than {bytes_max} bytes", self.host());
                return Err(self
                    .error(request, ErrorKind::Protocol, message)
                    .with_status(response.status().as_u16())
                    .with_effect(Self::effect(request)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(self.answer(request, response, body))
    }

    /// Sends `request` once and gives the answer as soon as it begins, to be read piece by piece. The whole exchange may
    /// take `within`, in place of the client's limit, and the body may be of any size.
    ///
    /// # Errors
    ///
    /// `Timeout` and `Unavailable` when there was no answer, and [`Answer::error`] for every status but 2xx.
    pub async fn open(&self, request: &Request, within: Duration) -> Result<Passed, BackendError> {
        let response = self.begun(request, within).await?;
        if response.status().is_success() {
            return Ok(self.passed(request, response));
        }
        Err(self.answer(request, response, Vec::new()).error())
    }

    /// As [`open`](Self::open), and gives an answer of every status: for services whose errors say more in their body.
    ///
    /// # Errors
    ///
    /// `Timeout` and `Unavailable` when there was no answer.
    pub async fn open_any(&self, request: &Request, within: Duration) -> Result<Passed, BackendError> {
        let response = self.begun(request, within).await?;
        Ok(self.passed(request, response))
    }

    async fn begun(&self, request: &Request, within: Duration) -> Result<reqwest::Response, BackendError> {
        let sent = self.prepared(request).timeout(within).send().await;
        sent.map_err(|error| self.failed(request, within, error))
    }

    fn passed(&self, request: &Request, response: reqwest::Response) -> Passed {
        Passed {
            backend: self.backend.clone(),
            operation: request.operation,
            host: self.host().to_owned(),
            response,
        }
    }

    fn prepared(&self, request: &Request) -> reqwest::RequestBuilder {
        let mut prepared = self.inner.request(request.method.clone(), self.url(request));
        for (name, value) in &request.headers {
            prepared = prepared.header(name, value);
        }
        match &request.body {
            Some(body) => prepared.body(body.clone()),
            None => prepared,
        }
    }

    fn answer(&self, request: &Request, mut response: reqwest::Response, body: Vec<u8>) -> Answer {
        Answer {
            backend: self.backend.clone(),
            operation: request.operation,
            host: self.host().to_owned(),
            effect: Self::effect(request),
            doubtful: false,
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body,
        }
    }

    fn url(&self, request: &Request) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&request.segments);
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        url
    }

    fn host(&self) -> &str {
        host(&self.base)
    }

    /// The effect of a request that the service may have received.
    fn effect(request: &Request) -> Effect {
        if request.is_read() { Effect::NotApplied } else { Effect::Unknown }
    }

    fn error(&self, request: &Request, kind: ErrorKind, message: String) -> BackendError {
        BackendError::new(kind, self.backend.clone(), request.operation, message)
    }

    fn failed(&self, request: &Request, within: Duration, error: reqwest::Error) -> BackendError {
        let effect =
            if error.is_connect() || error.is_builder() { Effect::NotApplied } else { Self::effect(request) };
        let (kind, message) = if error.is_timeout() {
            let within = if error.is_connect() { self.limits.connect } else { within };
            let seconds = within.as_secs_f32();
            (ErrorKind::Timeout, format!("{} did not answer within {seconds} s", self.host()))
        } else {
            (ErrorKind::Unavailable, format!("{} can't be reached: check the network", self.host()))
        };
        self.error(request, kind, message)
            .with_retry(Retry::Backoff)
            .with_effect(effect)
            .with_source(error.without_url())
    }
}

/// A connector with the TLS of this crate, and with what `more` sets.
pub(crate) fn connector(
    backend: &str,
    more: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, BackendError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let failed = || {
        let message = "TLS could not be set up";
        BackendError::new(ErrorKind::Internal, backend.to_owned(), "connect", message)
    };
    let tls = tls.map_err(|source| failed().with_source(source))?;
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    more(reqwest::Client::builder())
        .tls_backend_preconfigured(tls)
        // A redirect would carry the credentials to an address that nobody configured.
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|source| failed().with_source(source))
}

pub(crate) fn host(base: &Url) -> &str {
    base.host_str().unwrap_or("the service")
}

pub(crate) fn parse(backend: &str, base_url: &str) -> Result<Url, BackendError> {
    let is_plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    Url::parse(base_url).ok().filter(is_plain).ok_or_else(|| {
        let message = "the base address is not an http or https address without password and query";
        BackendError::new(ErrorKind::InvalidInput, backend.to_owned(), "connect", message)
    })
}
