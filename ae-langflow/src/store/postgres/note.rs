//! A note is kept once.

use deadpool_postgres::Client;
use tokio_postgres::types::ToSql;

use super::{call::Call, errors::Fault, row::integer, sql::Sql};
use crate::store::record::{Head, TaskRecord};

/// The note that is stored; none when the head was another one.
pub(super) struct Note<'a> {
    pub(super) sql: &'a Sql,
    pub(super) thread: &'a str,
    pub(super) head: Head,
    pub(super) note: &'a TaskRecord,
}

impl Call for Note<'_> {
    type Value = Option<TaskRecord>;
    const OPERATION: &'static str = "append_once";

    async fn run(&self, client: &mut Client) -> Result<Self::Value, Fault> {
        let statement = client.prepare_cached(&self.sql.note).await?;
        let (seq, step) = (integer(self.head.seq), integer(self.head.step));
        let (digest, note) = (self.head.digest.as_bytes().as_slice(), self.note);
        let values: &[&(dyn ToSql + Sync)] =
            &[&self.thread, &seq, &step, &digest, &note.task, &note.key, &note.value];
        let Some(row) = client.query_opt(&statement, values).await? else { return Ok(None) };
        let stored: String = row.try_get(0)?;
        Ok(Some(TaskRecord::new(note.step, note.task.as_str(), note.key.as_str(), stored)))
    }
}
