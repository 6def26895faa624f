//! Signals from Hacker News search (the public Algolia API; no key).

mod answer;
mod markup;

use std::time::Duration;

use ae_core::{BackendError, Retry, RetryPolicy, Runtime, retry};
use ae_core_http::{Answer, Client, Limits, Request};
use async_trait::async_trait;

use crate::{NicheSource, SignalQuery, SignalSink, SourceReport, SourceStatus};

/// The source's name in errors.
const BACKEND: &str = "hackernews";
/// The operation that all errors name.
const COLLECT: &str = "collect";
/// The search service.
const BASE_URL: &str = "https://hn.algolia.com";
/// The time for a whole answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
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
#[derive(Debug, Clone)]
pub struct HackerNewsSource {
    client: Client,
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
        let client = Client::new(BACKEND, BASE_URL, Limits::default().with_answer(ANSWER_MAX))?;
        let policy = RetryPolicy::new(3).with_pauses(Duration::from_secs(1), Duration::from_secs(5));
        Ok(Self { client, runtime, policy })
    }

    /// Sets the address of the service, for example a mirror; without a path.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when it is not an http or https address.
    pub fn with_base_url(mut self, base_url: &str) -> Result<Self, BackendError> {
        self.client = self.client.with_base_url(base_url)?;
        Ok(self)
    }

    /// The bytes of one search, tried again as the policy says.
    async fn search(&self, query: &SignalQuery, search: &str) -> Result<Vec<u8>, BackendError> {
        let limits = &query.limits;
        let hits = limits.hits_per_search_max.clamp(1, 1_000);
        let request = Request::get(COLLECT, ["api", "v1", "search"])
            .with_query("query", search)
            .with_query("tags", "story")
            .with_query("hitsPerPage", hits.to_string())
            .with_body_bytes_max(limits.answer_bytes_max);
        retry(self.policy, &self.runtime, |_| async {
            let outcome = self.client.send(&request).await.and_then(Answer::success);
            outcome.map(Answer::into_body).map_err(|error| match error.retry() {
                Retry::After(pause) if pause > PAUSE_MAX => error.with_retry(Retry::Never),
                _ => error,
            })
        })
        .await
    }
}

ae_core::setters! { HackerNewsSource {
    /// Sets how often a request is tried.
    fn with_retry(policy: RetryPolicy);
} }

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
        if query.searches.is_empty() {
            report.status = SourceStatus::Skipped("the intent holds no word to search for".to_owned());
            return Ok(report);
        }
        let mut known = std::collections::BTreeSet::new();
        for (position, search) in query.searches.iter().enumerate() {
            let outcome = match self.search(query, search).await {
                Ok(bytes) => answer::read(&bytes, now, query.limits.text_chars_max, &mut report),
                Err(error) => Err(error),
            };
            let signals = match outcome {
                Ok(signals) => signals,
                Err(error) if position == 0 => return Err(error),
                Err(error) => {
                    let done = format!("{position} of {} searches done", query.searches.len());
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
