//! The log in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ae_core::{BackendError, ErrorKind, Runtime};
use async_trait::async_trait;

use super::{
    AuditEvent, AuditReceipt, AuditRecord, AuditSink, VerifyReport,
    record::{Head, prepare},
    records,
};
use crate::redact::Redactor;

const BACKEND: &str = "memory-audit";

/// The most bytes that a log in memory takes by default: 64 MiB.
pub const MEMORY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An [`AuditSink`] in memory, in the same form as a file: for tests, and for programs that hand the text on.
///
/// It takes [`MEMORY_BYTES_MAX`], then refuses, so that what must be audited stops instead of filling the memory. Clones share their
/// records.
#[derive(Debug, Clone)]
pub struct MemoryAudit {
    runtime: Runtime,
    redactor: Redactor,
    bytes_max: usize,
    log: Arc<Mutex<Log>>,
}

#[derive(Debug)]
struct Log {
    text: String,
    head: Head,
}

impl MemoryAudit {
    /// An empty log that redacts with [`Redactor::new`].
    #[must_use]
    pub fn new(runtime: Runtime) -> Self {
        let log = Log { text: String::new(), head: Head::EMPTY };
        Self {
            runtime,
            redactor: Redactor::new(),
            bytes_max: MEMORY_BYTES_MAX,
            log: Arc::new(Mutex::new(log)),
        }
    }

    /// The log as a file would hold it.
    #[must_use]
    pub fn to_jsonl(&self) -> String {
        self.lock().text.clone()
    }

    /// Every record, oldest first.
    #[must_use]
    pub fn records(&self) -> Vec<AuditRecord> {
        records(self.lock().text.as_bytes()).filter_map(Result::ok).collect()
    }

    /// Checks the chain.
    #[must_use]
    pub fn verify(&self) -> VerifyReport {
        let log = self.lock();
        let mut records = records(log.text.as_bytes());
        records.by_ref().for_each(drop);
        records.report()
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

ae_core::setters! { MemoryAudit {
    /// Redacts with `redactor`.
    fn with_redactor(redactor: Redactor);
    /// Takes at most `bytes`.
    fn with_bytes_max(bytes_max: usize);
} }

#[async_trait]
impl AuditSink for MemoryAudit {
    async fn append(&self, event: &AuditEvent) -> Result<AuditReceipt, BackendError> {
        let event = prepare(event, &self.redactor, BACKEND)?;
        let mut log = self.lock();
        let (line, head) =
            log.head.line(&event, self.runtime.now()).map_err(|error| error.into_backend_error(BACKEND))?;
        if log.text.len() + line.len() > self.bytes_max {
            let message = format!("the log has reached {} bytes: use a file", self.bytes_max);
            return Err(BackendError::new(ErrorKind::StorageFull, BACKEND, "append", message));
        }
        let receipt = AuditReceipt { seq: log.head.next_seq, hash: head.hash };
        log.text.push_str(&line);
        log.head = head;
        Ok(receipt)
    }
}
