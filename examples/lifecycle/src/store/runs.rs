//! The list of runs: the intent and the status of each. Its findings and results are in its checkpoints.

use std::path::Path;

use ae_core::{BackendError, ErrorKind, Outcome, RunId, Timestamp};
use ae_core_sqlite::{Database, Failure, Options, Schema};
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::{RunRow, RunStatus};
use crate::error::{Error, Result};

const BACKEND: &str = "runs";
const RUNS: &str = "CREATE TABLE IF NOT EXISTS runs (
        run_id TEXT PRIMARY KEY, project_id TEXT NOT NULL, intent TEXT NOT NULL, settings TEXT NOT NULL,
        site TEXT UNIQUE, status TEXT NOT NULL, outcome TEXT, reason TEXT,
        cancel_requested INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS stores (name TEXT PRIMARY KEY) STRICT;";
const SCHEMA: Schema<'static> = Schema::new(
    BACKEND,
    "runs",
    &[
        RUNS,
        super::interest::TABLE,
        super::visits::TABLE,
        super::undone::TABLE,
        super::notices::TABLE,
        super::marks::TABLE,
    ],
);

/// The list of runs in a SQLite file that several processes share.
///
/// Calls run on a thread of the list; one waits up to ten seconds while another process writes.
#[derive(Debug)]
pub struct RunIndex(pub(super) Database);

impl RunIndex {
    /// Opens the list, making it when missing.
    ///
    /// # Errors
    ///
    /// When the file can't be opened, is damaged, or is of a newer version; it is never overwritten.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self(Database::open(path, &SCHEMA, &Options::create().with_private())?))
    }

    /// Opens the list for reading alone, also on a read-only disk.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and `NotFound` when it is missing.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        Ok(Self(Database::open(path, &SCHEMA, &Options::read_only())?))
    }

    /// The files that hold the other stores of this data directory, as far as they were seen. It blocks.
    pub fn known_stores(&self) -> Result<Vec<String>> {
        let names = self.0.read_blocking("known_stores", |connection| {
            let mut statement = connection.prepare("SELECT name FROM stores")?;
            let names = statement.query_map([], |row| row.get(0))?;
            Ok(names.collect::<rusqlite::Result<_>>()?)
        });
        Ok(names?)
    }

    /// Remembers that the file `name` holds a store. It blocks.
    pub fn remember_store(&self, name: &str) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO stores (name) VALUES (?1)";
        Ok(self.0.write_blocking("write", |connection| Ok(connection.execute(sql, [name]).map(drop)?))?)
    }

    /// Records a run before anything is done for it.
    ///
    /// # Errors
    ///
    /// `Conflict` when the id is taken.
    pub async fn insert(&self, row: &RunRow) -> Result<()> {
        let inserted = self.change(
            "INSERT OR IGNORE INTO runs (run_id, project_id, intent, settings, status, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            (
                row.run_id.to_string(),
                row.project_id.to_string(),
                to_json(&row.intent)?,
                to_json(&row.settings)?,
                row.status.as_str(),
                row.created_at.to_string(),
            ),
        );
        if inserted.await? == 0 {
            return Err(Error::new(ErrorKind::Conflict, format!("run {} exists already", row.run_id))
                .with_hint(format!("go on with it: `ae resume {}`", row.run_id)));
        }
        Ok(())
    }

    /// Takes a run off the list again for which nothing was done.
    pub async fn forget(&self, id: RunId) -> Result<()> {
        let sql = "DELETE FROM runs WHERE run_id = ?1 AND status = 'pending'";
        self.change(sql, [id.to_string()]).await.map(drop)
    }

    /// The run `id`.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none.
    pub async fn get(&self, id: RunId) -> Result<RunRow> {
        self.select("WHERE run_id = ?1", [id.to_string()]).await?.pop().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no run {id} in this data directory"))
                .with_hint("list the runs with `ae runs`, or name the right folder with --data-dir")
        })
    }

    /// The run whose product is published as `site`, if any.
    pub async fn by_site(&self, site: &str) -> Result<Option<RunRow>> {
        Ok(self.select("WHERE site = ?1", [site.to_owned()]).await?.pop())
    }

    /// The runs whose id begins with `prefix`, two at most: enough to know whether one is meant.
    pub async fn by_prefix(&self, prefix: &str) -> Result<Vec<RunRow>> {
        self.select("WHERE substr(run_id, 1, ?2) = ?1 LIMIT 2", (prefix.to_owned(), prefix.len())).await
    }

    /// The runs that have not ended, newest first.
    pub async fn open_runs(&self) -> Result<Vec<RunRow>> {
        self.select("WHERE status IN ('pending', 'running', 'paused') ORDER BY created_at DESC", []).await
    }

    /// One page of all runs, newest first: `limit` at most, after the first `skip`.
    pub async fn list(&self, limit: u32, skip: u64) -> Result<Vec<RunRow>> {
        let skip = i64::try_from(skip).unwrap_or(i64::MAX);
        self.select("ORDER BY created_at DESC, run_id DESC LIMIT ?1 OFFSET ?2", (limit, skip)).await
    }

    /// The number of runs.
    pub async fn count(&self) -> Result<u64> {
        let count = self.0.read("count", |connection| {
            Ok(connection.query_row("SELECT count(*) FROM runs", [], |row| row.get::<_, i64>(0))?)
        });
        Ok(count.await?.unsigned_abs())
    }

    async fn select(
        &self,
        which: &'static str,
        values: impl rusqlite::Params + Send + 'static,
    ) -> Result<Vec<RunRow>> {
        let rows = self.0.read("read", move |connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT * FROM runs {which}"))?;
            let rows = statement.query_map(values, |row| Ok(read_row(row)))?;
            rows.map(|row| row?).collect()
        });
        Ok(rows.await?)
    }

    /// Moves a run to another status; staying in its status changes nothing but reason and time.
    ///
    /// # Errors
    ///
    /// `Conflict` when the status it has now can't become `status`.
    pub async fn set_status(
        &self,
        id: RunId,
        status: RunStatus,
        outcome: Option<Outcome>,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<()> {
        let reason = reason.map(str::to_owned);
        let moved = self.0.write("set_status", move |connection| {
            let present: Option<String> = connection
                .query_row("SELECT status FROM runs WHERE run_id = ?1", [id.to_string()], |row| row.get(0))
                .optional()?;
            let present = parse_status(&present.unwrap_or_default())?;
            if present != status && !present.may_become(status) {
                let message = format!("run {id} is {present} and can't become {status}");
                return Err(BackendError::new(ErrorKind::Conflict, BACKEND, "set_status", message).into());
            }
            connection.execute(
                "UPDATE runs SET status = ?2, outcome = ?3, reason = ?4, updated_at = ?5 WHERE run_id = ?1",
                params![
                    id.to_string(),
                    status.as_str(),
                    outcome.map(Outcome::as_str),
                    reason,
                    now.to_string()
                ],
            )?;
            Ok(())
        });
        Ok(moved.await?)
    }

    /// Gives a run the label of its site.
    pub async fn set_site(&self, id: RunId, site: &str) -> Result<()> {
        self.change(
            "UPDATE runs SET site = ?2 WHERE run_id = ?1 AND site IS NOT ?2",
            (id.to_string(), site.to_owned()),
        )
        .await
        .map(drop)
    }

    /// Asks the process that runs `id` to stop at its next boundary.
    pub async fn request_cancel(&self, id: RunId) -> Result<()> {
        self.change("UPDATE runs SET cancel_requested = 1 WHERE run_id = ?1", [id.to_string()])
            .await
            .map(drop)
    }

    async fn change(
        &self,
        statement: &'static str,
        values: impl rusqlite::Params + Send + 'static,
    ) -> Result<usize> {
        Ok(self.0.write("write", move |connection| Ok(connection.execute(statement, values)?)).await?)
    }
}

