//! Signals from Hacker News search (the public Algolia API; no key).

mod answer;
mod markup;
mod transport;

use std::{fmt, time::Duration};

use ae_core::{BackendError, ErrorKind, Retry, RetryPolicy, Runtime, retry};
use async_trait::async_trait;

use crate::{NicheSource, SignalQuery, SignalSink, SourceReport, SourceStatus};
use transport::Transport;

/// The source's name in errors.
const BACKEND: &str = "hackernews";
/// The operation that all errors name.
const COLLECT: &str = "collect";
/// The search service.
const BASE_URL: &str = "https://hn.algolia.com";
/// A pause that the service asks for is waited out up to here; a longer one ends the reading.
const PAUSE_MAX: Duration = Duration::from_secs(20);

/// Stories of Hacker News that match the query's short searches.
///
/// `GET {base}/api/v1/search?query=…&tags=story&hitsPerPage=…`, one request a search, in order. The service wants every word of
/// a search in a hit, so the intent's sentence is never sent; the query's [`searches`](SignalQuery::searches) are. A 429, a 5xx or
/// a broken connection is tried again, three times in all. When a later search fails, the report is
/// [`SourceStatus::Partial`]; when the first fails, `collect` does.
///
/// Addresses of evidence lead to the discussion, `https://news.ycombinator.com/item?id=…`, and are made from the id.
#[derive(Clone)]
pub struct HackerNewsSource {
    transport: Transport,
    runtime: Runtime,
    policy: RetryPolicy,
}

impl HackerNewsSource {
    /// The source's name.
    pub const NAME: &'static str = "hackernews";

    /// A source at the public service, with 5 s to connect and 10 s for an answer.
    ///
    /// # Errors
    ///
    /// `Internal` when TLS can't be set up.
    pub fn new(runtime: Runtime) -> Result<Self, BackendError> {
        let transport = Transport::new(BASE_URL)?;
        let policy = RetryPolicy::new(3).with_pauses(Duration::from_secs(1), Duration::from_secs(5));
        Ok(Self { transport, runtime, policy })
    }

    /// Sets the address of the service, for example a mirror; no path at its end.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when it is not an http or https address.
    pub fn with_base_url(mut self, base_url: &str) -> Result<Self, BackendError> {
        self.transport.set_base_url(base_url)?;
        Ok(self)
    }

    /// Sets how often a request is tried.
    #[must_use]
    pub fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The bytes of one search, tried again as the policy says.
    async fn search(&self, query: &SignalQuery, search: &str) -> Result<Vec<u8>, BackendError> {
        let limits = query.limits();
        let hits = limits.hits_per_search_max.clamp(1, 1_000);
        retry(self.policy, &self.runtime, |_| async {
            let outcome = self.transport.get(search, hits, limits.answer_bytes_max).await;
            outcome.map_err(|error| match error.retry() {
                Retry::After(pause) if pause > PAUSE_MAX => error.with_retry(Retry::Never),
                _ => error,
            })
        })
        .await
    }
}

impl fmt::Debug for HackerNewsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HackerNewsSource")
            .field("base_url", &self.transport.base_url())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl NicheSource for HackerNewsSource {
    fn name(&self) -> &str {
        Self::NAME
    }

    async fn collect(
        &self,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> Result<SourceReport, BackendError> {
        let now = self.runtime.now();
        let mut report = SourceReport::new(Self::NAME, now);
        if query.searches().is_empty() {
            report.status = SourceStatus::Skipped("the intent holds no word to search for".to_owned());
            return Ok(report);
        }
        let mut known = std::collections::BTreeSet::new();
        for (position, search) in query.searches().iter().enumerate() {
            let outcome = match self.search(query, search).await {
                Ok(bytes) => answer::read(&bytes, now, query.limits().text_chars_max, &mut report),
                Err(error) => Err(error),
            };
            let signals = match outcome {
                Ok(signals) => signals,
                Err(error) if position == 0 => return Err(error),
                Err(error) => {
                    let done = format!("{position} of {} searches done", query.searches().len());
                    report.status = SourceStatus::Partial(format!("{done}, then {}", error.message()));
                    return Ok(report);
                }
            };
            for (place, signal) in (1..).zip(signals) {
                if known.insert(signal.id.clone()) && report.offer(place, signal, query, sink).is_break() {
                    return Ok(report);
                }
            }
        }
        Ok(report)
    }
}

fn error(kind: ErrorKind, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, BACKEND, COLLECT, message)
}
