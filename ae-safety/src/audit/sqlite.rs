//! The anchor in a SQLite file.

use std::path::Path;

use ae_core::BackendError;
use ae_core_sqlite::{
    Database, Durability, Failure, Options, Schema,
    rusqlite::{OptionalExtension, Row, params},
};

use super::{AuditAnchor, AuditMark, AuditReceipt};

const SCHEMA: Schema<'_> = Schema::new(
    "sqlite-anchor",
    "audit",
    &["CREATE TABLE safety_audit (
           only INTEGER PRIMARY KEY CHECK (only = 1),
           seq INTEGER,
           hash TEXT,
           bytes INTEGER NOT NULL,
           stamp TEXT NOT NULL,
           pending TEXT) STRICT;"],
);

/// An [`AuditAnchor`] in a SQLite file, for one log. Other stores and processes may share the file.
#[derive(Debug)]
pub struct SqliteAnchor {
    /// Writes what must survive a loss of power.
    durable: Database,
    /// Writes the rest, which the next durable write takes along.
    quick: Database,
}

impl SqliteAnchor {
    /// Opens the file at `path`, or makes it (readable by its owner alone, where the system can).
    ///
    /// # Errors
    ///
    /// `PermissionDenied` when the file can't be opened or written, `Protocol` when it is damaged or not a database,
    /// `Unsupported` when a newer version of this program wrote it. The file is left as it was.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, BackendError> {
        Self::with(path.as_ref(), &Options::create().with_private())
    }

    /// Opens the file at `path` to verify its log: nothing is made, and [`write`](AuditAnchor::write) is an error.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and `NotFound` when the file or the anchor in it is missing.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, BackendError> {
        Self::with(path.as_ref(), &Options::read_only())
    }

    fn with(path: &Path, options: &Options) -> Result<Self, BackendError> {
        let quick = options.clone().with_durability(Durability::Normal);
        Ok(Self {
            durable: Database::open(path, &SCHEMA, options)?,
            quick: Database::open(path, &SCHEMA, &quick)?,
        })
    }
}

impl AuditAnchor for SqliteAnchor {
    fn read(&self) -> Result<AuditMark, BackendError> {
        self.durable.read_blocking("read", |transaction| {
            let mut statement =
                transaction.prepare_cached("SELECT seq, hash, bytes, stamp, pending FROM safety_audit")?;
            let mark = statement.query_row([], |row| Ok(mark(row))).optional()?;
            mark.unwrap_or_else(|| Ok(AuditMark::default()))
        })
    }

    fn write(&self, mark: &AuditMark) -> Result<(), BackendError> {
        let database = if mark.pending.is_some() { &self.durable } else { &self.quick };
        database.write_blocking("write", |transaction| {
            let seq = mark.head.map(|head| i64::try_from(head.seq).unwrap_or(i64::MAX));
            let bytes = i64::try_from(mark.bytes).unwrap_or(i64::MAX);
            let hash = mark.head.map(|head| head.hash.to_string());
            let sql = "INSERT OR REPLACE INTO safety_audit VALUES (1, ?1, ?2, ?3, ?4, ?5)";
            let mut statement = transaction.prepare_cached(sql)?;
            statement.execute(params![seq, hash, bytes, mark.stamp, mark.pending])?;
            Ok(())
        })
    }
}

fn mark(row: &Row<'_>) -> Result<AuditMark, Failure> {
    let damaged = || Failure::damaged("the end of the audit log");
    let number = |number: i64| u64::try_from(number).map_err(|_| damaged());
    let head = match (row.get::<_, Option<i64>>(0)?, row.get::<_, Option<String>>(1)?) {
        (None, None) => None,
        (Some(seq), Some(hash)) => {
            Some(AuditReceipt { seq: number(seq)?, hash: hash.parse().map_err(|_| damaged())? })
        }
        _ => return Err(damaged()),
    };
    let mut mark = AuditMark::new(head, number(row.get(2)?)?);
    mark.stamp = row.get(3)?;
    mark.pending = row.get(4)?;
    Ok(mark)
}
