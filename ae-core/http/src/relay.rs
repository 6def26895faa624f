//! Requests and answers that are passed on as they are.

use std::{borrow::Cow, fmt, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Retry, Timestamp};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;

use crate::{
    answer,
    client::{connector, host, parse},
};

const OPERATION: &str = "pass on";

/// A client that passes requests of a program on to one service, for proxies. Clones share its connections; it needs a Tokio
/// runtime.
///
/// Nothing is decoded, followed or repeated, and the answer is read piece by piece as it comes. Only the time to connect is
/// bounded here: a caller drops the future of [`send`](Self::send) or the [`Passed`] answer when it has waited long enough.
#[derive(Debug, Clone)]
pub struct Relay {
    backend: &'static str,
    inner: reqwest::Client,
    base: Url,
}

impl Relay {
    /// A client of the service at `base_url`, for the backend that errors name.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when `base_url` is not an `http` or `https` address, or holds a password or a query; `Internal`
    /// when TLS can't be set up.
    pub fn new(backend: &'static str, base_url: &str, connect: Duration) -> Result<Self, BackendError> {
        let base = parse(backend, base_url)?;
        let inner = connector(backend, |builder| builder.connect_timeout(connect))?;
        Ok(Self { backend, inner, base })
    }

    /// Sends a request once. `path` is a path of plain segments that follows the one of the base address, as it stands on
    /// the wire.
    ///
    /// The headers are sent as they are; those of the connection itself (`host`, `content-length`, `connection`) must not
    /// be among them.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when `path` leads elsewhere. `Unavailable` when there was no answer: the effect is `NotApplied` if
    /// there was no connection, else `Unknown`.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        query: Option<&str>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Passed, BackendError> {
        let url = self.url(path, query)?;
        let mut request = self.inner.request(method, url).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        match request.send().await {
            Ok(response) => Ok(Passed {
                backend: Cow::Borrowed(self.backend),
                operation: OPERATION,
                host: host(&self.base).to_owned(),
                response,
            }),
            Err(error) => {
                let effect = if error.is_connect() || error.is_builder() {
                    Effect::NotApplied
                } else {
                    Effect::Unknown
                };
                let message = format!("{} can't be reached: check the network", host(&self.base));
                Err(BackendError::new(ErrorKind::Unavailable, self.backend, OPERATION, message)
                    .with_retry(Retry::Backoff)
                    .with_effect(effect)
                    .with_source(error.without_url()))
            }
        }
    }

    /// The address of a path below the base. A path that another server could read as one elsewhere does not come through.
    fn url(&self, path: &str, query: Option<&str>) -> Result<Url, BackendError> {
        let mut url = self.base.clone();
        let joined = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&joined);
        url.set_query(query);
        if path.starts_with('/') && url.path() == joined {
            Ok(url)
        } else {
            let message = "the path is not one of plain segments";
            Err(BackendError::new(ErrorKind::InvalidInput, self.backend, OPERATION, message))
        }
    }
}

/// An answer that is read piece by piece.
pub struct Passed {
    pub(crate) backend: Cow<'static, str>,
    pub(crate) operation: &'static str,
    pub(crate) host: String,
    pub(crate) response: reqwest::Response,
}

impl Passed {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The value of a header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        answer::text(self.headers(), name)
    }

    /// The pause that the service asks for in `retry-after`, at most an hour. A date counts from [`date`](Self::date).
    pub fn pause(&self) -> Option<Duration> {
        answer::pause(self.headers())
    }

    /// The time of the answer, by the service's own clock.
    pub fn date(&self) -> Option<Timestamp> {
        answer::date(self.headers())
    }

    /// The next piece of the body as it came; `None` at its end. Cancel safe.
    ///
    /// # Errors
    ///
    /// `Unavailable` when the body was cut, `Timeout` when the time for the whole exchange was over.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, BackendError> {
        self.response.chunk().await.map_err(|error| {
            let (kind, message) = if error.is_timeout() {
                (ErrorKind::Timeout, format!("the answer of {} did not end in time", self.host))
            } else {
                (ErrorKind::Unavailable, format!("the answer of {} was cut", self.host))
            };
            BackendError::new(kind, self.backend.clone(), self.operation, message)
                .with_retry(Retry::Backoff)
                .with_effect(Effect::Unknown)
                .with_source(error.without_url())
        })
    }
}

/// Shows the status: headers and body can hold secrets.
impl fmt::Debug for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passed").field("status", &self.status()).finish_non_exhaustive()
    }
}
