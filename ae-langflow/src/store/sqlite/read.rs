//! The statements that read.

use std::sync::Arc;

use ae_core::Digest;
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::{
    key::{self, keys},
    row::{digest_at, head_at, header_at, note_of, number_at, time_at},
};
use crate::store::record::{Delta, Head, Loaded, Page, TaskRecord, ThreadInfo};

/// The number of a thread in this file.
pub(super) fn thread(connection: &Connection, name: &str) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM threads WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// The newest record of a thread.
pub(super) fn head(connection: &Connection, thread: i64) -> Result<Option<Head>> {
    connection
        .prepare_cached(
            "SELECT id, step, digest FROM records WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(keys(thread, 0..=u64::MAX), |row| head_at(row, 0))
        .optional()
}

/// The record of a thread with this number.
pub(super) fn record(connection: &Connection, thread: i64, seq: u64) -> Result<Option<Head>> {
    connection
        .prepare_cached("SELECT id, step, digest FROM records WHERE id = ?1")?
        .query_row([key::key(thread, seq)], |row| head_at(row, 0))
        .optional()
}

pub(super) fn load(connection: &Connection, name: &str, up_to: Option<u64>) -> Result<Option<Loaded>> {
    let Some(thread) = thread(connection, name)? else { return Ok(None) };
    let [first, last] = keys(thread, 0..=up_to.unwrap_or(u64::MAX));
    let snapshot = connection
        .prepare_cached(
            "SELECT id, position FROM snapshots WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([first, last], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let Some((begin, position)) = snapshot else {
        // Only a record before all snapshots that are left may be missing.
        return if up_to.is_none() { Err(rusqlite::Error::QueryReturnedNoRows) } else { Ok(None) };
    };
    let mut statement = connection.prepare_cached(
        "SELECT id, step, digest, at, state_hash, change FROM records WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    )?;
    let mut rows = statement.query([begin, last])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let (head, at, change) = (head_at(row, 0)?, time_at(row, 3)?, row.get::<_, String>(5)?);
    let snapshot_hash = digest_at(row, 4)?;
    let (mut end, mut end_row, mut deltas) = (head, begin, Vec::new());
    while let Some(row) = rows.next()? {
        (end, end_row) = (head_at(row, 0)?, row.get(0)?);
        deltas.push(Delta::new(end.step, time_at(row, 3)?, row.get::<_, String>(5)?, digest_at(row, 4)?));
    }
    let header = connection
        .prepare_cached("SELECT header FROM headers WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1")?
        .query_row([first, end_row], |row| header_at(row, 0))?;
    let mut loaded = Loaded::new(header, head, at, change, position);
    (loaded.head, loaded.snapshot_hash, loaded.deltas) = (end, snapshot_hash, deltas);
    loaded.blobs = connection
        .prepare_cached(
            "SELECT digest, text FROM blobs
             WHERE id IN (SELECT blob FROM refs WHERE record BETWEEN ?1 AND ?2)",
        )?
        .query_map([begin, last], |row| Ok((Digest::from_bytes(row.get(0)?), row.get::<_, Arc<str>>(1)?)))?
        .collect::<Result<_>>()?;
    if up_to.is_none() {
        loaded.task_records = notes(connection, thread)?;
    }
    Ok(Some(loaded))
}

/// The notes of the superstep under way.
pub(super) fn notes(connection: &Connection, thread: i64) -> Result<Vec<TaskRecord>> {
    connection
        .prepare_cached("SELECT task, key, step, value FROM notes WHERE thread = ?1 ORDER BY task, key")?
        .query_map([thread], note_of)?
        .collect()
}

pub(super) fn list(connection: &Connection, page: &Page) -> Result<Vec<ThreadInfo>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, header, records.id, step, at, finished
         FROM threads
         JOIN records ON records.id =
             (SELECT max(id) FROM records WHERE id BETWEEN threads.id << 32 AND threads.id << 32 | 4294967295)
         JOIN headers ON headers.id =
             (SELECT max(id) FROM headers WHERE id BETWEEN threads.id << 32 AND threads.id << 32 | 4294967295)
         WHERE name > ?1 OR ?1 IS NULL ORDER BY name LIMIT ?2",
    )?;
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![page.after, limit], |row| {
        let (thread, seq, finished) = (row.get::<_, String>(0)?, key::seq(row.get(2)?), row.get(5)?);
        let (graph, step, at) = (header_at(row, 1)?.graph, number_at(row, 3)?, time_at(row, 4)?);
        Ok(ThreadInfo::new(thread, graph, seq, step, at, finished))
    })?;
    rows.collect()
}

/// The numbers of the records with snapshots, in order.
pub(super) fn snapshots(connection: &Connection, thread: i64) -> Result<Vec<u64>> {
    connection
        .prepare_cached("SELECT id FROM snapshots WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?
        .query_map(keys(thread, 0..=u64::MAX), |row| row.get(0).map(key::seq))?
        .collect()
}

/// The number of the first record made at this time, in milliseconds, or later.
pub(super) fn first_since(connection: &Connection, thread: i64, since: i64) -> Result<Option<u64>> {
    let [first, last] = keys(thread, 0..=u64::MAX);
    connection
        .prepare_cached("SELECT id FROM records WHERE id BETWEEN ?1 AND ?2 AND at >= ?3 ORDER BY id LIMIT 1")?
        .query_row([first, last, since], |row| row.get(0).map(key::seq))
        .optional()
}
