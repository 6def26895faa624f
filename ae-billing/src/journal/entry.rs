//! The entries of the journal.

use std::fmt;

use ae_core::{Digest, IdempotencyKey, Timestamp};
use serde::{Deserialize, Serialize};

/// A request as it is sent, and its outcome.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredRequest {
    /// The books that it belongs to: vendor, mode and account, for example `stripe/test`.
    pub scope: String,
    /// The key of the effect.
    pub key: IdempotencyKey,
    /// The operation, for example `ensure_price`.
    pub operation: String,
    /// The digest of what was asked for: another request under the key is a conflict.
    pub request: Digest,
    /// The path at the vendor.
    pub path: String,
    /// The body as it is sent, and sent again after a restart; empty once there is an answer, and for requests with
    /// personal data.
    pub body: String,
    /// The number of the vendor's key that it is sent under: 0 at first, one more after an old one has lost its meaning.
    pub sequence: u32,
    /// The time at which it was first sent under that number.
    pub sent_at: Timestamp,
    /// The vendor's id of what it made; `None` while the outcome is open.
    pub object: Option<String>,
}

impl StoredRequest {
    /// A request that is about to be sent.
    pub fn new(
        scope: impl Into<String>,
        key: IdempotencyKey,
        operation: impl Into<String>,
        request: Digest,
        sent_at: Timestamp,
    ) -> Self {
        Self {
            scope: scope.into(),
            key,
            operation: operation.into(),
            request,
            path: String::new(),
            body: String::new(),
            sequence: 0,
            sent_at,
            object: None,
        }
    }

    /// The text of the vendor's idempotency key: that of the key, with the number after it from 1 on.
    pub fn sent_under(&self) -> String {
        match self.sequence {
            0 => self.key.to_string(),
            number => format!("{}_{number}", self.key),
        }
    }
}

ae_core::setters! { StoredRequest {
    /// Sets the path.
    fn with_path(path: into String);
    /// Sets the body.
    fn with_body(body: into String);
    /// Sets the number of the vendor's key.
    fn with_sequence(sequence: u32);
    /// Sets what it made.
    fn with_object(object: some into String);
} }

/// Shows the size of the body, not what stands in it.
impl fmt::Debug for StoredRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredRequest")
            .field("scope", &self.scope)
            .field("key", &self.key)
            .field("operation", &self.operation)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .field("sequence", &self.sequence)
            .field("sent_at", &self.sent_at)
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}
