//! The desk in a SQLite file.

use std::path::Path;

use ae_core::{ApprovalId, BackendError, Digest, IdempotencyKey, Runtime};
use ae_core_sqlite::{
    Database, Failure, Options, Schema,
    rusqlite::{Connection, OptionalExtension, params},
};
use async_trait::async_trait;

use super::{
    Approval, ApprovalDesk, ApprovalQuery, ApprovalRequest, ApprovalStatus, Ruling,
    rules::{Record, Rules, expire},
};

const RULES: Rules = Rules { backend: "sqlite-desk" };

const SCHEMA: Schema<'_> = Schema::new(
    RULES.backend,
    "approvals",
    &["CREATE TABLE safety_approvals (
                 seq INTEGER PRIMARY KEY AUTOINCREMENT,
                 id TEXT NOT NULL UNIQUE,
                 key TEXT NOT NULL UNIQUE,
                 run TEXT,
                 status TEXT NOT NULL,
                 record TEXT NOT NULL) STRICT;
             CREATE INDEX safety_approvals_run ON safety_approvals (run);
             CREATE INDEX safety_approvals_status ON safety_approvals (status);"],
);

/// An [`ApprovalDesk`] in a SQLite file, which several processes and other stores may share.
///
/// Its tables begin with `safety_`. Every answer is on the disk before it is given. Calls run on a thread of the
/// desk, one after another; one waits up to ten seconds while another process writes.
#[derive(Debug)]
pub struct SqliteDesk {
    runtime: Runtime,
    database: Database,
}

impl SqliteDesk {
    /// Opens the file at `path`, or makes it.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` when the file can't be opened or written, `Protocol` when it is damaged or no database,
    /// `Unsupported` when another version of this program wrote it. The file is left as it was.
    pub fn open(path: impl AsRef<Path>, runtime: Runtime) -> Result<Self, BackendError> {
        Ok(Self { runtime, database: Database::open(path, &SCHEMA, &Options::create().with_private())? })
    }

    /// Opens the file at `path` to read its approvals, also on a read-only disk: nothing is made, and what changes an
    /// approval is an error.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and `NotFound` when the file or the desk in it is missing.
    pub fn open_read_only(path: impl AsRef<Path>, runtime: Runtime) -> Result<Self, BackendError> {
        Ok(Self { runtime, database: Database::open(path, &SCHEMA, &Options::read_only())? })
    }

    /// Loads, applies expiry and `change`, and stores.
    async fn change(
        &self,
        operation: &'static str,
        id: ApprovalId,
        change: impl FnOnce(&mut Record) -> Result<(), BackendError> + Send + 'static,
    ) -> Result<Approval, BackendError> {
        let now = self.runtime.now();
        // The refusal is the transaction's value, not its failure: an expiry that was found on the way is kept.
        let changed = self.database.write(operation, move |transaction| {
            let record = load(transaction, "id", &id.to_string())?;
            let mut record = record.ok_or_else(|| RULES.not_found(operation, id))?;
            let before = record.clone();
            expire(&mut record, now);
            let mut next = record.clone();
            let answer = change(&mut next);
            if answer.is_ok() {
                record = next;
            }
            if record != before {
                update(transaction, &record)?;
            }
            Ok(answer.map(|()| record.approval))
        });
        changed.await?
    }
}

