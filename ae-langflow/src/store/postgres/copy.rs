//! A thread is copied.

use deadpool_postgres::Client;

use super::{
    call::Call,
    errors::Fault,
    row::{head_at, integer},
    sql::Sql,
};
use crate::store::record::Head;

pub(super) struct Copy<'a> {
    pub(super) sql: &'a Sql,
    pub(super) from: &'a str,
    pub(super) up_to: Option<u64>,
    pub(super) to: &'a str,
}

/// The result.
pub(super) enum Copied {
    /// The copy stands here.
    Done(Head),
    /// There is nothing to copy.
    Missing,
    /// The name is taken.
    Exists,
}

impl Call for Copy<'_> {
    type Value = Copied;
    const OPERATION: &'static str = "copy";

    async fn run(&self, client: &mut Client) -> Result<Copied, Fault> {
        let sql = self.sql;
        let transaction = client.transaction().await?;
        // No other call adds to the thread, prunes or deletes it meanwhile.
        let source = transaction.prepare_cached(&sql.source).await?;
        let Some(source) = transaction.query_opt(&source, &[&self.from]).await? else {
            return Ok(Copied::Missing);
        };
        let (from, end): (i64, i64) = (source.try_get(0)?, source.try_get(1)?);
        let last = self.up_to.map_or(end, integer);
        let record = transaction.prepare_cached(&sql.record).await?;
        let Some(record) = transaction.query_opt(&record, &[&from, &last]).await? else {
            return Ok(Copied::Missing);
        };
        let head = head_at(&record, 0)?;
        let (step, digest): (i64, &[u8]) = (record.try_get(1)?, record.try_get(2)?);
        let (at, finished): (i64, bool) = (record.try_get(3)?, record.try_get(4)?);
        let target = transaction.prepare_cached(&sql.target).await?;
        let made =
            transaction.query_opt(&target, &[&from, &self.to, &last, &step, &digest, &at, &finished]).await?;
        let Some(made) = made else { return Ok(Copied::Exists) };
        let to: i64 = made.try_get(0)?;
        for statement in [&sql.copy_records, &sql.copy_snapshots, &sql.copy_headers, &sql.copy_refs] {
            let statement = transaction.prepare_cached(statement).await?;
            transaction.execute(&statement, &[&from, &to, &last]).await?;
        }
        transaction.commit().await?;
        Ok(Copied::Done(head))
    }
}
