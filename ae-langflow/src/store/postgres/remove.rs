//! Records and threads are removed, and with them the blobs that nothing else refers to.

use deadpool_postgres::{Client, Transaction};

use super::{
    call::Call,
    errors::Fault,
    row::{integer, number_at},
    sql::Sql,
};
use crate::store::record::Prune;

/// Old records; how many there were.
pub(super) struct Old<'a> {
    pub(super) sql: &'a Sql,
    pub(super) thread: &'a str,
    pub(super) prune: Prune,
}

/// A thread; whether there was one.
pub(super) struct All<'a> {
    pub(super) sql: &'a Sql,
    pub(super) thread: &'a str,
}

impl Call for Old<'_> {
    type Value = u64;
    const OPERATION: &'static str = "prune";

    async fn run(&self, client: &mut Client) -> Result<u64, Fault> {
        let sql = self.sql;
        let transaction = client.transaction().await?;
        let hold = transaction.prepare_cached(&sql.hold).await?;
        let Some(held) = transaction.query_opt(&hold, &[&self.thread]).await? else { return Ok(0) };
        let (thread, last): (i64, u64) = (held.try_get(0)?, number_at(&held, 1)?);
        let mut first_since = None;
        if let Some(since) = self.prune.keep_since {
            let statement = transaction.prepare_cached(&sql.first_since).await?;
            let found = transaction.query_one(&statement, &[&thread, &since.as_millisecond()]).await?;
            first_since = found.try_get::<_, Option<i64>>(0)?.and_then(|seq| u64::try_from(seq).ok());
        }
        let snapshots = transaction.prepare_cached(&sql.snapshots).await?;
        let snapshots = transaction.query(&snapshots, &[&thread]).await?;
        let snapshots = snapshots.iter().map(|row| number_at(row, 0)).collect::<Result<Vec<_>, _>>()?;
        let gaps = self.prune.gaps(self.prune.cut(last, first_since), &snapshots);
        if gaps.is_empty() {
            return Ok(0);
        }
        let gaps = gaps.iter().map(|gap| (integer(*gap.start()), integer(*gap.end()))).unzip();
        let removed = remove(&transaction, sql, thread, &gaps).await?;
        let headers = transaction.prepare_cached(&sql.remove_headers).await?;
        transaction.execute(&headers, &[&thread]).await?;
        transaction.commit().await?;
        Ok(removed)
    }
}

impl Call for All<'_> {
    type Value = bool;
    const OPERATION: &'static str = "delete";

    async fn run(&self, client: &mut Client) -> Result<bool, Fault> {
        let sql = self.sql;
        let transaction = client.transaction().await?;
        let thread = transaction.prepare_cached(&sql.remove_thread).await?;
        let Some(gone) = transaction.query_opt(&thread, &[&self.thread]).await? else { return Ok(false) };
        let thread: i64 = gone.try_get(0)?;
        remove(&transaction, sql, thread, &(vec![0], vec![i64::MAX])).await?;
        for statement in [&sql.remove_all_headers, &sql.remove_notes] {
            let statement = transaction.prepare_cached(statement).await?;
            transaction.execute(&statement, &[&thread]).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

/// Removes the records between the first and the last number of each gap; how many. The thread is held.
async fn remove(
    transaction: &Transaction<'_>,
    sql: &Sql,
    thread: i64,
    (first, last): &(Vec<i64>, Vec<i64>),
) -> Result<u64, Fault> {
    let refs = transaction.prepare_cached(&sql.remove_refs).await?;
    let gone = transaction.query(&refs, &[&thread, first, last]).await?;
    let blobs = gone.iter().map(|row| row.try_get(0)).collect::<Result<Vec<&[u8]>, _>>()?;
    if !blobs.is_empty() {
        // Held first, in one order, so that the next statement sees every record that refers to them.
        for statement in [&sql.hold_blobs, &sql.remove_blobs] {
            let statement = transaction.prepare_cached(statement).await?;
            transaction.execute(&statement, &[&blobs]).await?;
        }
    }
    let snapshots = transaction.prepare_cached(&sql.remove_snapshots).await?;
    transaction.execute(&snapshots, &[&thread, first, last]).await?;
    let records = transaction.prepare_cached(&sql.remove_records).await?;
    Ok(transaction.execute(&records, &[&thread, first, last]).await?)
}
