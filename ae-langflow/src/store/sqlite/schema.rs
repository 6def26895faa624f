//! The tables, and the check that the file has them.

use ae_core_sqlite::{Failure, Schema};
use rusqlite::Connection;

/// "aelf" in ASCII: the mark of the file.
const APPLICATION_ID: i32 = 0x6165_6c66;

pub(super) const SCHEMA: Schema<'static> =
    Schema::new(super::BACKEND, "threads", &[TABLES]).with_application_id(APPLICATION_ID);

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

/// Refuses a file that lacks a part: without its trigger, for example, blobs would stay for good.
pub(super) fn check(connection: &Connection) -> Result<(), Failure> {
    let mut names = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND name <> 'ae_schema' ORDER BY rowid",
    )?;
    let found = names.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    if found == PARTS { Ok(()) } else { Err(Failure::damaged("its tables")) }
}
