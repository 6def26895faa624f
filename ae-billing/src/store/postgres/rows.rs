//! The rows as one transaction sees them.

use std::{cell::Cell, collections::BTreeSet};

use ae_core::{BackendError, ErrorKind, Timestamp};
use deadpool_postgres::Transaction;
use tokio::runtime::Handle;
use tokio_postgres::{Row as PgRow, types::ToSql};

use super::connect::failed;
use crate::store::{
    journal::{JournalEntry, JournalHead},
    records::{By, Find, Records, Row, Table, error},
};

pub(super) struct Rows<'a> {
    handle: &'a Handle,
    transaction: Transaction<'a>,
    schema: &'a str,
    place: &'a str,
    now: Timestamp,
    /// The end of the journal, once it was read: no one else writes in this turn.
    head: Cell<Option<JournalHead>>,
}

impl<'a> Rows<'a> {
    pub(super) const fn new(
        handle: &'a Handle,
        transaction: Transaction<'a>,
        schema: &'a str,
        place: &'a str,
        now: Timestamp,
    ) -> Self {
        Self { handle, transaction, schema, place, now, head: Cell::new(None) }
    }

    pub(super) async fn commit(self) -> Result<(), tokio_postgres::Error> {
        self.transaction.commit().await
    }

    pub(super) fn journal(&self) -> Result<Vec<JournalEntry>, BackendError> {
        let sql = format!(
            "SELECT id, run, owner, body, position, at, tab, hash FROM {}.billing_journal ORDER BY position",
            self.schema
        );
        let failed = failed("audit", self.place);
        self.query("audit", &sql, &[])?
            .iter()
            .map(|row| {
                let position = position(row.try_get(4).map_err(&failed)?)?;
                let hash: String = row.try_get(7).map_err(&failed)?;
                let hash = hash.parse().map_err(|_| damaged(&format!("entry {position} of the journal")))?;
                let (at, table) = (row.try_get(5).map_err(&failed)?, row.try_get(6).map_err(&failed)?);
                Ok(JournalEntry { position, at, table, row: row_of(row).map_err(&failed)?, hash })
            })
            .collect()
    }

    fn head(&self) -> Result<JournalHead, BackendError> {
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let sql = format!(
            "SELECT position, hash FROM {}.billing_journal ORDER BY position DESC LIMIT 1",
            self.schema
        );
        let failed = failed("write", self.place);
        let rows = self.query("write", &sql, &[])?;
        let Some(last) = rows.first() else { return Ok(JournalHead::empty()) };
        let hash: String = last.try_get(1).map_err(&failed)?;
        let hash = hash.parse().map_err(|_| damaged("the end of the journal"))?;
        Ok(JournalHead { entries: position(last.try_get(0).map_err(&failed)?)?, hash })
    }

    fn query(
        &self,
        operation: &'static str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<PgRow>, BackendError> {
        let query = async {
            let statement = self.transaction.prepare_cached(sql).await?;
            self.transaction.query(&statement, values).await
        };
        self.handle.block_on(query).map_err(failed(operation, self.place))
    }

    fn rows(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, BackendError> {
        let rows = self.query("read", sql, values)?;
        rows.iter().map(|row| row_of(row).map_err(failed("read", self.place))).collect()
    }

    fn name(&self, table: Table) -> String {
        format!("{}.{}", self.schema, table.as_str())
    }
}

impl Records for Rows<'_> {
    fn get(&self, table: Table, id: &str) -> Result<Option<Row>, BackendError> {
        let sql = format!("SELECT id, run, owner, body FROM {} WHERE id = $1", self.name(table));
        Ok(self.rows(&sql, &[&id])?.pop())
    }

    fn find(&self, table: Table, find: Find<'_>) -> Result<Vec<(u64, Row)>, BackendError> {
        let (beyond, order) = if find.newest_first { ("<", "DESC") } else { (">", "ASC") };
        let after = if find.newest_first && find.after == 0 { u64::MAX } else { find.after };
        let sql = format!(
            "SELECT id, run, owner, body, position FROM {} WHERE position {beyond} $1
             AND ($2::text IS NULL OR run = $2) AND ($3::text IS NULL OR owner = $3)
             ORDER BY position {order} LIMIT $4",
            self.name(table)
        );
        let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::from(find.limit));
        let failed = failed("read", self.place);
        self.query("read", &sql, &[&after, &find.run, &find.owner, &limit])?
            .iter()
            .map(|row| Ok((position(row.try_get(4).map_err(&failed)?)?, row_of(row).map_err(&failed)?)))
            .collect()
    }

    fn count(&self, table: Table) -> Result<u64, BackendError> {
        let rows = self.query("read", &format!("SELECT count(*) FROM {}", self.name(table)), &[])?;
        let count = rows.first().map_or(Ok(0), |row| row.try_get(0));
        position(count.map_err(failed("read", self.place))?)
    }

    fn among(&self, table: Table, by: By, names: &BTreeSet<String>) -> Result<Vec<Row>, BackendError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let column = match by {
            By::Id => "id",
            By::Owner => "owner",
        };
        let sql = format!("SELECT id, run, owner, body FROM {} WHERE {column} = ANY($1)", self.name(table));
        self.rows(&sql, &[&names.iter().map(String::as_str).collect::<Vec<_>>()])
    }

    fn put(&mut self, table: Table, row: Row) -> Result<(), BackendError> {
        let entry = self.head()?.next(self.now.to_string(), table.as_str(), row);
        let place = i64::try_from(entry.position).map_err(|_| damaged("the end of the journal"))?;
        let (row, hash) = (&entry.row, entry.hash.to_string());
        let sql =
            format!("INSERT INTO {}.billing_journal VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", self.schema);
        self.query(
            "write",
            &sql,
            &[&place, &entry.at, &entry.table, &row.id, &row.run, &row.owner, &row.body, &hash],
        )?;
        let sql = format!(
            "INSERT INTO {} (id, run, owner, body) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE
             SET run = excluded.run, owner = excluded.owner, body = excluded.body",
            self.name(table)
        );
        self.query("write", &sql, &[&row.id, &row.run, &row.owner, &row.body])?;
        self.head.set(Some(JournalHead::from(&entry)));
        Ok(())
    }
}

fn row_of(row: &PgRow) -> Result<Row, tokio_postgres::Error> {
    Ok(Row { id: row.try_get(0)?, run: row.try_get(1)?, owner: row.try_get(2)?, body: row.try_get(3)? })
}

fn position(value: i64) -> Result<u64, BackendError> {
    u64::try_from(value).map_err(|_| damaged("a position"))
}

fn damaged(what: &str) -> BackendError {
    error(ErrorKind::Protocol, "read", format!("{what} is damaged: restore the ledger from a backup"))
}
