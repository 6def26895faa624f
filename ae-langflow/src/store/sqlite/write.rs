//! The statements that write. Each runs in a transaction of the caller.

use ae_core::Digest;
use rusqlite::{Connection, Error, Result, params};

use super::{
    key::{self, keys},
    read,
    row::{integer, note_of},
};
use crate::store::record::{Blob, Head, Header, Prune, Record, TaskRecord};

/// Adds the first record of a thread; `false` when there is one.
pub(super) fn begin(connection: &Connection, name: &str, record: &Record) -> Result<bool> {
    let Some(thread) = name_thread(connection, name)? else { return Ok(false) };
    let at = key::key(thread, record.head.seq);
    connection.prepare_cached("INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(
        params![
            at,
            integer(record.head.step)?,
            record.at.as_millisecond(),
            record.finished,
            record.head.digest.as_bytes(),
            record.state_hash.as_ref().map(Digest::as_bytes),
            record.change,
        ],
    )?;
    add_parts(connection, at, record)?;
    Ok(true)
}

/// Adds a record after `expected`; `false` when that is not the head.
pub(super) fn add(connection: &Connection, name: &str, expected: &Head, record: &Record) -> Result<bool> {
    if record.head.seq > key::SEQ_MAX.unsigned_abs() {
        return Err(full());
    }
    // The head is the record that has no next one, so its number and digest are the fence.
    let added = connection
        .prepare_cached(
            "INSERT INTO records
             SELECT records.id + 1, ?4, ?5, ?6, ?7, ?8, ?9
             FROM threads JOIN records ON records.id = threads.id << 32 | ?2
             WHERE name = ?1 AND digest = ?3 AND step = ?10
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            name,
            integer(expected.seq)?,
            expected.digest.as_bytes(),
            integer(record.head.step)?,
            record.at.as_millisecond(),
            record.finished,
            record.head.digest.as_bytes(),
            record.state_hash.as_ref().map(Digest::as_bytes),
            record.change,
            integer(expected.step)?,
        ])?;
    if added == 0 {
        return Ok(false);
    }
    let at = connection.last_insert_rowid();
    add_parts(connection, at, record)?;
    if record.head.step > expected.step {
        connection.prepare_cached("DELETE FROM notes WHERE thread = ?1")?.execute([key::thread(at)])?;
    }
    Ok(true)
}

/// Gives a thread its number; none when the name is taken.
fn name_thread(connection: &Connection, name: &str) -> Result<Option<i64>> {
    let added = connection
        .prepare_cached("INSERT INTO threads (name) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([name])?;
    if added == 0 {
        return Ok(None);
    }
    let thread = connection.last_insert_rowid();
    if thread > key::THREAD_MAX { Err(full()) } else { Ok(Some(thread)) }
}

fn full() -> Error {
    let code = rusqlite::ffi::SQLITE_FULL;
    Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some("no number is left".to_owned()))
}

fn add_parts(connection: &Connection, at: i64, record: &Record) -> Result<()> {
    if let Some(snapshot) = &record.snapshot {
        connection.prepare_cached("INSERT INTO snapshots VALUES (?1, ?2)")?.execute(params![at, snapshot])?;
    }
    if let Some(header) = &record.header {
        add_header(connection, at, header)?;
    }
    record.blobs.iter().try_for_each(|blob| add_blob(connection, at, blob))
}

fn add_header(connection: &Connection, at: i64, header: &Header) -> Result<()> {
    let json =
        serde_json::to_string(header).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))?;
    connection.prepare_cached("INSERT INTO headers VALUES (?1, ?2)")?.execute(params![at, json])?;
    Ok(())
}

