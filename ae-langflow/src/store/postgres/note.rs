//! Notes are kept once, and read.

use std::collections::BTreeMap;

use deadpool_postgres::Client;
use tokio_postgres::types::ToSql;

use super::{
    call::Call,
    errors::Fault,
    row::{integer, number_at},
    sql::Sql,
};
use crate::store::record::{Head, TaskRecord};

/// The notes that are stored; none when the head was another one.
pub(super) struct Append<'a> {
    pub(super) sql: &'a Sql,
    pub(super) thread: &'a str,
    pub(super) head: Head,
    pub(super) notes: &'a [TaskRecord],
}

impl Call for Append<'_> {
    type Value = Option<Vec<TaskRecord>>;
    const OPERATION: &'static str = "append_once";

    async fn run(&self, client: &mut Client) -> Result<Self::Value, Fault> {
        let statement = client.prepare_cached(&self.sql.append).await?;
        let (seq, step) = (integer(self.head.seq), integer(self.head.step));
        let digest = self.head.digest.as_bytes().as_slice();
        // By name, so that two calls with the same notes wait for each other in one order.
        let mut sorted: Vec<_> = self.notes.iter().collect();
        sorted.sort_by_key(|note| (&note.task, &note.key));
        let column = |of: fn(&TaskRecord) -> &str| sorted.iter().map(|note| of(note)).collect::<Vec<_>>();
        let (tasks, keys) = (column(|note| &note.task), column(|note| &note.key));
        let texts = column(|note| &note.value);
        let values: &[&(dyn ToSql + Sync)] = &[&self.thread, &seq, &step, &digest, &tasks, &keys, &texts];
        let rows = client.query(&statement, values).await?;
        let mut stored: BTreeMap<(&str, &str), String> = BTreeMap::new();
        if rows.is_empty() {
            return Ok(None);
        }
        for row in &rows {
            if let (Some(task), Some(key)) = (row.try_get(0)?, row.try_get(1)?) {
                stored.insert((task, key), row.try_get::<_, String>(2)?);
            }
        }
        let found = self.notes.iter().map(|note| {
            let value = stored.remove(&(note.task.as_str(), note.key.as_str())).ok_or(Fault::Damaged)?;
            Ok::<_, Fault>(TaskRecord::new(note.step, note.task.as_str(), note.key.as_str(), value))
        });
        found.collect::<Result<_, _>>().map(Some)
    }
}

/// The notes of the superstep under way; none when the head is another one.
pub(super) struct Read<'a> {
    pub(super) sql: &'a Sql,
    pub(super) thread: &'a str,
    pub(super) head: Head,
}

impl Call for Read<'_> {
    type Value = Option<Vec<TaskRecord>>;
    const OPERATION: &'static str = "notes";
    const READS: bool = true;

    async fn run(&self, client: &mut Client) -> Result<Self::Value, Fault> {
        let statement = client.prepare_cached(&self.sql.notes_at).await?;
        let (seq, step) = (integer(self.head.seq), integer(self.head.step));
        let digest = self.head.digest.as_bytes().as_slice();
        let rows = client.query(&statement, &[&self.thread, &seq, &step, &digest]).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut notes = Vec::new();
        for row in &rows {
            // A thread without notes is one row of nothing.
            if let Some(task) = row.try_get::<_, Option<String>>(1)? {
                let (key, value): (String, String) = (row.try_get(2)?, row.try_get(3)?);
                notes.push(TaskRecord::new(number_at(row, 0)?, task, key, value));
            }
        }
        Ok(Some(notes))
    }
}
