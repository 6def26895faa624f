//! The list of runs: what was asked for and where each stands. What a run has found and made is in its checkpoints.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ae_core::{ErrorKind, Outcome, RunId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::Serialize;

use super::{RunRow, RunStatus};
use crate::error::{Error, Result};

/// The version of the tables below.
const SCHEMA_VERSION: i64 = 1;
/// How often the switch to a write-ahead log is tried beside other processes.
const WAL_TRIES_MAX: u32 = 50;
/// The message of a failed read.
const UNREADABLE: &str = "the list of runs can't be read";

/// The list of runs in a SQLite file that several processes share.
#[derive(Debug)]
pub struct RunIndex {
    connection: Mutex<Connection>,
}

impl RunIndex {
    /// Opens the list, making it when missing.
    ///
    /// # Errors
    ///
    /// When the file can't be opened, is damaged, or is of a newer version; it is never overwritten.
    pub fn open(path: &Path) -> Result<Self> {
        let named =
            |error| sqlite_error(&format!("the list of runs {} can't be opened", path.display()), error);
        let connection = Connection::open(path).map_err(named)?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(named)?;
        use_wal(&connection).map_err(named)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(named)?;
        let version: i64 =
            connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(named)?;
        if version > SCHEMA_VERSION {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the list of runs {} was written by a newer version of ae", path.display()),
            )
            .with_hint("use that version, or another --data-dir"));
        }
        connection
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS runs (
                    run_id TEXT PRIMARY KEY, project_id TEXT NOT NULL, intent TEXT NOT NULL, settings TEXT NOT NULL,
                    site TEXT UNIQUE, status TEXT NOT NULL, outcome TEXT, reason TEXT,
                    cancel_requested INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
                ) STRICT;
                CREATE TABLE IF NOT EXISTS stores (name TEXT PRIMARY KEY) STRICT;
                PRAGMA user_version = 1;",
            )
            .map_err(named)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// The files that hold the other stores of this data directory, as far as they were seen.
    ///
    /// # Errors
    ///
    /// When the list can't be read.
    pub fn known_stores(&self) -> Result<Vec<String>> {
        let failed = |error| sqlite_error(UNREADABLE, error);
        let connection = self.lock();
        let mut statement = connection.prepare("SELECT name FROM stores").map_err(failed)?;
        let names = statement.query_map([], |row| row.get(0)).map_err(failed)?;
        names.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Remembers that the file `name` holds a store.
    ///
    /// # Errors
    ///
    /// When it can't be written.
    pub fn remember_store(&self, name: &str) -> Result<()> {
        self.change("INSERT OR IGNORE INTO stores (name) VALUES (?1)", [name])
    }

    /// Records a run before anything is done for it.
    ///
    /// # Errors
    ///
    /// `Conflict` when the id is taken.
    pub fn insert(&self, row: &RunRow) -> Result<()> {
        let changed = self
            .lock()
            .execute(
                "INSERT OR IGNORE INTO runs (run_id, project_id, intent, settings, status, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                params![
                    row.run_id.to_string(),
                    row.project_id.to_string(),
                    to_json(&row.intent)?,
                    to_json(&row.settings)?,
                    row.status.as_str(),
                    row.created_at.to_string(),
                ],
            )
            .map_err(|error| sqlite_error("the run can't be recorded", error))?;
        if changed == 0 {
            return Err(Error::new(ErrorKind::Conflict, format!("run {} exists already", row.run_id))
                .with_hint(format!("go on with it: `ae resume {}`", row.run_id)));
        }
        Ok(())
    }

    /// Takes a run off the list again for which nothing was done.
    ///
    /// # Errors
    ///
    /// When it can't be written.
    pub fn forget(&self, id: RunId) -> Result<()> {
        self.change("DELETE FROM runs WHERE run_id = ?1 AND status = 'pending'", [id.to_string()])
    }

    /// The run `id`.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none.
    pub fn get(&self, id: RunId) -> Result<RunRow> {
        self.select("WHERE run_id = ?1", [id.to_string()])?.pop().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no run {id} in this data directory"))
                .with_hint("list the runs with `ae runs`, or name the right folder with --data-dir")
        })
    }

    /// The run whose product is published as `site`, if any.
    ///
    /// # Errors
    ///
    /// When the list can't be read.
    pub fn by_site(&self, site: &str) -> Result<Option<RunRow>> {
        Ok(self.select("WHERE site = ?1", [site])?.pop())
    }

    /// The runs whose id begins with `prefix`, two at most: enough to know whether one is meant.
    ///
    /// # Errors
    ///
    /// When the list can't be read.
    pub fn by_prefix(&self, prefix: &str) -> Result<Vec<RunRow>> {
        self.select("WHERE substr(run_id, 1, ?2) = ?1 LIMIT 2", params![prefix, prefix.len()])
    }

    /// The runs that have not ended, newest first.
    ///
    /// # Errors
    ///
    /// When the list can't be read.
    pub fn open_runs(&self) -> Result<Vec<RunRow>> {
        self.select("WHERE status IN ('pending', 'running', 'paused') ORDER BY created_at DESC", [])
    }

    /// One page of all runs, newest first: `limit` at most, after the first `skip`.
    ///
    /// # Errors
    ///
    /// When the list can't be read.
    pub fn list(&self, limit: u32, skip: u64) -> Result<Vec<RunRow>> {
        let skip = i64::try_from(skip).unwrap_or(i64::MAX);
        self.select("ORDER BY created_at DESC, run_id DESC LIMIT ?1 OFFSET ?2", params![limit, skip])
    }

    /// The number of runs.
    ///
    /// # Errors
    ///
    /// When the list can't be read.
    pub fn count(&self) -> Result<u64> {
        let count: i64 = self
            .lock()
            .query_row("SELECT count(*) FROM runs", [], |row| row.get(0))
            .map_err(|error| sqlite_error(UNREADABLE, error))?;
        Ok(count.unsigned_abs())
    }

    fn select(&self, which: &str, values: impl rusqlite::Params) -> Result<Vec<RunRow>> {
        let failed = |error| sqlite_error(UNREADABLE, error);
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached(&format!("SELECT * FROM runs {which}")).map_err(failed)?;
        let rows = statement.query_map(values, |row| Ok(read_row(row))).map_err(failed)?;
        rows.map(|row| row.map_err(failed)?).collect()
    }

    /// Moves a run to another status; staying where it is does not count as a move and changes the reason and the time only.
    ///
    /// # Errors
    ///
    /// `Conflict` when the status it has now can't become `status`.
    pub fn set_status(
        &self,
        id: RunId,
        status: RunStatus,
        outcome: Option<Outcome>,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let failed = |error| sqlite_error("the run's status can't be recorded", error);
        let mut connection = self.lock();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let present: Option<String> = transaction
            .query_row("SELECT status FROM runs WHERE run_id = ?1", [id.to_string()], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        let present = parse_status(&present.unwrap_or_default())?;
        if present != status && !present.may_become(status) {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("run {id} is {present} and can't become {status}"),
            ));
        }
        transaction
            .execute(
                "UPDATE runs SET status = ?2, outcome = ?3, reason = ?4, updated_at = ?5 WHERE run_id = ?1",
                params![
                    id.to_string(),
                    status.as_str(),
                    outcome.map(Outcome::as_str),
                    reason,
                    now.to_string()
                ],
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Gives a run the label of its site.
    ///
    /// # Errors
    ///
    /// When it can't be written.
    pub fn set_site(&self, id: RunId, site: &str) -> Result<()> {
        self.change(
            "UPDATE runs SET site = ?2 WHERE run_id = ?1 AND site IS NOT ?2",
            params![id.to_string(), site],
        )
    }

    /// Asks the process that runs `id` to stop at its next boundary.
    ///
    /// # Errors
    ///
    /// When it can't be written.
    pub fn request_cancel(&self, id: RunId) -> Result<()> {
        self.change("UPDATE runs SET cancel_requested = 1 WHERE run_id = ?1", [id.to_string()])
    }

    fn change(&self, statement: &str, values: impl rusqlite::Params) -> Result<()> {
        let changed = self.lock().execute(statement, values).map(|_| ());
        changed.map_err(|error| sqlite_error("the list of runs can't be written", error))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Switches the file to a write-ahead log. The switch does not wait for others that open the file at the same moment, an
/// empty transaction does; so the two take turns.
fn use_wal(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries_left = WAL_TRIES_MAX;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) && tries_left > 0 =>
            {
                tries_left -= 1;
                connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
            }
            other => return other,
        }
    }
}

