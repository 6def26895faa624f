//! Times up to which something is known to be done.

use ae_core::Timestamp;
use rusqlite::OptionalExtension;

use super::RunIndex;
use crate::error::Result;

/// The table, which the list of runs makes. A time is in seconds of Unix time.
pub(super) const TABLE: &str =
    "CREATE TABLE marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

impl RunIndex {
    /// The time that `name` has reached.
    pub async fn mark(&self, name: &str) -> Result<Option<Timestamp>> {
        let name = name.to_owned();
        let at = self.0.read("mark", move |connection| {
            let sql = "SELECT at FROM marks WHERE name = ?1";
            Ok(connection.query_row(sql, [name], |row| row.get::<_, i64>(0)).optional()?)
        });
        Ok(at.await?.and_then(|at| Timestamp::from_second(at).ok()))
    }

    /// Remembers that `name` has reached `at`.
    pub async fn set_mark(&self, name: &str, at: Timestamp) -> Result<()> {
        let name = name.to_owned();
        let kept = self.0.write("set_mark", move |connection| {
            let sql = "INSERT OR REPLACE INTO marks (name, at) VALUES (?1, ?2)";
            Ok(connection.execute(sql, (name, at.as_second())).map(drop)?)
        });
        Ok(kept.await?)
    }
}
