//! Events and receipts.

use ae_core::{Digest, RunId};
use serde::{Deserialize, Serialize};

/// The longest kind and actor of an event, in bytes.
pub const NAME_BYTES_MAX: usize = 256;

/// Something that happened or is about to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
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
}

ae_core::setters! { AuditEvent {
    /// Says in which run.
    fn with_run(run: some RunId);
    /// Says what it is about.
    fn with_subject(subject: some Digest);
    /// Says anything else.
    fn with_detail(detail: serde_json::Value);
} }

/// The place of a record in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditReceipt {
    /// Its number; the first record has 0.
    pub seq: u64,
    /// Its hash, which stands for everything up to here. Kept outside, it proves later that nothing before it was
    /// changed or cut off.
    pub hash: Digest,
}

impl AuditReceipt {
    /// The record `seq` with this hash.
    #[must_use]
    pub const fn new(seq: u64, hash: Digest) -> Self {
        Self { seq, hash }
    }
}