fn read_row(row: &Row<'_>) -> Result<RunRow, Failure> {
    let text = |name: &str| row.get::<_, String>(name);
    Ok(RunRow {
        run_id: text("run_id")?.parse().map_err(damaged)?,
        project_id: text("project_id")?.parse().map_err(damaged)?,
        intent: serde_json::from_str(&text("intent")?).map_err(damaged)?,
        settings: serde_json::from_str(&text("settings")?).map_err(damaged)?,
        site: row.get("site")?,
        status: parse_status(&text("status")?)?,
        outcome: row
            .get::<_, Option<String>>("outcome")?
            .map(|name| serde_json::from_value(name.into()))
            .transpose()
            .map_err(damaged)?,
        reason: row.get("reason")?,
        cancel_requested: row.get::<_, i64>("cancel_requested")? != 0,
        created_at: text("created_at")?.parse().map_err(damaged)?,
        updated_at: text("updated_at")?.parse().map_err(damaged)?,
    })
}

fn parse_status(name: &str) -> Result<RunStatus, Failure> {
    serde_json::from_value(name.into()).map_err(damaged)
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::Internal, "a run's row can't be written").with_source(error))
}

pub(super) fn damaged(error: impl std::fmt::Display) -> Failure {
    Failure::damaged(format!("a row of the list of runs: {error}"))
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

    #[tokio::test]
    async fn a_row_survives_a_restart_and_moves_only_legally() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.db");
        let one = row(b"1");
        RunIndex::open(&path).unwrap().insert(&one).await.unwrap();
        let index = RunIndex::open(&path).unwrap();
        assert_eq!(index.get(one.run_id).await.unwrap(), one);
        assert_eq!(index.insert(&one).await.unwrap_err().kind(), ErrorKind::Conflict);
        let now = Timestamp::UNIX_EPOCH;
        index.set_status(one.run_id, RunStatus::Running, None, None, now).await.unwrap();
        index
            .set_status(one.run_id, RunStatus::Completed, Some(Outcome::Verified), Some("done"), now)
            .await
            .unwrap();
        let refused = index.set_status(one.run_id, RunStatus::Running, None, None, now).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert_eq!(index.get(one.run_id).await.unwrap().outcome, Some(Outcome::Verified));
        assert_eq!(index.get(row(b"2").run_id).await.unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.db");
        std::fs::write(&path, b"this is no database, but it is 40 bytes long....").unwrap();
        let error = RunIndex::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.to_string().contains("restore"));
        assert!(std::fs::read(&path).unwrap().starts_with(b"this is no database"));
    }
}