fn read_row(row: &Row<'_>) -> Result<RunRow> {
    fn column<T: rusqlite::types::FromSql>(row: &Row<'_>, name: &str) -> Result<T> {
        row.get(name).map_err(|error| sqlite_error("a run's row is damaged", error))
    }
    fn text(row: &Row<'_>, name: &str) -> Result<String> {
        column(row, name)
    }
    Ok(RunRow {
        run_id: text(row, "run_id")?.parse().map_err(damaged)?,
        project_id: text(row, "project_id")?.parse().map_err(damaged)?,
        intent: serde_json::from_str(&text(row, "intent")?).map_err(damaged)?,
        settings: serde_json::from_str(&text(row, "settings")?).map_err(damaged)?,
        site: column(row, "site")?,
        status: parse_status(&text(row, "status")?)?,
        outcome: column::<Option<String>>(row, "outcome")?
            .map(|name| serde_json::from_value(name.into()))
            .transpose()
            .map_err(damaged)?,
        reason: column(row, "reason")?,
        cancel_requested: column::<i64>(row, "cancel_requested")? != 0,
        created_at: text(row, "created_at")?.parse().map_err(damaged)?,
        updated_at: text(row, "updated_at")?.parse().map_err(damaged)?,
    })
}

fn parse_status(name: &str) -> Result<RunStatus> {
    serde_json::from_value(name.into()).map_err(damaged)
}

fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::Internal, "a run's row can't be written").with_source(error))
}

fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Protocol, "a row of the list of runs is damaged")
        .with_hint("restore runs.db from a backup, or use another --data-dir; nothing was changed")
        .with_source(error)
}

fn sqlite_error(doing: &str, error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let (kind, hint) = match error.sqlite_error_code() {
        Some(Code::DiskFull) => {
            (ErrorKind::QuotaExceeded, "free some disk space and try again; nothing was lost")
        }
        Some(Code::NotADatabase | Code::DatabaseCorrupt) => (
            ErrorKind::Protocol,
            "the file is damaged: restore it from a backup, or use another --data-dir; it was not changed",
        ),
        Some(Code::ReadOnly | Code::PermissionDenied | Code::CannotOpen) => {
            (ErrorKind::PermissionDenied, "make the data directory writable, or pass another with --data-dir")
        }
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
            (ErrorKind::Unavailable, "another process holds it; try again")
        }
        _ => (ErrorKind::Internal, "try again; if it stays, check the data directory"),
    };
    Error::new(kind, doing).with_hint(hint).with_source(error)
}

#[cfg(test)]
mod tests {
    use ae_core::{Currency, Digest, Intent, Money, ProjectId};

    use super::*;
    use crate::store::{RunSettings, SignalsFrom};

    fn row(name: &[u8]) -> RunRow {
        let digest = Digest::of_bytes("test", name);
        let signals = vec![SignalsFrom::Sample, SignalsFrom::File("/x.csv".into())];
        RunRow::new(
            RunId::from_digest(&digest),
            ProjectId::from_digest(&digest),
            Intent::new("Build a CSV tool", Money::zero(Currency::USD)).unwrap(),
            RunSettings::new("http://127.0.0.1:4180", signals),
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn a_row_survives_a_restart_and_moves_only_legally() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.db");
        let one = row(b"1");
        RunIndex::open(&path).unwrap().insert(&one).unwrap();
        let index = RunIndex::open(&path).unwrap();
        assert_eq!(index.get(one.run_id).unwrap(), one);
        assert_eq!(index.insert(&one).unwrap_err().kind(), ErrorKind::Conflict);
        let now = Timestamp::UNIX_EPOCH;
        index.set_status(one.run_id, RunStatus::Running, None, None, now).unwrap();
        index
            .set_status(one.run_id, RunStatus::Completed, Some(Outcome::Verified), Some("done"), now)
            .unwrap();
        let refused = index.set_status(one.run_id, RunStatus::Running, None, None, now).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert_eq!(index.get(one.run_id).unwrap().outcome, Some(Outcome::Verified));
        assert_eq!(index.get(row(b"2").run_id).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.db");
        std::fs::write(&path, b"this is no database, but it is 40 bytes long....").unwrap();
        let error = RunIndex::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.hint().unwrap().contains("backup"));
        assert!(std::fs::read(&path).unwrap().starts_with(b"this is no database"));
    }
}
