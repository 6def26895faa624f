//! What happened, in an order and form that can't be changed unnoticed.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, Digest, RunId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "file-audit")]
mod file;
mod memory;
mod record;
mod verify;

#[cfg(feature = "file-audit")]
pub use file::{FileAudit, verify_file};
pub use memory::{MEMORY_BYTES_MAX, MemoryAudit};
pub use record::{AuditRecord, LINE_BYTES_MAX};
pub use verify::{Problem, ProblemKind, VerifyReport, records, verify};

/// The longest kind and actor of an event, in bytes.
pub const NAME_BYTES_MAX: usize = 256;

/// Something that happened or is about to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEvent {
    /// What, in snake case, for example `action_started`.
    pub kind: String,
    /// Who.
    pub actor: String,
    /// In which run, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The digest of what it is about, for example of the action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Digest>,
    /// Anything else; redacted before it is written.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub detail: serde_json::Value,
}

impl AuditEvent {
    /// An event without a run, a subject or details.
    #[must_use]
    pub fn new(kind: impl Into<String>, actor: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            actor: actor.into(),
            run: None,
            subject: None,
            detail: serde_json::Value::Null,
        }
    }

    /// Says in which run.
    #[must_use]
    pub const fn with_run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// Says what it is about.
    #[must_use]
    pub const fn with_subject(mut self, subject: Digest) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Says anything else.
    #[must_use]
    pub fn with_detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

/// The place of a record in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReceipt {
    /// Its number; the first record has 0.
    pub seq: u64,
    /// Its hash, which stands for everything up to here. Kept outside, it proves later that nothing before it was
    /// changed or cut off.
    pub hash: Digest,
}

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
/// `InvalidInput` as above, `QuotaExceeded` when there is no space, `PermissionDenied` or `Unavailable` when the log can't
/// be reached, `Protocol` when it was tampered with: the record was not written, unless the error says
/// [`Effect::Unknown`](ae_core::Effect::Unknown). Whoever must audit before acting does not act then.
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
#[async_trait]
pub trait AuditSink: fmt::Debug + Send + Sync + 'static {
    /// Writes `event`.
    async fn append(&self, event: &AuditEvent) -> Result<AuditReceipt, BackendError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: AuditSink + ?Sized> AuditSink for $pointer<T> {
            async fn append(&self, event: &AuditEvent) -> Result<AuditReceipt, BackendError> {
                (**self).append(event).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
