//! Launches that were taken back.

use ae_core::{RunId, Timestamp};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::RunIndex;
use crate::error::Result;

/// The table, which the list of runs makes.
pub(super) const TABLE: &str =
    "CREATE TABLE undone (run_id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;";

/// A launch that was taken back, as far as that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// When it was done last.
    pub at: Timestamp,
    /// The parts that were taken back, in their order.
    pub done: Vec<String>,
    /// The parts that stay, and why.
    pub stays: Vec<String>,
    /// Whether nothing is sold any more.
    pub off_sale: bool,
    /// Whether the site is gone.
    pub offline: bool,
}

impl RunIndex {
    /// Records what became of the launch of `run`; an earlier record is replaced.
    pub async fn set_undone(&self, run: RunId, undone: &Undone) -> Result<()> {
        let record = super::runs::to_json(undone)?;
        let set = self.0.write("set_undone", move |connection| {
            let sql = "INSERT OR REPLACE INTO undone (run_id, record) VALUES (?1, ?2)";
            Ok(connection.execute(sql, (run.to_string(), record)).map(drop)?)
        });
        Ok(set.await?)
    }

    /// The end of the launch of `run`, if it was taken back.
    pub async fn undone(&self, run: RunId) -> Result<Option<Undone>> {
        let record = self.0.read("undone", move |connection| {
            let sql = "SELECT record FROM undone WHERE run_id = ?1";
            let text: Option<String> =
                connection.query_row(sql, [run.to_string()], |row| row.get(0)).optional()?;
            text.map(|text| serde_json::from_str(&text).map_err(super::runs::damaged)).transpose()
        });
        Ok(record.await?)
    }
}

#[cfg(test)]
mod tests {
    use ae_core::Digest;

    use super::*;

    #[tokio::test]
    async fn the_latest_record_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let index = RunIndex::open(&folder.path().join("runs.db")).unwrap();
        let run = RunId::from_digest(&Digest::of_bytes("test", b"run"));
        assert_eq!(index.undone(run).await.unwrap(), None);
        let mut undone = Undone {
            at: Timestamp::UNIX_EPOCH,
            done: vec!["link".to_owned()],
            stays: Vec::new(),
            off_sale: true,
            offline: false,
        };
        index.set_undone(run, &undone).await.unwrap();
        undone.offline = true;
        index.set_undone(run, &undone).await.unwrap();
        assert_eq!(index.undone(run).await.unwrap(), Some(undone));
    }
}
