//! The statements, one function each.

use ae_core::Digest;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params, types::Type};

use crate::record::{Delta, Head, Header, Loaded, Page, Record, TaskRecord, ThreadInfo};

pub(super) fn head(connection: &Connection, thread: &str) -> Result<Option<Head>> {
    connection
        .prepare_cached("SELECT seq, step, digest FROM threads WHERE thread = ?1")?
        .query_row([thread], |row| head_at(row, 0))
        .optional()
}

/// Adds a record and moves the head.
pub(super) fn add(
    connection: &Connection,
    thread: &str,
    before: Option<&Head>,
    head: &Head,
    record: &Record,
) -> Result<()> {
    let (seq, step) = (integer(head.seq)?, integer(head.step)?);
    let digest = head.digest.as_bytes();
    let hash = record.state_hash.map(|hash| hash.as_bytes().to_vec());
    connection
        .prepare_cached("INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![thread, seq, step, digest, record.change, hash, record.snapshot])?;
    let header = serde_json::to_string(&record.header)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    // The snapshot's place is kept unless this record has one.
    connection
        .prepare_cached(
            "INSERT INTO threads VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?3)
             ON CONFLICT (thread) DO UPDATE SET header = ?2, seq = ?3, step = ?4, digest = ?5, finished = ?6,
                 snapshot_seq = iif(?7, ?3, snapshot_seq)",
        )?
        .execute(params![thread, header, seq, step, digest, record.finished, record.snapshot.is_some()])?;
    if before.is_some_and(|before| head.step > before.step) {
        connection.prepare_cached("DELETE FROM notes WHERE thread = ?1")?.execute([thread])?;
    }
    Ok(())
}

/// Stores a note unless there is one, and returns the one there is.
pub(super) fn note(connection: &Connection, thread: &str, record: TaskRecord) -> Result<TaskRecord> {
    connection
        .prepare_cached("INSERT INTO notes VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING")?
        .execute(params![thread, record.task, record.key, integer(record.step)?, record.value])?;
    connection
        .prepare_cached(
            "SELECT task, key, step, value FROM notes WHERE thread = ?1 AND task = ?2 AND key = ?3",
        )?
        .query_row([thread, &record.task, &record.key], note_of)
}

pub(super) fn load(connection: &Connection, thread: &str) -> Result<Option<Loaded>> {
    let found = connection
        .prepare_cached("SELECT seq, step, digest, header, snapshot_seq FROM threads WHERE thread = ?1")?
        .query_row([thread], |row| Ok((head_at(row, 0)?, header_at(row, 3)?, row.get::<_, i64>(4)?)))
        .optional()?;
    let Some((head, header, snapshot_seq)) = found else { return Ok(None) };
    let mut loaded = connection
        .prepare_cached(
            "SELECT seq, step, digest, snapshot, state_hash FROM records WHERE thread = ?1 AND seq = ?2",
        )?
        .query_row(params![thread, snapshot_seq], |row| {
            let mut loaded = Loaded::new(header, head, head_at(row, 0)?, row.get::<_, String>(3)?);
            loaded.snapshot_hash = digest_at(row, 4)?;
            Ok(loaded)
        })?;
    let mut deltas = connection.prepare_cached(
        "SELECT step, change, state_hash FROM records WHERE thread = ?1 AND seq > ?2 ORDER BY seq",
    )?;
    let rows = deltas.query_map(params![thread, snapshot_seq], |row| {
        Ok(Delta::new(number_at(row, 0)?, row.get::<_, String>(1)?, digest_at(row, 2)?))
    })?;
    loaded.deltas = rows.collect::<Result<_>>()?;
    let mut notes = connection
        .prepare_cached("SELECT task, key, step, value FROM notes WHERE thread = ?1 ORDER BY task, key")?;
    loaded.task_records = notes.query_map([thread], note_of)?.collect::<Result<_>>()?;
    Ok(Some(loaded))
}

pub(super) fn list(connection: &Connection, page: &Page) -> Result<Vec<ThreadInfo>> {
    let mut threads = connection.prepare_cached(
        "SELECT seq, step, digest, header, thread, finished FROM threads
         WHERE ?1 IS NULL OR thread > ?1 ORDER BY thread LIMIT ?2",
    )?;
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
    let rows = threads.query_map(params![page.after, limit], |row| {
        let header = header_at(row, 3)?;
        Ok(ThreadInfo::new(row.get::<_, String>(4)?, header.graph, head_at(row, 0)?, row.get(5)?))
    })?;
    rows.collect()
}

pub(super) fn delete(connection: &Connection, thread: &str) -> Result<bool> {
    connection.prepare_cached("DELETE FROM notes WHERE thread = ?1")?.execute([thread])?;
    connection.prepare_cached("DELETE FROM records WHERE thread = ?1")?.execute([thread])?;
    Ok(connection.prepare_cached("DELETE FROM threads WHERE thread = ?1")?.execute([thread])? > 0)
}

fn note_of(row: &Row<'_>) -> Result<TaskRecord> {
    let (task, key): (String, String) = (row.get(0)?, row.get(1)?);
    Ok(TaskRecord::new(number_at(row, 2)?, task, key, row.get::<_, String>(3)?))
}

/// A head in three columns from `column` on.
fn head_at(row: &Row<'_>, column: usize) -> Result<Head> {
    let digest = Digest::from_bytes(row.get(column + 2)?);
    Ok(Head::new(number_at(row, column)?, number_at(row, column + 1)?, digest))
}

fn header_at(row: &Row<'_>, column: usize) -> Result<Header> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

fn digest_at(row: &Row<'_>, column: usize) -> Result<Option<Digest>> {
    Ok(row.get::<_, Option<[u8; 32]>>(column)?.map(Digest::from_bytes))
}

fn number_at(row: &Row<'_>, column: usize) -> Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, Box::new(error)))
}

fn integer(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
