#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod approvals;
pub mod audit;
pub mod budget;
pub mod gates;
pub mod permits;
pub mod redact;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "conformance")]
pub mod conformance;

#[cfg(feature = "sqlite")]
pub use approvals::SqliteDesk;
pub use approvals::{
    Approval, ApprovalDesk, ApprovalQuery, ApprovalRequest, ApprovalStatus, MemoryDesk, Ruling,
};
pub use audit::{AuditEvent, AuditReceipt, AuditRecord, AuditSink, MemoryAudit, VerifyReport, verify};
#[cfg(feature = "file-audit")]
pub use audit::{FileAudit, verify_file};
#[cfg(feature = "sqlite")]
pub use budget::SqliteLedger;
pub use budget::{
    AccountSpec, AccountStatus, BudgetLedger, Hold, HoldState, MemoryLedger, OverLimit, Refund, Reserve,
    Scope,
};
pub use gates::{AllOf, Decision, Gate, GateRow, GateRule, GateTable, Obligations, PolicyGate};
pub use permits::{ActionEnd, Gatekeeper, Grant, Guarded, Permit, Redeemed, Refusal, request_digest};
pub use redact::{Finding, Redactor};