fn add_blob(connection: &Connection, at: i64, blob: &Blob) -> Result<()> {
    let digest = blob.digest.as_bytes();
    connection
        .prepare_cached("INSERT INTO blobs (digest, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![digest, blob.text])?;
    connection
        .prepare_cached("INSERT INTO refs SELECT ?1, id FROM blobs WHERE digest = ?2 ON CONFLICT DO NOTHING")?
        .execute(params![at, digest])?;
    Ok(())
}

/// Stores a note unless there is one, and returns the one there is.
pub(super) fn note(connection: &Connection, thread: i64, record: &TaskRecord) -> Result<TaskRecord> {
    connection
        .prepare_cached("INSERT INTO notes VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING")?
        .execute(params![thread, record.task, record.key, integer(record.step)?, record.value])?;
    connection
        .prepare_cached(
            "SELECT task, key, step, value FROM notes WHERE thread = ?1 AND task = ?2 AND key = ?3",
        )?
        .query_row(params![thread, record.task, record.key], note_of)
}

/// Copies the records of a thread up to number `last`; `false` when the name is taken.
pub(super) fn copy(connection: &Connection, from: i64, last: u64, to: &str) -> Result<bool> {
    let Some(to) = name_thread(connection, to)? else { return Ok(false) };
    let [first, last] = keys(from, 0..=last);
    let shift = key::key(to, 0) - key::key(from, 0);
    for statement in [
        "INSERT INTO records SELECT id + ?3, step, at, finished, digest, state_hash, change
         FROM records WHERE id BETWEEN ?1 AND ?2",
        "INSERT INTO snapshots SELECT id + ?3, position FROM snapshots WHERE id BETWEEN ?1 AND ?2",
        "INSERT INTO headers SELECT id + ?3, header FROM headers WHERE id BETWEEN ?1 AND ?2",
        "INSERT INTO refs SELECT record + ?3, blob FROM refs WHERE record BETWEEN ?1 AND ?2",
    ] {
        connection.prepare_cached(statement)?.execute([first, last, shift])?;
    }
    Ok(true)
}

/// Removes old records; how many.
pub(super) fn prune(connection: &Connection, thread: i64, prune: Prune) -> Result<u64> {
    let Some(head) = read::head(connection, thread)? else { return Ok(0) };
    let since = match prune.keep_since {
        Some(since) => read::first_since(connection, thread, since.as_millisecond())?,
        None => None,
    };
    let gaps = prune.gaps(prune.cut(head.seq, since), &read::snapshots(connection, thread)?);
    if gaps.is_empty() {
        return Ok(0);
    }
    let mut removed = 0;
    for gap in gaps {
        removed += remove(connection, keys(thread, gap))?;
    }
    // The header that the first record left was made under stays, and what came after.
    let [first, last] = keys(thread, 0..=u64::MAX);
    connection
        .prepare_cached(
            "DELETE FROM headers WHERE id >= ?1 AND id <
                 (SELECT max(id) FROM headers WHERE id BETWEEN ?1 AND
                     (SELECT min(id) FROM records WHERE id BETWEEN ?1 AND ?2))",
        )?
        .execute([first, last])?;
    Ok(removed)
}

/// Removes a thread with all that is its own.
pub(super) fn delete(connection: &Connection, thread: i64) -> Result<()> {
    let range = keys(thread, 0..=u64::MAX);
    remove(connection, range)?;
    connection.prepare_cached("DELETE FROM headers WHERE id BETWEEN ?1 AND ?2")?.execute(range)?;
    connection.prepare_cached("DELETE FROM notes WHERE thread = ?1")?.execute([thread])?;
    connection.prepare_cached("DELETE FROM threads WHERE id = ?1")?.execute([thread])?;
    Ok(())
}

/// Removes records with their snapshots and references; how many records.
fn remove(connection: &Connection, range: [i64; 2]) -> Result<u64> {
    connection.prepare_cached("DELETE FROM refs WHERE record BETWEEN ?1 AND ?2")?.execute(range)?;
    connection.prepare_cached("DELETE FROM snapshots WHERE id BETWEEN ?1 AND ?2")?.execute(range)?;
    let records =
        connection.prepare_cached("DELETE FROM records WHERE id BETWEEN ?1 AND ?2")?.execute(range)?;
    Ok(u64::try_from(records).unwrap_or(u64::MAX))
}
