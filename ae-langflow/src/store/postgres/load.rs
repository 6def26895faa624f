//! A thread is read.

use std::sync::Arc;

use deadpool_postgres::{Client, Transaction};
use futures_util::future::try_join4;
use tokio_postgres::{IsolationLevel, Row, types::ToSql};

use super::{
    call::Call,
    errors::Fault,
    row::{digest_at, hash_at, head_at, header_at, integer, number_at, time_at},
    sql::Sql,
};
use crate::store::record::{Delta, Loaded, TaskRecord};

pub(super) struct Load<'a> {
    pub(super) sql: &'a Sql,
    pub(super) thread: &'a str,
    pub(super) up_to: Option<u64>,
}

impl Call for Load<'_> {
    type Value = Option<Loaded>;
    const OPERATION: &'static str = "load";
    const READS: bool = true;

    async fn run(&self, client: &mut Client) -> Result<Option<Loaded>, Fault> {
        // Every row is of the same moment.
        let level = IsolationLevel::RepeatableRead;
        let transaction = client.build_transaction().isolation_level(level).read_only(true).start().await?;
        let find = transaction.prepare_cached(&self.sql.find).await?;
        let last = self.up_to.map_or(i64::MAX, integer);
        let Some(found) = transaction.query_opt(&find, &[&self.thread, &last]).await? else {
            return Ok(None);
        };
        let loaded = match (found.try_get(1)?, self.up_to) {
            (Some(first), _) => Some(self.read(&transaction, found.try_get(0)?, first, last).await?),
            // Only a record before all snapshots that are left may be missing.
            (None, Some(_)) => None,
            (None, None) => return Err(Fault::Damaged),
        };
        transaction.commit().await?;
        Ok(loaded)
    }
}

impl Load<'_> {
    /// Asks for all parts at once.
    async fn read(
        &self,
        transaction: &Transaction<'_>,
        thread: i64,
        first: i64,
        last: i64,
    ) -> Result<Loaded, Fault> {
        let (snapshot, records, blobs, notes) = try_join4(
            transaction.prepare_cached(&self.sql.snapshot),
            transaction.prepare_cached(&self.sql.records),
            transaction.prepare_cached(&self.sql.blobs),
            transaction.prepare_cached(&self.sql.notes),
        )
        .await?;
        let range: [&(dyn ToSql + Sync); 3] = [&thread, &first, &last];
        let all_of_thread: [&(dyn ToSql + Sync); 1] = [&thread];
        let (snapshot, records, blobs, notes) = try_join4(
            transaction.query_opt(&snapshot, &range),
            transaction.query(&records, &range),
            transaction.query(&blobs, &range),
            async {
                match self.up_to {
                    None => transaction.query(&notes, &all_of_thread).await,
                    Some(_) => Ok(Vec::new()),
                }
            },
        )
        .await?;
        assemble(&snapshot.ok_or(Fault::Damaged)?, &records, &blobs, &notes)
    }
}

fn assemble(snapshot: &Row, records: &[Row], blobs: &[Row], notes: &[Row]) -> Result<Loaded, Fault> {
    let (begin, rest) = records.split_first().ok_or(Fault::Damaged)?;
    let (head, at, change) = (head_at(begin, 0)?, time_at(begin, 3)?, begin.try_get::<_, String>(5)?);
    let position: String = snapshot.try_get(0)?;
    let mut loaded = Loaded::new(header_at(snapshot, 1)?, head, at, change, position);
    loaded.snapshot_hash = hash_at(begin, 4)?;
    for row in rest {
        loaded.head = head_at(row, 0)?;
        let change: String = row.try_get(5)?;
        loaded.deltas.push(Delta::new(loaded.head.step, time_at(row, 3)?, change, hash_at(row, 4)?));
    }
    for row in blobs {
        loaded.blobs.insert(digest_at(row, 0)?, Arc::from(row.try_get::<_, &str>(1)?));
    }
    for row in notes {
        let (task, key, value): (String, String, String) =
            (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        loaded.task_records.push(TaskRecord::new(number_at(row, 0)?, task, key, value));
    }
    Ok(loaded)
}
