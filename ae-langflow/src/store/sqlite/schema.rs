//! The tables, and the check that the file has them.

use std::{path::Path, time::Duration};

use ae_core::BackendError;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{
    Durability,
    errors::{failed, refused},
    read,
};

/// "aelf" in ASCII: says whose file it is.
const APPLICATION_ID: i64 = 0x6165_6c66;
const VERSION: i64 = 1;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// A file up to this size is read as a whole when it is opened; of a larger one, damage shows when it is read.
const CHECKED_BYTES_MAX: u64 = 64 << 20;
const STATEMENTS_MAX: usize = 64;
const WAL_TRIES_MAX: u32 = 50;

const TABLES: &str = "
    CREATE TABLE threads (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    ) STRICT;
    -- A record's id is its thread's, shifted left by 32 bits, plus its own number. `at` counts milliseconds.
    CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        step INTEGER NOT NULL,
        at INTEGER NOT NULL,
        finished INTEGER NOT NULL,
        digest BLOB NOT NULL,
        state_hash BLOB,
        change TEXT NOT NULL
    ) STRICT;
    CREATE TABLE snapshots (
        id INTEGER PRIMARY KEY,
        position TEXT NOT NULL
    ) STRICT;
    CREATE TABLE headers (
        id INTEGER PRIMARY KEY,
        header TEXT NOT NULL
    ) STRICT;
    CREATE TABLE notes (
        thread INTEGER NOT NULL,
        task TEXT NOT NULL,
        key TEXT NOT NULL,
        step INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (thread, task, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE blobs (
        id INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE refs (
        record INTEGER NOT NULL,
        blob INTEGER NOT NULL,
        PRIMARY KEY (record, blob)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX refs_by_blob ON refs (blob);
    CREATE TRIGGER last_ref AFTER DELETE ON refs BEGIN
        DELETE FROM blobs WHERE id = OLD.blob AND NOT EXISTS (SELECT 1 FROM refs WHERE blob = OLD.blob);
    END;
";

/// The names of what is made above, without what SQLite makes by itself.
const PARTS: [&str; 9] =
    ["threads", "records", "snapshots", "headers", "notes", "blobs", "refs", "refs_by_blob", "last_ref"];

/// Sets the connection up, and makes the tables in a file that is empty.
pub(super) fn prepare(
    connection: &mut Connection,
    path: &Path,
    durability: Durability,
) -> Result<(), BackendError> {
    let sql = |error| failed("open", path, error);
    connection.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Read before anything is written: a file that is refused stays as it is.
    let empty = check(connection, path)?;
    let synchronous = match durability {
        Durability::Normal => "NORMAL",
        Durability::Full => "FULL",
    };
    use_wal(connection).map_err(sql)?;
    connection.pragma_update(None, "synchronous", synchronous).map_err(sql)?;
    if !empty {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    // Another process may have made the tables since.
    if check(&transaction, path)? {
        transaction.execute_batch(TABLES).map_err(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(sql)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(sql)?;
    }
    transaction.commit().map_err(sql)
}

/// Switches the file to a write-ahead log. The switch does not wait for others that open the file at the same moment,
/// an empty transaction does; so the two take turns.
fn use_wal(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries_left = WAL_TRIES_MAX;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries_left > 0 => {
                tries_left -= 1;
                connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
            }
            other => return other,
        }
    }
}

/// Whether the file is empty; an error when it belongs to another program, is damaged or newer.
fn check(connection: &Connection, path: &Path) -> Result<bool, BackendError> {
    let number = |query: &str| {
        connection
            .query_row(query, [], |row| row.get::<_, i64>(0))
            .map_err(|error| failed("open", path, error))
    };
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    let (application, version) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    if tables == 0 && application == 0 && version == 0 {
        return Ok(true);
    }
    if application != APPLICATION_ID {
        return Err(refused(path, "belongs to another program: choose another path"));
    }
    if version > VERSION {
        return Err(refused(path, "was written by a newer release: use that release or a later one"));
    }
    let ours = connection
        .prepare("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid")
        .and_then(|mut names| {
            names.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
        })
        .map_err(|error| failed("open", path, error))?;
    if version < VERSION || ours != PARTS {
        return Err(refused(path, "lacks tables: restore it from a backup"));
    }
    let sound = || {
        if read::size(connection)? > CHECKED_BYTES_MAX {
            return Ok(true);
        }
        connection.query_row("PRAGMA quick_check(1)", [], |row| Ok(row.get_ref(0)?.as_str()? == "ok"))
    };
    if !sound().map_err(|error| failed("open", path, error))? {
        return Err(refused(path, "is damaged: restore it from a backup"));
    }
    Ok(false)
}
