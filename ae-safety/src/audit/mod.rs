//! What happened, in an order and form that can't be changed unnoticed.

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "file-audit")]
mod file;
mod memory;
mod port;
mod record;
mod types;
mod verify;

#[cfg(feature = "file-audit")]
pub use file::{FileAudit, verify_file};
pub use memory::{MEMORY_BYTES_MAX, MemoryAudit};
pub use port::AuditSink;
pub use record::{AuditRecord, LINE_BYTES_MAX};
pub use types::{AuditEvent, AuditReceipt, NAME_BYTES_MAX};
pub use verify::{Problem, ProblemKind, Records, VerifyReport, records, verify};
