//! Records, threads and notes, there and back.

use std::{collections::BTreeMap, sync::Arc};

use ae_core::{BackendError, Digest, ErrorKind, Timestamp};

use super::{BACKEND, bound::Bound, keys::EncryptionKeys, lineage::Lineage};
use crate::store::record::{Blob, Delta, Head, Loaded, Record, TaskRecord};

const DIGEST_BYTES: usize = 32;

/// A change with the digests that go with it: those of the head and of the state, if it was taken, then the text.
struct Change {
    digest: Digest,
    state_hash: Option<Digest>,
    text: String,
}

impl Change {
    fn bytes(digest: Digest, state_hash: Option<Digest>, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * DIGEST_BYTES + 1 + text.len());
        bytes.extend_from_slice(digest.as_bytes());
        bytes.push(u8::from(state_hash.is_some()));
        bytes.extend(state_hash.iter().flat_map(Digest::as_bytes));
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (digest, rest) = bytes.split_first_chunk::<DIGEST_BYTES>()?;
        let (state_hash, text) = match rest.split_first()? {
            (0, text) => (None, text),
            (_, rest) => {
                let (hash, text) = rest.split_first_chunk::<DIGEST_BYTES>()?;
                (Some(Digest::from_bytes(*hash)), text)
            }
        };
        let text = String::from_utf8(text.to_vec()).ok()?;
        Some(Self { digest: Digest::from_bytes(*digest), state_hash, text })
    }
}

/// The head as the store below knows it.
pub(super) fn hide_head(keys: &EncryptionKeys, lineage: &Lineage, head: &Head) -> Head {
    Head::new(head.seq, head.step, keys.mask(&[b"head", &lineage.id, head.digest.as_bytes()]))
}

pub(super) fn hide_record(
    keys: &EncryptionKeys,
    lineage: &Lineage,
    record: &Record,
) -> Result<Record, BackendError> {
    let Head { seq, step, digest } = record.head;
    let change = Change::bytes(digest, record.state_hash, &record.change);
    let mut hidden = Record::new(None, record.at, step, String::new());
    hidden.head = hide_head(keys, lineage, &record.head);
    hidden.change = keys.seal("commit", &Bound::Change(lineage, seq, step, record.at), &change)?;
    hidden.finished = record.finished;
    if let Some(header) = &record.header {
        hidden.header = Some(lineage.hide(keys, header.clone())?);
    }
    if let Some(snapshot) = &record.snapshot {
        hidden.snapshot = Some(keys.seal("commit", &Bound::Snapshot(lineage, seq), snapshot.as_bytes())?);
    }
    for blob in &record.blobs {
        let name = blob_name(keys, blob.digest);
        let mut value = blob.digest.as_bytes().to_vec();
        value.extend_from_slice(blob.text.as_bytes());
        let mut blob = Blob::new(keys.seal("commit", &Bound::Blob(name), &value)?);
        blob.digest = name;
        hidden.blobs.push(blob);
    }
    Ok(hidden)
}

/// Reads a thread whose header was read.
pub(super) fn reveal(
    keys: &EncryptionKeys,
    lineage: &Lineage,
    header: crate::store::record::Header,
    hidden: Loaded,
) -> Result<Loaded, BackendError> {
    let change = |seq, step, at: Timestamp, sealed: &str| {
        let bytes = keys.open("load", &Bound::Change(lineage, seq, step, at), sealed)?;
        Change::read(&bytes).ok_or_else(|| damaged("a change has another form"))
    };
    let head = |hidden: Head, digest| {
        let head = Head::new(hidden.seq, hidden.step, digest);
        let same = hide_head(keys, lineage, &head) == hidden;
        if same { Ok(head) } else { Err(damaged("a head was moved, or the key of the names is another one")) }
    };
    let Head { mut seq, step, .. } = hidden.snapshot_head;
    let begun = change(seq, step, hidden.snapshot_at, &hidden.snapshot_change)?;
    let snapshot = keys.open("load", &Bound::Snapshot(lineage, seq), &hidden.snapshot)?;
    let snapshot_head = head(hidden.snapshot_head, begun.digest)?;
    let mut loaded = Loaded::new(header, snapshot_head, hidden.snapshot_at, begun.text, text(snapshot)?);
    loaded.snapshot_hash = begun.state_hash;
    let mut digest = begun.digest;
    for delta in hidden.deltas {
        seq = seq.saturating_add(1);
        let read = change(seq, delta.step, delta.at, &delta.change)?;
        digest = read.digest;
        loaded.deltas.push(Delta::new(delta.step, delta.at, read.text, read.state_hash));
    }
    loaded.head = head(hidden.head, digest)?;
    loaded.blobs = reveal_blobs(keys, hidden.blobs)?;
    loaded.task_records = reveal_notes(keys, lineage, "load", &hidden.task_records)?;
    sort(&mut loaded.task_records);
    Ok(loaded)
}

