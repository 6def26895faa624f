//! The port of the audit log.

use std::fmt;

use ae_core::BackendError;
use async_trait::async_trait;

use super::{AuditEvent, AuditReceipt};

/// Takes events for good.
///
/// # Contract
///
/// - **C1.** When `append` returns, the record is durable, as far as the backend can make it so; a file backend has
///   flushed it to the disk.
/// - **C2.** Records are numbered from 0 without a gap, and each holds the hash of the one before it, under any number
///   of concurrent callers.
/// - **C3.** Text in the event is redacted before it is hashed and written.
/// - **C4.** Nothing is ever changed or removed. A log that was tampered with takes no further records.
/// - **C5.** An event whose kind is not snake case (`a`–`z`, `0`–`9`, `_`, starting with a letter) or whose size is out of
///   bounds is `InvalidInput`, and nothing is written.
///
/// # Errors
///
/// `InvalidInput` as above, `StorageFull` when there is no space, `PermissionDenied` or `Unavailable` when the log can't
/// be reached, `Protocol` when it was tampered with: the record was not written, unless the error says
/// [`Effect::Unknown`](ae_core::Effect::Unknown). A caller that must audit before acting does not act then.
///
/// # Cancel safety
///
/// A dropped call has either written the whole record or nothing.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use ae_core::Runtime;
/// use ae_safety::{AuditEvent, AuditSink, MemoryAudit};
///
/// let audit = MemoryAudit::new(Runtime::system());
/// let receipt = audit.append(&AuditEvent::new("run_started", "ada")).await?;
/// assert_eq!(receipt.seq, 0);
/// assert!(audit.verify().is_whole());
/// # Ok::<_, ae_core::BackendError>(()) }).unwrap();
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuditSink: fmt::Debug + Send + Sync + 'static {
    /// Writes `event`.
    async fn append(&self, event: &AuditEvent) -> Result<AuditReceipt, BackendError>;
}

ae_core::forward! { AuditSink {
    async fn append(&self, event: &AuditEvent) -> Result<AuditReceipt, BackendError>;
} }
