//! The port of builders.

use std::fmt::Debug;

use ae_core::{BackendError, Cancel, IdempotencyKey};
use async_trait::async_trait;

use super::{AgentReport, AgentRequest, AgentSink, ProviderInfo};

/// A builder: the built-in one, a coding agent behind its command line, anything that writes files into a workspace.
///
/// # Contract
///
/// - C1. [`check`](CliProvider::check) changes nothing and costs nothing.
/// - C2. [`execute`](CliProvider::execute) writes inside [`AgentRequest::workspace`] only, and refuses a workspace that
///   is relative, missing or not a folder before it does anything.
/// - C3. Attempts count from 1; attempt 0 is `InvalidInput`.
/// - C4. [`AgentReport::files_changed`] comes from comparing the workspace before and after, never from the builder's
///   word; the paths are relative, joined by `/`, sorted and unique.
/// - C5. A provider that is not [metered](ProviderInfo::metered) reports a cost of zero.
/// - C6. The same key with the same request, after a success, leaves the same files.
/// - C7. A key that was used for another request is a `Conflict`, and nothing is written.
/// - C8. A call whose cancel was asked for before it began writes nothing and reports
///   [`Cancelled`](super::StopReason::Cancelled); its key can be used again.
/// - C9. A request for an ability that [`ProviderInfo::abilities`] does not have is `Unsupported`, and nothing is written.
///
/// # Notes
///
/// A builder that was begun ends with a report, however it stopped, so that its cost is known: a cancel, a time-out and
/// a spent budget are reports, not errors. [`AgentReport::cost`] is `None` when it was not measured. Success says that
/// the builder ended well, not that the product is right: that is what [`AcceptancePlan`](crate::AcceptancePlan) proves.
///
/// A repeat of a key after a success gives its report again at no cost, as long as the provider lives. The events are for
/// people: a builder waits until the sink has taken one, and decides nothing by them.
///
/// `cancel` asks the agent to stop, then terminates it, then kills it, with all that it started.
///
/// # Errors
///
/// `InvalidInput` for a request that can't be served, `NotFound` for a missing program, `Unauthenticated`,
/// `QuotaExceeded` and `RateLimited` from the vendor, `Conflict` as above. The effect is `NotApplied` until the builder
/// got its prompt, `Unknown` from then on; an error after that carries the cost that is known.
///
/// # Cancel safety
///
/// Dropping the future of `execute` kills the builder; each file is then old or new, and a later `execute` of the same
/// request repairs the whole. Its cost is lost: ask through `cancel` instead.
///
/// # Example
///
/// ```
/// use ae_core::Cancel;
/// use ae_harness::{AgentRequest, CliProvider, MemoryProvider, ScriptedRun};
/// # use ae_core::{Digest, IdempotencyKey, RunId};
/// # async fn build(workspace: std::path::PathBuf) -> Result<(), ae_core::BackendError> {
/// let provider = MemoryProvider::new([ScriptedRun::new("wrote the page").with_file("site/index.html", "<!doctype html>")]);
/// let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "build", "execute", 1);
/// let request = AgentRequest::new(workspace, "Build the page of CSV Tidy in the folder site/.");
/// let report = provider.execute(&key, &request, &(), &Cancel::new()).await?;
/// assert_eq!(report.files_changed, ["site/index.html"]);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait CliProvider: Debug + Send + Sync + 'static {
    /// Its account of itself.
    fn info(&self) -> ProviderInfo;

    /// Whether it could work now.
    async fn check(&self) -> Result<(), BackendError>;

    /// Does the work of the request, until it is done or `cancel` asks it to stop.
    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError>;
}

ae_core::forward! { CliProvider {
    fn info(&self) -> ProviderInfo;
    async fn check(&self) -> Result<(), BackendError>;
    async fn execute(&self, key: &IdempotencyKey, request: &AgentRequest, events: &dyn AgentSink, cancel: &Cancel) -> Result<AgentReport, BackendError>;
} }

#[cfg(feature = "mock")]
mockall::mock! {
    /// Written out, since `automock` can't name the lifetime of the sink.
    #[derive(Debug)]
    pub CliProvider {
        /// Its account of itself.
        pub fn info(&self) -> ProviderInfo;

        /// The answer of `check`.
        pub fn check(&self) -> Result<(), BackendError>;

        /// The events that `execute` passes on, and its report.
        pub fn run(
            &self,
            key: &IdempotencyKey,
            request: &AgentRequest,
            cancel: &Cancel,
        ) -> Result<(Vec<super::AgentEvent>, AgentReport), BackendError>;
    }
}

#[cfg(feature = "mock")]
#[async_trait]
impl CliProvider for MockCliProvider {
    fn info(&self) -> ProviderInfo {
        self.info()
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.check()
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        let (passed, report) = self.run(key, request, cancel)?;
        for event in passed {
            events.event(event).await;
        }
        Ok(report)
    }
}
