//! Asking a person, and holding what runs to what was approved.

#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod names;
mod port;
mod rules;
#[cfg(feature = "sqlite")]
mod sqlite;
mod types;

pub use memory::MemoryDesk;
pub use port::ApprovalDesk;
#[cfg(feature = "mock")]
pub use port::MockApprovalDesk;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteDesk;
pub use types::{
    Approval, ApprovalQuery, ApprovalRequest, ApprovalStatus, COVERS_MAX, EXPIRES_AFTER_DEFAULT,
    EXPIRES_AFTER_MAX, RENDERING_BYTES_MAX, Ruling, TEXT_BYTES_MAX,
};
