//! One record as one line: JSON, a tab, the hash of the JSON's bytes.
//!
//! `{"v":1,"seq":0,"ts":"…","body":{…},"prev":"…"}` TAB `hash` LF, where `hash` is SHA-256 over a zero byte, the
//! length of the JSON as eight big-endian bytes, and the JSON as it stands in the file. `prev` is the hash of the record
//! before; 64 zeros in the first one.

use ae_core::{BackendError, Digest, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{AuditEvent, AuditReceipt, NAME_BYTES_MAX};
use crate::redact::Redactor;

/// The longest line of a log, in bytes.
pub const LINE_BYTES_MAX: usize = 256 * 1024;

/// The `prev` of the first record.
pub(super) const NOTHING_BEFORE: Digest = Digest::from_bytes([0; 32]);

/// A record as it stands in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditRecord {
    /// Its number.
    pub seq: u64,
    /// When it was written.
    pub ts: Timestamp,
    /// The event.
    pub event: AuditEvent,
    /// The hash of the record before.
    pub prev: Digest,
    /// Its own hash.
    pub hash: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line<E> {
    v: u32,
    seq: u64,
    ts: Timestamp,
    body: E,
    prev: Digest,
}

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) next_seq: u64,
    pub(super) hash: Digest,
}

impl Head {
    pub(super) const EMPTY: Self = Self { next_seq: 0, hash: NOTHING_BEFORE };

    /// The line that holds `event`, with its line end, and the chain's new end.
    pub(super) fn line(&self, event: &AuditEvent, ts: Timestamp) -> Result<(String, Self), LineError> {
        let line = Line { v: 1, seq: self.next_seq, ts, body: event, prev: self.hash };
        let json = serde_json::to_string(&line)?;
        let hash = hash_of(json.as_bytes());
        let text = format!("{json}\t{hash}\n");
        if text.len() > LINE_BYTES_MAX {
            return Err(LineError::TooLong(text.len()));
        }
        Ok((text, Self { next_seq: self.next_seq + 1, hash }))
    }

    /// Checks that `line` (without its line end) is the next record.
    pub(super) fn follow(&self, line: &[u8]) -> Option<AuditRecord> {
        let tab = line.iter().rposition(|byte| *byte == b'\t')?;
        let (json, hash_text) = (line.get(..tab)?, line.get(tab + 1..)?);
        let hash = hash_of(json);
        // Compared as text, so that an upper-case digit is a change too.
        if hash.to_string().as_bytes() != hash_text {
            return None;
        }
        let parsed: Line<AuditEvent> = serde_json::from_slice(json).ok()?;
        let follows = parsed.v == 1 && parsed.seq == self.next_seq && parsed.prev == self.hash;
        follows.then_some(AuditRecord {
            seq: parsed.seq,
            ts: parsed.ts,
            event: parsed.body,
            prev: parsed.prev,
            hash,
        })
    }

    pub(super) fn after(record: &AuditRecord) -> Self {
        Self { next_seq: record.seq + 1, hash: record.hash }
    }

    /// The last record, or `None` in an empty log.
    pub(super) fn receipt(&self) -> Option<AuditReceipt> {
        Some(AuditReceipt { seq: self.next_seq.checked_sub(1)?, hash: self.hash })
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    #[error("the event has no JSON form")]
    Json(#[from] serde_json::Error),
    #[error(
        "the record is {0} bytes long, {LINE_BYTES_MAX} at most: put large details elsewhere, keep their digest"
    )]
    TooLong(usize),
}

impl LineError {
    pub(super) fn into_backend_error(self, backend: &'static str) -> BackendError {
        let message = self.to_string();
        BackendError::new(ErrorKind::InvalidInput, backend, "append", message).with_source(self)
    }
}

fn hash_of(json: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update((json.len() as u64).to_be_bytes());
    hasher.update(json);
    Digest::from_bytes(hasher.finalize().into())
}

/// The event as it may be written: its names in bounds, its text redacted.
pub(super) fn prepare(
    event: &AuditEvent,
    redactor: &Redactor,
    backend: &'static str,
) -> Result<AuditEvent, BackendError> {
    let snake = event.kind.starts_with(|c: char| c.is_ascii_lowercase())
        && event.kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !snake || event.kind.len() > NAME_BYTES_MAX || event.actor.len() > NAME_BYTES_MAX {
        let message =
            format!("an event needs a snake_case kind, and kind and actor at most {NAME_BYTES_MAX} bytes");
        return Err(BackendError::new(ErrorKind::InvalidInput, backend, "append", message));
    }
    let mut event = event.clone();
    event.actor = redactor.redact(&event.actor).into_owned();
    event.detail = redactor.redact_json(&event.detail);
    Ok(event)
}
