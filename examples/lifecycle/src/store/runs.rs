//! The list of runs: what was asked for and where each stands. What a run has found and made is in its checkpoints.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ae_core::{ErrorKind, Intent, Outcome, ProjectId, RunId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::store::RunStatus;

/// The version of the tables below.
const SCHEMA_VERSION: i64 = 1;
/// How often the switch to a write-ahead log is tried beside other processes.
const WAL_TRIES_MAX: u32 = 50;

/// How a run was asked to work: fixed when it starts, so that a resumed run does the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// Where demand signals come from, in the order given; empty means the live sources.
    pub signals: Vec<SignalsFrom>,
    /// The builder asked for.
    pub agent: String,
    /// The address that the product's URLs are made of, for example `http://127.0.0.1:4180`.
    pub base_url: String,
}

/// One place that demand signals come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalsFrom {
    /// A file, by absolute path.
    File(String),
    /// Standard input of the command that started the run.
    StandardInput,
    /// The bundled sample.
    Sample,
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRow {
    /// The run's id.
    pub run_id: RunId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// What was asked for.
    pub intent: Intent,
    /// How it was asked to work.
    pub settings: RunSettings,
    /// The label of its site, known once the spec is written.
    pub site: Option<String>,
    /// Where it stands.
    pub status: RunStatus,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why it ended so, or what it waits for.
    pub reason: Option<String>,
    /// Whether somebody asked for it to be cancelled.
    pub cancel_requested: bool,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
}

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
                PRAGMA user_version = 1;",
            )
            .map_err(named)?;
        Ok(Self { connection: Mutex::new(connection) })
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

    /// The run `id`.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none.
    pub fn get(&self, id: RunId) -> Result<RunRow> {
        let found = self
            .lock()
            .query_row("SELECT * FROM runs WHERE run_id = ?1", [id.to_string()], |row| Ok(read_row(row)))
            .optional()
            .map_err(|error| sqlite_error("the list of runs can't be read", error))?;
        found.unwrap_or_else(|| {
            Err(Error::new(ErrorKind::NotFound, format!("there is no run {id} in this data directory"))
                .with_hint("list the runs with `ae runs`, or name the right folder with --data-dir"))
        })
    }

    /// The run whose product is published as `site`, if any.
    ///
    /// # Errors
    ///
    /// When the list can't be read.
    pub fn by_site(&self, site: &str) -> Result<Option<RunRow>> {
        self.lock()
            .query_row("SELECT * FROM runs WHERE site = ?1", [site], |row| Ok(read_row(row)))
            .optional()
            .map_err(|error| sqlite_error("the list of runs can't be read", error))?
            .transpose()
    }

    /// All runs, newest first, `limit` at most.
    ///
    /// # Errors
    ///
    /// When the list can't be read.
    pub fn list(&self, limit: u32) -> Result<Vec<RunRow>> {
        let failed = |error| sqlite_error("the list of runs can't be read", error);
        let connection = self.lock();
        let mut statement = connection
            .prepare_cached("SELECT * FROM runs ORDER BY created_at DESC, run_id DESC LIMIT ?1")
            .map_err(failed)?;
        let rows = statement.query_map([limit], |row| Ok(read_row(row))).map_err(failed)?;
        rows.map(|row| row.map_err(failed)?).collect()
    }

    /// Moves a run to another status; staying where it is, is no move and changes nothing but reason and time.
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
        self.lock()
            .execute(
                "UPDATE runs SET site = ?2 WHERE run_id = ?1 AND site IS NOT ?2",
                params![id.to_string(), site],
            )
            .map(|_| ())
            .map_err(|error| sqlite_error("the run's site can't be recorded", error))
    }

    /// Asks whoever runs `id` to stop at its next boundary.
    ///
    /// # Errors
    ///
    /// When it can't be written.
    pub fn request_cancel(&self, id: RunId) -> Result<()> {
        self.lock()
            .execute("UPDATE runs SET cancel_requested = 1 WHERE run_id = ?1", [id.to_string()])
            .map(|_| ())
            .map_err(|error| sqlite_error("the cancellation can't be recorded", error))
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
    let text = |column: &str| {
        row.get::<_, String>(column).map_err(|error| sqlite_error("a run's row is damaged", error))
    };
    let maybe = |column: &str| {
        row.get::<_, Option<String>>(column).map_err(|error| sqlite_error("a run's row is damaged", error))
    };
    Ok(RunRow {
        run_id: text("run_id")?.parse().map_err(damaged)?,
        project_id: text("project_id")?.parse().map_err(damaged)?,
        intent: serde_json::from_str(&text("intent")?).map_err(damaged)?,
        settings: serde_json::from_str(&text("settings")?).map_err(damaged)?,
        site: maybe("site")?,
        status: parse_status(&text("status")?)?,
        outcome: maybe("outcome")?
            .map(|name| serde_json::from_value(name.into()))
            .transpose()
            .map_err(damaged)?,
        reason: maybe("reason")?,
        cancel_requested: row
            .get::<_, i64>("cancel_requested")
            .map_err(|error| sqlite_error("a run's row is damaged", error))?
            != 0,
        created_at: text("created_at")?.parse().map_err(damaged)?,
        updated_at: text("updated_at")?.parse().map_err(damaged)?,
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
    use ae_core::{Currency, Digest, Money};

    use super::*;

    fn row(seed: &[u8]) -> RunRow {
        let digest = Digest::of_bytes("test", seed);
        RunRow {
            run_id: RunId::from_digest(&digest),
            project_id: ProjectId::from_digest(&digest),
            intent: Intent::new("Build a CSV tool", Money::zero(Currency::USD)).unwrap(),
            settings: RunSettings {
                signals: vec![SignalsFrom::Sample, SignalsFrom::File("/x.csv".into())],
                agent: "site".into(),
                base_url: "http://127.0.0.1:4180".into(),
            },
            site: None,
            status: RunStatus::Pending,
            outcome: None,
            reason: None,
            cancel_requested: false,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
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
