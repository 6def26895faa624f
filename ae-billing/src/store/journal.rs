//! The append-only journal: every change, each entry bound to the one before it by a hash.

use std::collections::BTreeMap;

use ae_core::{BackendError, Digest, DigestWriter, ErrorKind};

use super::records::{Find, Records, Row, Table, error};

/// One change of one row. Sealed with the stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    pub(crate) position: u64,
    pub(crate) at: String,
    pub(crate) table: String,
    pub(crate) row: Row,
    pub(crate) hash: Digest,
}

/// Where a journal ends. Keep one elsewhere: a journal that was cut short or written again no longer leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalHead {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one; of nothing, when there is none.
    pub hash: Digest,
}

impl JournalHead {
    /// The end of an empty journal.
    pub fn empty() -> Self {
        Self { entries: 0, hash: Digest::of_bytes("billing-journal/1", b"") }
    }

    /// The end after one more change.
    pub(crate) fn next(self, at: String, table: &str, row: Row) -> JournalEntry {
        let position = self.entries + 1;
        let hash = chained(&self.hash, position, &at, table, &row);
        JournalEntry { position, at, table: table.to_owned(), row, hash }
    }
}

impl From<&JournalEntry> for JournalHead {
    fn from(entry: &JournalEntry) -> Self {
        Self { entries: entry.position, hash: entry.hash }
    }
}

/// Checks the whole chain, that it passes through `known`, and that the rows are what the journal last said.
pub(crate) fn verify(
    entries: Vec<JournalEntry>,
    records: &dyn Records,
    known: Option<&JournalHead>,
) -> Result<JournalHead, BackendError> {
    let mut head = JournalHead::empty();
    let mut is_known = known.is_none_or(|known| *known == head);
    let mut last: BTreeMap<(String, String), Row> = BTreeMap::new();
    for entry in entries {
        let expected = head.next(entry.at.clone(), &entry.table, entry.row.clone());
        if expected != entry {
            return Err(broken(format!(
                "entry {} of the journal was changed or is missing",
                expected.position
            )));
        }
        head = JournalHead::from(&entry);
        is_known |= known.is_some_and(|known| *known == head);
        last.insert((entry.table, entry.row.id.clone()), entry.row);
    }
    if !is_known {
        return Err(broken("the journal does not lead through the known head: it was cut or written again"));
    }
    for &table in Table::ALL {
        for (_, row) in records.find(table, Find::ALL)? {
            if last.remove(&(table.as_str().to_owned(), row.id.clone())).as_ref() != Some(&row) {
                return Err(broken(format!("{} {} differs from the journal", table.as_str(), row.id)));
            }
        }
    }
    match last.into_keys().next() {
        Some((table, id)) => Err(broken(format!("{table} {id} is in the journal and nowhere else"))),
        None => Ok(head),
    }
}

fn broken(what: impl std::fmt::Display) -> BackendError {
    let message = format!("{what}: do not trust this ledger; compare it with a copy");
    error(ErrorKind::Protocol, "verify_journal", message)
}

fn chained(previous: &Digest, position: u64, at: &str, table: &str, row: &Row) -> Digest {
    DigestWriter::new("billing-journal/1")
        .field(previous.as_bytes())
        .field(&position.to_be_bytes())
        .field(at.as_bytes())
        .field(table.as_bytes())
        .field(row.id.as_bytes())
        .field(row.run.as_bytes())
        .field(row.owner.as_bytes())
        .field(row.body.as_bytes())
        .finish()
}
