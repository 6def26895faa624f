//! The lineage: the part that the records of a thread and of its copies have in common.

use ae_core::{BackendError, Digest, ErrorKind, Timestamp};
use chacha20poly1305::aead::Generate as _;
use serde::{Deserialize, Serialize};

use super::{BACKEND, bound::Bound, keys::EncryptionKeys};
use crate::store::record::{Header, Record};

/// The first character of names in the store below that are not those of threads.
pub(super) const RESERVED: char = '\u{1}';

/// After all reserved names and before all others: digits of hex follow on the mark.
pub(super) const AFTER_RESERVED: &str = "\u{1}g";

/// Every value of a thread is bound to it. A copy has the lineage of its original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lineage {
    /// Made by chance with the first record.
    pub(super) id: [u8; 16],
    /// The name of the thread that began it.
    pub(super) home: String,
}

/// The header of the store below, encrypted.
#[derive(Serialize, Deserialize)]
struct Hidden {
    lineage: Lineage,
    header: Header,
}

impl Lineage {
    pub(super) fn begin(thread: &str) -> Result<Self, BackendError> {
        let id = <[u8; 16]>::try_generate().map_err(|error| {
            BackendError::new(ErrorKind::Internal, BACKEND, "commit", "the system gives no random numbers")
                .with_source(std::io::Error::other(error.to_string()))
        })?;
        Ok(Self { id, home: thread.to_owned() })
    }

    /// The header as the store below keeps it.
    pub(super) fn hide(&self, keys: &EncryptionKeys, header: Header) -> Result<Header, BackendError> {
        let hidden = serde_json::to_vec(&Hidden { lineage: self.clone(), header }).map_err(|error| {
            let message = "the header can't be written as JSON";
            BackendError::new(ErrorKind::InvalidInput, BACKEND, "commit", message).with_source(error)
        })?;
        Ok(plain(keys.seal("commit", &Bound::Header, &hidden)?))
    }

    /// Reads a header of the store below.
    pub(super) fn reveal(
        keys: &EncryptionKeys,
        operation: &'static str,
        graph: &str,
    ) -> Result<(Self, Header), BackendError> {
        let hidden = keys.open(operation, &Bound::Header, graph)?;
        let hidden: Hidden = serde_json::from_slice(&hidden).map_err(|error| {
            BackendError::new(ErrorKind::Protocol, BACKEND, operation, "a header has another form")
                .with_source(error)
        })?;
        Ok((hidden.lineage, hidden.header))
    }

    /// The name in the store below that says that `thread` is a copy of this lineage. Only who has the keys can make
    /// it.
    pub(super) fn proof(&self, keys: &EncryptionKeys, thread: &str) -> String {
        format!("{RESERVED}{}", keys.mask(&[b"copy", &self.id, thread.as_bytes()]))
    }
}

/// The record under the name of a proof.
pub(super) fn proof_record() -> Record {
    Record::with_snapshot(None, Timestamp::UNIX_EPOCH, 0, "null", "null").with_header(plain(String::new()))
}

/// A header that says nothing but `graph`.
fn plain(graph: String) -> Header {
    Header::new(graph, Digest::from_bytes([0; 32]), 0)
}
