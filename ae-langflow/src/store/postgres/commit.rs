//! A record is added, in one statement.

use ae_core::{BackendError, ErrorKind};
use deadpool_postgres::Client;
use tokio_postgres::types::ToSql;

use super::{
    call::Call,
    errors::{BACKEND, Fault},
    row::integer,
    sql::Sql,
};
use crate::store::record::{Head, Record};

/// Whether the record was added; not when the head was another one.
pub(super) struct Commit<'a> {
    sql: &'a Sql,
    thread: &'a str,
    expected: Option<Head>,
    record: &'a Record,
    header: Option<String>,
    /// By name, so that two commits that share blobs wait for each other in one order.
    names: Vec<&'a [u8]>,
    texts: Vec<&'a str>,
}

impl<'a> Commit<'a> {
    pub(super) fn new(
        sql: &'a Sql,
        thread: &'a str,
        expected: Option<Head>,
        record: &'a Record,
    ) -> Result<Self, BackendError> {
        let header = record.header.as_ref().map(serde_json::to_string).transpose().map_err(|error| {
            let message = "the header can't be written as JSON";
            BackendError::new(ErrorKind::InvalidInput, BACKEND, "commit", message).with_source(error)
        })?;
        let mut blobs: Vec<_> = record.blobs.iter().collect();
        blobs.sort_by_key(|blob| blob.digest);
        blobs.dedup_by_key(|blob| blob.digest);
        let names = blobs.iter().map(|blob| blob.digest.as_bytes().as_slice()).collect();
        let texts = blobs.iter().map(|blob| blob.text.as_ref()).collect();
        Ok(Self { sql, thread, expected, record, header, names, texts })
    }
}

impl Call for Commit<'_> {
    type Value = bool;
    const OPERATION: &'static str = "commit";

    async fn run(&self, client: &mut Client) -> Result<bool, Fault> {
        let record = self.record;
        let statement = if self.expected.is_some() { &self.sql.add } else { &self.sql.begin };
        let statement = client.prepare_cached(statement).await?;
        let (seq, step) = (integer(record.head.seq), integer(record.head.step));
        let (digest, at) = (record.head.digest.as_bytes().as_slice(), record.at.as_millisecond());
        let hash = record.state_hash.as_ref().map(|hash| hash.as_bytes().as_slice());
        let graph = record.header.as_ref().map(|header| header.graph.as_str());
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![
            &self.thread,
            &seq,
            &step,
            &digest,
            &at,
            &record.finished,
            &hash,
            &record.change,
            &record.snapshot,
            &self.header,
            &graph,
            &self.names,
            &self.texts,
        ];
        let before = self.expected.map(|head| (integer(head.seq), integer(head.step), head.digest));
        let before_digest = before.as_ref().map(|(.., digest)| digest.as_bytes().as_slice());
        if let (Some((seq, step, _)), digest) = (&before, &before_digest) {
            values.push(seq);
            values.push(step);
            values.push(digest);
        }
        Ok(client.query_opt(&statement, &values).await?.is_some())
    }
}
