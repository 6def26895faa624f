//! Threads are listed.

use deadpool_postgres::Client;

use super::{
    call::Call,
    errors::Fault,
    row::{number_at, time_at},
    sql::Sql,
};
use crate::store::record::{Page, ThreadInfo};

pub(super) struct List<'a> {
    pub(super) sql: &'a Sql,
    pub(super) page: Page,
}

impl Call for List<'_> {
    type Value = Vec<ThreadInfo>;
    const OPERATION: &'static str = "list";
    const READS: bool = true;

    async fn run(&self, client: &mut Client) -> Result<Vec<ThreadInfo>, Fault> {
        let statement = client.prepare_cached(&self.sql.list).await?;
        // No name has a NUL character: one that is after a name with it is after what stands before the character.
        let after = self.page.after.as_deref().map(|after| after.split('\0').next().unwrap_or_default());
        let limit = i64::try_from(self.page.limit).unwrap_or(i64::MAX);
        let rows = client.query(&statement, &[&after, &limit]).await?;
        rows.iter()
            .map(|row| {
                let (thread, graph): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                let (seq, step) = (number_at(row, 2)?, number_at(row, 3)?);
                Ok(ThreadInfo::new(thread, graph, seq, step, time_at(row, 4)?, row.try_get(5)?))
            })
            .collect()
    }
}
