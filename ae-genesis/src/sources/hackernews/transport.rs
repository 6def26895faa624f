//! Sends one search and takes a bounded answer.

use std::{sync::Arc, time::Duration};

use ae_core::{BackendError, ErrorKind, Retry};
use reqwest::{Client, Response, StatusCode, Url, header, redirect};

use super::error;

const CONNECT_MAX: Duration = Duration::from_secs(5);
const ANSWER_MAX: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("ae-genesis/", env!("CARGO_PKG_VERSION"));

#[derive(Debug, Clone)]
pub(super) struct Transport {
    client: Client,
    base: Url,
}

impl Transport {
    pub(super) fn new(base_url: &str) -> Result<Self, BackendError> {
        let unusable = |source: Box<dyn std::error::Error + Send + Sync>| {
            error(ErrorKind::Internal, "TLS could not be set up").with_source(source)
        };
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|source| unusable(source.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_MAX)
            .timeout(ANSWER_MAX)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|source| unusable(source.into()))?;
        Ok(Self { client, base: parse(base_url)? })
    }

    pub(super) fn set_base_url(&mut self, base_url: &str) -> Result<(), BackendError> {
        self.base = parse(base_url)?;
        Ok(())
    }

    pub(super) fn base_url(&self) -> &str {
        self.base.as_str()
    }

    /// The body of a search, at most `bytes_max` bytes.
    pub(super) async fn get(
        &self,
        search: &str,
        hits: u32,
        bytes_max: usize,
    ) -> Result<Vec<u8>, BackendError> {
        let mut url = self.base.clone();
        url.set_path("/api/v1/search");
        url.query_pairs_mut()
            .append_pair("query", search)
            .append_pair("tags", "story")
            .append_pair("hitsPerPage", &hits.to_string());
        let mut response = self.client.get(url).send().await.map_err(|source| self.unreachable(source))?;
        refused(&response)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|source| self.unreachable(source))? {
            if body.len() + chunk.len() > bytes_max {
                let message = format!("the answer has more than {bytes_max} bytes; ask for fewer hits");
                return Err(error(ErrorKind::Protocol, message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreachable(&self, source: reqwest::Error) -> BackendError {
        let host = self.base.host_str().unwrap_or("the service").to_owned();
        let failed = if source.is_timeout() {
            error(ErrorKind::Timeout, format!("{host} did not answer within {} s", ANSWER_MAX.as_secs()))
        } else {
            let message =
                format!("{host} can't be reached: check the network, or pass a file of signals instead");
            error(ErrorKind::Unavailable, message)
        };
        failed.with_retry(Retry::Backoff).with_source(source.without_url())
    }
}

fn parse(base_url: &str) -> Result<Url, BackendError> {
    let url =
        Url::parse(base_url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| error(ErrorKind::InvalidInput, "the base address is not an http or https address"))
}

/// The error for a status that is no answer.
fn refused(response: &Response) -> Result<(), BackendError> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(());
    }
    let code = status.as_u16();
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => {
            let pause = response
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok());
            let retry = pause.map_or(Retry::Backoff, |seconds| Retry::After(Duration::from_secs(seconds)));
            error(ErrorKind::RateLimited, "too many requests: wait before the next run").with_retry(retry)
        }
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => error(
            ErrorKind::PermissionDenied,
            format!("the service refused the search (status {code}): it may be blocked from this network"),
        ),
        _ if status.is_server_error() => {
            error(ErrorKind::Unavailable, format!("the service is down (status {code})"))
                .with_retry(Retry::Backoff)
        }
        _ => error(ErrorKind::Protocol, format!("the service answered with status {code}, 200 was expected")),
    })
}
