//! The tables, and which versions of them are read.

use ae_core::{BackendError, ErrorKind};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Table, failure::store_error};
use crate::store::records::error;

/// The version of the tables that this crate writes.
const SCHEMA_VERSION: i64 = 1;

pub(super) fn make_tables(connection: &Connection) -> Result<(), BackendError> {
    let failed = |source| store_error("open", source);
    connection.execute_batch(&schema()).map_err(failed)?;
    connection
        .execute(
            "INSERT INTO billing_schema (only, version) VALUES (1, ?1) ON CONFLICT (only) DO NOTHING",
            params![SCHEMA_VERSION],
        )
        .map_err(failed)?;
    Ok(())
}

pub(super) fn refuse_newer(connection: &Connection) -> Result<(), BackendError> {
    let failed = |source| store_error("open", source);
    if !connection.table_exists(None, "billing_schema").map_err(failed)? {
        return Ok(());
    }
    let version: Option<i64> = connection
        .query_row("SELECT version FROM billing_schema", [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    match version {
        Some(version) if version != SCHEMA_VERSION => {
            let message = format!(
                "the ledger has version {version}, this program knows {SCHEMA_VERSION}: use the program that wrote it"
            );
            Err(error(ErrorKind::Protocol, "open", message))
        }
        _ => Ok(()),
    }
}

fn schema() -> String {
    let mut sql = String::from(
        "CREATE TABLE IF NOT EXISTS billing_schema (
            only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS billing_journal (
            position INTEGER PRIMARY KEY, at TEXT NOT NULL, tab TEXT NOT NULL, id TEXT NOT NULL,
            run TEXT NOT NULL, owner TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
        CREATE TRIGGER IF NOT EXISTS billing_journal_no_update BEFORE UPDATE ON billing_journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
        CREATE TRIGGER IF NOT EXISTS billing_journal_no_delete BEFORE DELETE ON billing_journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;",
    );
    for name in Table::ALL.map(Table::name) {
        sql.push_str(&format!(
            "CREATE TABLE IF NOT EXISTS {name} (
                position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
                run TEXT NOT NULL, owner TEXT NOT NULL, body TEXT NOT NULL) STRICT;
            CREATE INDEX IF NOT EXISTS {name}_run ON {name} (run, position);
            CREATE INDEX IF NOT EXISTS {name}_owner ON {name} (owner, position);"
        ));
    }
    sql
}
