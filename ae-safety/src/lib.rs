#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod approvals;
mod audit;
mod budget;
mod gates;
mod permits;
mod redact;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use ae_core as core;
#[cfg(feature = "mock")]
pub use approvals::MockApprovalDesk;
#[cfg(feature = "sqlite")]
pub use approvals::SqliteDesk;
pub use approvals::{
    Approval, ApprovalDesk, ApprovalQuery, ApprovalRequest, ApprovalStatus, COVERS_MAX,
    EXPIRES_AFTER_DEFAULT, EXPIRES_AFTER_MAX, MemoryDesk, RENDERING_BYTES_MAX, Ruling, TEXT_BYTES_MAX,
};
#[cfg(feature = "mock")]
pub use audit::MockAuditSink;
#[cfg(feature = "sqlite")]
pub use audit::SqliteAnchor;
pub use audit::{
    AuditAnchor, AuditEvent, AuditMark, AuditReceipt, AuditRecord, AuditSink, LINE_BYTES_MAX,
    MEMORY_BYTES_MAX, MemoryAnchor, MemoryAudit, NAME_BYTES_MAX, Problem, ProblemKind, Records, VerifyReport,
    records, verify,
};
#[cfg(feature = "file-audit")]
pub use audit::{FileAudit, verify_file};
#[cfg(feature = "mock")]
pub use budget::MockBudgetLedger;
#[cfg(feature = "sqlite")]
pub use budget::SqliteLedger;
pub use budget::{
    AccountSpec, AccountStatus, BudgetLedger, Hold, HoldState, MemoryLedger, NOTE_BYTES_MAX, OverLimit,
    Refund, Reserve, Scope,
};
#[cfg(feature = "mock")]
pub use gates::MockPolicyGate;
pub use gates::{AllOf, Decision, Gate, GateRow, GateRule, GateTable, GateTableError, PolicyGate};
pub use permits::{
    ActionEnd, Call, Gatekeeper, Grant, Guarded, Order, Permit, Redeemed, Refusal, request_digest,
};
pub use redact::{Finding, Redactor};
