//! The end of a log, kept outside of it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ae_core::BackendError;

use super::AuditReceipt;

/// Keeps the end of a log in another store, so that records cut off the log, or added to it from outside, are found.
///
/// A log writes its mark twice for each record: before the record, with its text as `pending`, and after it, with the
/// new head. A crash between the two leaves a log that is ahead by the pending record or by a part of it, which the next
/// writer settles; a log that is behind its mark, or ahead by anything else, was changed from outside.
///
/// The calls block, and come from one writer at a time: the one that holds the lock of the log.
pub trait AuditAnchor: fmt::Debug + Send + Sync + 'static {
    /// Reads the mark; [`AuditMark::default`] when none was written.
    ///
    /// # Errors
    ///
    /// When the store can't be reached. The log takes no record then.
    fn read(&self) -> Result<AuditMark, BackendError>;

    /// Replaces the mark. One with a pending record is durable on return; one without may be forgotten in a power
    /// failure, which leaves the one before.
    ///
    /// # Errors
    ///
    /// When the store can't be reached. The log takes no record then.
    fn write(&self, mark: &AuditMark) -> Result<(), BackendError>;
}

/// The end of a log, as it was when its last record was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AuditMark {
    /// The last record; `None` for an empty log.
    pub head: Option<AuditReceipt>,
    /// How many bytes the records up to it take.
    pub bytes: u64,
    /// The state of the file after that record, which changes with every write to it. A file in another state is read
    /// and checked in full before it takes a record.
    pub stamp: String,
    /// The line that is being written after the head.
    pub pending: Option<String>,
}

impl AuditMark {
    /// An empty mark of a log with `head` after `bytes` bytes.
    #[must_use]
    pub fn new(head: Option<AuditReceipt>, bytes: u64) -> Self {
        Self { head, bytes, ..Self::default() }
    }
}

/// An [`AuditAnchor`] in memory: for tests, and for logs that live as long as the program. Clones share the mark.
#[derive(Debug, Clone, Default)]
pub struct MemoryAnchor(Arc<Mutex<AuditMark>>);

impl MemoryAnchor {
    /// The anchor of an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl AuditAnchor for MemoryAnchor {
    fn read(&self) -> Result<AuditMark, BackendError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn write(&self, mark: &AuditMark) -> Result<(), BackendError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = mark.clone();
        Ok(())
    }
}