fn blob_name(keys: &EncryptionKeys, digest: Digest) -> Digest {
    keys.mask(&[b"blob", digest.as_bytes()])
}

fn reveal_blobs(
    keys: &EncryptionKeys,
    hidden: BTreeMap<Digest, Arc<str>>,
) -> Result<BTreeMap<Digest, Arc<str>>, BackendError> {
    let mut blobs = BTreeMap::new();
    for (name, sealed) in hidden {
        let value = keys.open("load", &Bound::Blob(name), &sealed)?;
        let (digest, value) =
            value.split_first_chunk::<DIGEST_BYTES>().ok_or_else(|| damaged("a blob has another form"))?;
        blobs.insert(Digest::from_bytes(*digest), Arc::from(text(value.to_vec())?));
    }
    Ok(blobs)
}

pub(super) fn hide_note(
    keys: &EncryptionKeys,
    lineage: &Lineage,
    note: &TaskRecord,
) -> Result<TaskRecord, BackendError> {
    let task = keys.mask(&[b"task", &lineage.id, note.task.as_bytes()]).to_string();
    let key = keys.mask(&[b"key", &lineage.id, note.task.as_bytes(), note.key.as_bytes()]).to_string();
    let value = serde_json::to_vec(&(&note.task, &note.key, &note.value))
        .map_err(|error| damaged("a note can't be written").with_source(error))?;
    let value = keys.seal("append_once", &Bound::Note(lineage, note.step, &task, &key), &value)?;
    Ok(TaskRecord::new(note.step, task, key, value))
}

pub(super) fn reveal_notes(
    keys: &EncryptionKeys,
    lineage: &Lineage,
    operation: &'static str,
    hidden: &[TaskRecord],
) -> Result<Vec<TaskRecord>, BackendError> {
    hidden.iter().map(|note| reveal_note(keys, lineage, operation, note)).collect()
}

/// Puts notes, which come in the order of their hidden names, in the order of task and key.
pub(super) fn sort(notes: &mut [TaskRecord]) {
    notes.sort_by(|one, other| (&one.task, &one.key).cmp(&(&other.task, &other.key)));
}

fn reveal_note(
    keys: &EncryptionKeys,
    lineage: &Lineage,
    operation: &'static str,
    hidden: &TaskRecord,
) -> Result<TaskRecord, BackendError> {
    let place = Bound::Note(lineage, hidden.step, &hidden.task, &hidden.key);
    let value = keys.open(operation, &place, &hidden.value)?;
    let (task, key, value): (String, String, String) = serde_json::from_slice(&value)
        .map_err(|error| damaged("a note has another form").with_source(error))?;
    Ok(TaskRecord::new(hidden.step, task, key, value))
}

fn text(bytes: Vec<u8>) -> Result<String, BackendError> {
    String::from_utf8(bytes).map_err(|error| damaged("a value is not text").with_source(error))
}

fn damaged(what: &str) -> BackendError {
    let message = format!("{what}: restore the store from a backup");
    BackendError::new(ErrorKind::Protocol, BACKEND, "load", message)
}
