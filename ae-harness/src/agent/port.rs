//! The port of builders.

use std::{fmt::Debug, sync::Arc};

use ae_core::{BackendError, IdempotencyKey};
use async_trait::async_trait;

use super::{AgentReport, AgentRequest, ProviderInfo};

/// A builder: the built-in one, a coding agent behind its command line, anything that writes files into a workspace.
///
/// # Contract
///
/// - C1. [`check`](CliProvider::check) changes nothing and costs nothing.
/// - C2. [`execute`](CliProvider::execute) writes inside [`AgentRequest::workspace`] only, and refuses a workspace that
///   is relative, missing or no folder before it does anything.
/// - C3. [`AgentReport::files_changed`] comes from comparing the workspace before and after, never from the builder's
///   word; the paths are relative, joined by `/`, sorted and unique.
/// - C4. [`AgentReport::cost`] is `None` when it was not measured. A provider that is not
///   [metered](ProviderInfo::metered) reports zero.
/// - C5. The same key with the same request, after a success, leaves the same files and costs nothing more.
/// - C6. Success says that the builder ended well, not that the product is right: that is what
///   [`AcceptancePlan`](crate::AcceptancePlan) proves.
///
/// # Errors
///
/// `InvalidInput` for a request that can't be served, `NotFound` for a missing program, `Unauthenticated`,
/// `QuotaExceeded`, `RateLimited`, `Timeout` and `Cancelled` as they say, `Conflict` for a key that was used for another
/// request. The effect is `NotApplied` until the builder got its prompt, `Unknown` from then on.
///
/// # Cancel safety
///
/// Dropping the future of `execute` stops the builder; each file is then old or new, and a later `execute` of the same
/// request repairs the whole.
///
/// # Example
///
/// ```
/// use ae_harness::{AgentRequest, CliProvider, MemoryProvider, ScriptedRun, SiteContext};
/// # use ae_core::{Digest, IdempotencyKey, RunId};
/// # async fn build(workspace: std::path::PathBuf, spec: ae_core::ProductSpec, site: SiteContext)
/// # -> Result<(), ae_core::BackendError> {
/// let provider = MemoryProvider::new([ScriptedRun::new("wrote the page").with_file("site/index.html", "<!doctype html>")]);
/// let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "build", "execute", 1);
/// let report = provider.execute(&key, &AgentRequest::new(workspace, spec, site)).await?;
/// assert_eq!(report.files_changed, ["site/index.html"]);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait CliProvider: Debug + Send + Sync + 'static {
    /// Who it is.
    fn info(&self) -> ProviderInfo;

    /// Whether it could work now.
    async fn check(&self) -> Result<(), BackendError>;

    /// Builds what the request asks for.
    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
    ) -> Result<AgentReport, BackendError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: CliProvider + ?Sized> CliProvider for $pointer<T> {
            fn info(&self) -> ProviderInfo {
                (**self).info()
            }

            async fn check(&self) -> Result<(), BackendError> {
                (**self).check().await
            }

            async fn execute(
                &self,
                key: &IdempotencyKey,
                request: &AgentRequest,
            ) -> Result<AgentReport, BackendError> {
                (**self).execute(key, request).await
            }
        }
    };
}
forward!(Arc);
forward!(Box);
