//! Where a value belongs. It can be decrypted in no other place.

use ae_core::{Digest, DigestWriter, Timestamp};

use super::lineage::Lineage;

/// The place of a value.
pub(super) enum Bound<'a> {
    /// The header of a thread.
    Header,
    /// The change of a record.
    Change(&'a Lineage, u64, u64, Timestamp),
    /// The snapshot of a record.
    Snapshot(&'a Lineage, u64),
    /// A note, under its hidden names.
    Note(&'a Lineage, u64, &'a str, &'a str),
    /// A blob, under its hidden name.
    Blob(Digest),
}

impl Bound<'_> {
    /// Stands for the place and the key.
    pub(super) fn digest(&self, key: &str) -> Digest {
        let place = DigestWriter::new("ae-langflow sealed 1").field(key.as_bytes());
        match self {
            Self::Header => place.field(b"header"),
            Self::Change(lineage, seq, step, at) => of(place, b"change", lineage)
                .field(&seq.to_be_bytes())
                .field(&step.to_be_bytes())
                .field(&at.as_millisecond().to_be_bytes()),
            Self::Snapshot(lineage, seq) => of(place, b"snapshot", lineage).field(&seq.to_be_bytes()),
            Self::Note(lineage, step, task, key) => of(place, b"note", lineage)
                .field(&step.to_be_bytes())
                .field(task.as_bytes())
                .field(key.as_bytes()),
            Self::Blob(name) => place.field(b"blob").field(name.as_bytes()),
        }
        .finish()
    }
}

fn of(place: DigestWriter, kind: &[u8], lineage: &Lineage) -> DigestWriter {
    place.field(kind).field(&lineage.id)
}