#[async_trait]
impl ApprovalDesk for SqliteDesk {
    async fn request(
        &self,
        key: &IdempotencyKey,
        request: ApprovalRequest,
    ) -> Result<Approval, BackendError> {
        RULES.check_request(&request)?;
        let (key, now) = (key.clone(), self.runtime.now());
        let id = ApprovalId::from_uuid(self.runtime.ids.new_uuid());
        let stored = self.database.write("request", move |transaction| {
            if let Some(mut record) = load(transaction, "key", key.as_str())? {
                RULES.repeat(&record, &request)?;
                if expire(&mut record, now) {
                    update(transaction, &record)?;
                }
                return Ok(record.approval);
            }
            let approval = Approval::pending(id, request, now);
            let record = Record { key, approval, uses: Vec::new() };
            transaction.execute(
                "INSERT INTO safety_approvals (id, key, run, status, record) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    id.to_string(),
                    record.key.as_str(),
                    record.approval.request.run.map(|run| run.to_string()),
                    record.approval.status.as_str(),
                    encode(&record)?
                ],
            )?;
            Ok(record.approval)
        });
        stored.await
    }

    async fn get(&self, id: ApprovalId) -> Result<Approval, BackendError> {
        let now = self.runtime.now();
        let seen = self.database.read("get", move |transaction| {
            let record = load(transaction, "id", &id.to_string())?;
            Ok(record.ok_or_else(|| RULES.not_found("get", id))?)
        });
        let mut seen = seen.await?;
        // An expiry follows from the time, so that it need not be written, and polling takes no write lock.
        expire(&mut seen, now);
        Ok(seen.approval)
    }

    async fn list(&self, query: &ApprovalQuery) -> Result<Vec<Approval>, BackendError> {
        let (query, now) = (query.clone(), self.runtime.now());
        let found = self.database.read("list", move |transaction| {
            // What is stored as open may have expired since, which is then neither pending nor approved.
            let mut statement = transaction.prepare(
                "SELECT record FROM safety_approvals
                 WHERE (?1 IS NULL OR run = ?1) AND (?2 IS NULL OR status IN (?2, 'pending', 'approved'))
                 ORDER BY seq DESC",
            )?;
            let run = query.run.map(|run| run.to_string());
            let mut rows = statement.query(params![run, query.status.map(ApprovalStatus::as_str)])?;
            let mut found = Vec::new();
            while found.len() < query.limit {
                let Some(row) = rows.next()? else { break };
                let mut record = decode(&row.get::<_, String>(0)?)?;
                expire(&mut record, now);
                if query.status.is_none_or(|status| status == record.approval.status) {
                    found.push(record.approval);
                }
            }
            Ok(found)
        });
        found.await
    }

    async fn decide(&self, id: ApprovalId, ruling: Ruling) -> Result<Approval, BackendError> {
        let now = self.runtime.now();
        self.change("decide", id, move |record| RULES.decide(record, ruling, now)).await
    }

    async fn cancel(&self, id: ApprovalId, reason: &str) -> Result<Approval, BackendError> {
        let (reason, now) = (reason.to_owned(), self.runtime.now());
        self.change("cancel", id, move |record| RULES.cancel(record, &reason, now)).await
    }

    async fn consume(
        &self,
        key: &IdempotencyKey,
        id: ApprovalId,
        action: Digest,
    ) -> Result<Approval, BackendError> {
        let key = key.clone();
        self.change("consume", id, move |record| RULES.consume(record, &key, action)).await
    }
}

/// Reads the record whose `column` (one of ours) is `value`.
fn load(transaction: &Connection, column: &'static str, value: &str) -> Result<Option<Record>, Failure> {
    let sql = format!("SELECT record FROM safety_approvals WHERE {column} = ?1");
    let json: Option<String> = transaction.query_row(&sql, [value], |row| row.get(0)).optional()?;
    json.map(|json| decode(&json)).transpose()
}

fn update(transaction: &Connection, record: &Record) -> Result<(), Failure> {
    let approval = &record.approval;
    transaction.execute(
        "UPDATE safety_approvals SET status = ?2, record = ?3 WHERE id = ?1",
        params![approval.id.to_string(), approval.status.as_str(), encode(record)?],
    )?;
    Ok(())
}

fn encode(record: &Record) -> Result<String, Failure> {
    serde_json::to_string(record).map_err(|_| Failure::damaged("an approval can't be written as JSON"))
}

fn decode(json: &str) -> Result<Record, Failure> {
    serde_json::from_str(json).map_err(|_| Failure::damaged("a stored approval"))
}
