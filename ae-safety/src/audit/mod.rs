//! The events of a program, in an order and form that can't be changed unnoticed.

mod anchor;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "file-audit")]
mod file;
mod memory;
mod port;
mod record;
#[cfg(feature = "sqlite")]
mod sqlite;
mod types;
mod verify;

pub use anchor::{AuditAnchor, AuditMark, MemoryAnchor};
#[cfg(feature = "file-audit")]
pub use file::{FileAudit, verify_file};
pub use memory::{MEMORY_BYTES_MAX, MemoryAudit};
pub use port::AuditSink;
#[cfg(feature = "mock")]
pub use port::MockAuditSink;
pub use record::{AuditRecord, LINE_BYTES_MAX};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteAnchor;
pub use types::{AuditEvent, AuditReceipt, NAME_BYTES_MAX};
pub use verify::{Problem, ProblemKind, Records, VerifyReport, records, verify};
